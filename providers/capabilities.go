package providers

import (
	"context"

	"github.com/ecluster/ecluster/internal/cluster"
)

// A driver may offer more than Driver asks. Each such thing is a tiny
// interface that Capability finds by assertion; a driver that has no method
// for it simply can't do it, and the command that needs it says so.

// Pauser stops machines so that they cost less, and starts them again. Disks
// and names survive; addresses may change. Both return when the cloud
// accepted, are idempotent, and report each refused machine in the map. Resume
// gets the machines in the order of the addresses that they had, as far as none
// depends on another.
type Pauser interface {
	Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error)
	Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error)
}

// ConsoleReader returns the last output of a machine's console, at most a few
// hundred KiB, oldest first. It is what the user sees of a machine that never
// answered. It is empty, not an error, when there is none yet.
type ConsoleReader interface {
	Console(ctx context.Context, id cluster.ID, instance cluster.InstanceID) ([]byte, error)
}

// HostKeyEvidence reads a machine's public host keys through the cloud's own
// authenticated channel, in authorized_keys form. It returns none, without an
// error, while the machine has not published them.
type HostKeyEvidence interface {
	HostKeys(ctx context.Context, id cluster.ID, instance cluster.InstanceID) ([]string, error)
}

// Baker makes an image of a stopped or running machine and deletes it again.
// Images outlive the cluster that they were made in. Deleting an image that
// does not exist is no error.
type Baker interface {
	// Bake returns the name by which a spec can ask for the image.
	Bake(ctx context.Context, req BakeRequest) (image string, err error)
	DeleteImage(ctx context.Context, image string) error
}

// BakeRequest says which machine becomes which image.
type BakeRequest struct {
	ID       cluster.ID
	Instance cluster.InstanceID
	Name     string            // a DNS label; the driver may add to it
	Labels   map[string]string // recipe hash and the like, kept with the image
	Progress func(message string)
}

// Pricer estimates what machines cost while they run.
type Pricer interface {
	// Price has one entry a node that it knows the price of.
	Price(ctx context.Context, nodes []NodeRequest) ([]Price, error)
}

// Placer is a driver whose groups may name several places to try (zones, other
// machine types), the best first.
type Placer interface {
	// Places is how many places a group names, at least 1. Cloud launches in
	// place 0, and, where the cloud has no machine free, in the next.
	Places(g cluster.Group) int
}

// Confirmer is a driver whose cloud accepts a launch before it knows whether
// it has the machines: the operation that the call started fails later.
type Confirmer interface {
	// Confirm waits until it is known what became of the nodes of req, all of
	// which Launch reported as accepted for this very token, or until that took
	// too long. It returns one result with an error for each machine that there
	// won't be. Cloud sends other batches meanwhile, and may confirm many of them
	// at once: a driver asks the cloud for all of them together.
	Confirm(ctx context.Context, req LaunchRequest) (refused []LaunchResult, err error)
}

// Firewall changes who may log in to a cluster that runs: afterwards port 22
// is open to the networks in n.SSHFrom and to no others. It is idempotent.
type Firewall interface {
	Admit(ctx context.Context, id cluster.ID, n cluster.Network) error
}

// Price is an estimate, without taxes, traffic and discounts.
type Price struct {
	Node     cluster.NodeName
	PerHour  float64
	Currency string // ISO 4217: "USD"
}

// Identifier tells which account, project or engine a driver leads to. The
// same settings may lead elsewhere tomorrow, when they depend on the
// environment: then the machines of a cluster must not be taken for gone.
type Identifier interface {
	Identity(ctx context.Context) (Identity, error)
}

// Identity is where machines are.
type Identity struct {
	ID    string `json:"id"`    // unique and lasting
	Words string `json:"words"` // for people: "the Docker engine on node7"
}

// Examiner tells how the place is where nodes would be, before there is any
// cluster: an engine, this computer. It changes nothing and is quick.
type Examiner interface {
	// Examine says what it is in a few words ("Docker 27.1 on node7, 8 CPUs"),
	// and what is wrong; a Fatal finding means that no cluster can be there.
	Examine(ctx context.Context) (words string, findings []Finding, err error)
}

// OrphanLister finds every cluster that has any resource of ours in the
// account, machines or not, whether a state knows it or not.
type OrphanLister interface {
	Clusters(ctx context.Context) ([]ClusterRef, error)
}

// ClusterRef is what the tags of resources tell of their cluster.
type ClusterRef struct {
	ID        cluster.ID
	Name      cluster.Name // empty when no tag holds it
	Machines  int
	Resources []string // everything else, as "network ecluster-x", for people
}
