package google

// lock is what a handler needs to hold.
type lock int

const (
	lockRead lock = iota
	lockWrite
	lockNone // it takes what it needs by itself, because it waits
)

// handler carries out one method of the API.
type handler struct {
	lock lock
	run  func(c *Cloud, r *request) (any, error)
}

// handlers are the methods that the simulated cloud has.
func handlers() map[string]handler {
	out := map[string]handler{
		"compute.projects.get":                    {lockRead, getProject},
		"compute.images.getFromFamily":            {lockRead, imageFromFamily},
		"compute.instances.insert":                {lockWrite, insertInstance},
		"compute.instances.delete":                {lockWrite, deleteInstance},
		"compute.instances.stop":                  {lockWrite, stopInstance},
		"compute.instances.start":                 {lockWrite, startInstance},
		"compute.instances.setLabels":             {lockWrite, setLabels},
		"compute.instances.setMetadata":           {lockWrite, setMetadata},
		"compute.instances.setTags":               {lockWrite, setTags},
		"compute.instances.setScheduling":         {lockWrite, setScheduling},
		"compute.instances.setDiskAutoDelete":     {lockWrite, setDiskAutoDelete},
		"compute.instances.getGuestAttributes":    {lockNone, guestAttributes},
		"compute.instances.getSerialPortOutput":   {lockNone, serialPort},
		"compute.disks.setLabels":                 {lockWrite, setLabels},
		"compute.images.setLabels":                {lockWrite, setLabels},
		"compute.firewalls.patch":                 {lockWrite, patchResource},
		"compute.firewalls.update":                {lockWrite, patchResource},
		"compute.routers.patch":                   {lockWrite, patchResource},
		"compute.zoneOperations.wait":             {lockNone, waitOperation},
		"compute.regionOperations.wait":           {lockNone, waitOperation},
		"compute.globalOperations.wait":           {lockNone, waitOperation},
		"compute.globalOperations.aggregatedList": {lockRead, aggregatedList},
	}
	for kind := range collections {
		out["compute."+kind+".get"] = handler{lockRead, get}
		out["compute."+kind+".list"] = handler{lockRead, list}
	}
	for _, kind := range []string{"instances", "disks", "addresses", "subnetworks", "routers", "resourcePolicies", "machineTypes", "acceleratorTypes", "diskTypes"} {
		out["compute."+kind+".aggregatedList"] = handler{lockRead, aggregatedList}
	}
	for kind := range kinds {
		out["compute."+kind+".insert"] = handler{lockWrite, insertResource}
		out["compute."+kind+".delete"] = handler{lockWrite, deleteResource}
	}
	return out
}

// get answers with one resource.
func get(c *Cloud, r *request) (any, error) {
	if r.method.resource() != "zones" && r.method.resource() != "regions" {
		if e := c.checkPlace(r); e != nil {
			return nil, e
		}
	}
	rec, e := c.named(r)
	if e == nil {
		return c.view(rec), nil
	}
	if t, has := c.machineType(r.params["zone"], r.params["machineType"]); has {
		return t.custom(r), nil
	}
	return nil, e
}
