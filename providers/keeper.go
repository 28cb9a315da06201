package providers

// Keeper is a driver that keeps files of its own about a cluster: a state that
// only its tool can read. Such a driver is opened for one cluster at a time.
type Keeper interface {
	// Keep is called once, before any other method, with a folder within the
	// folder of the cluster. It belongs to the driver alone, is made by it (0700)
	// when it is first needed, and goes when the record of the cluster goes.
	Keep(dir string)
}
