package cluster

import "time"

// Phase is where a node is in its life (design, section 6).
type Phase string

// The life of a node, in order; Failed can follow any of them.
const (
	Planned     Phase = "planned"
	Launching   Phase = "launching"
	Booting     Phase = "booting"
	Reachable   Phase = "reachable"
	Installing  Phase = "installing"
	Configuring Phase = "configuring"
	Joining     Phase = "joining"
	Verifying   Phase = "verifying"
	Ready       Phase = "ready"
	Draining    Phase = "draining"
	Deleting    Phase = "deleting"
	Gone        Phase = "gone"
	Paused      Phase = "paused" // its machine is stopped, with the whole cluster
	Failed      Phase = "failed"
)

// FactArch is the fact that says what processors a node has, as "x86_64".
const FactArch = "node.arch"

// Node is one machine as it is remembered.
type Node struct {
	Name     NodeName   `json:"name"`
	Group    GroupName  `json:"group"`
	Phase    Phase      `json:"phase"`
	Instance InstanceID `json:"instance,omitempty"`
	// Endpoints are where sshd may be reached, best first; PrivateIP is the
	// address inside the cluster.
	Endpoints []Endpoint `json:"endpoints,omitempty"`
	PrivateIP string     `json:"private_ip,omitempty"`
	PublicIP  string     `json:"public_ip,omitempty"`
	Shape     Shape      `json:"shape"`
	// HostKeys are the node's own keys in authorized_keys form. While it is
	// empty the node still has the bootstrap key of the cluster.
	HostKeys []string `json:"host_keys,omitempty"`
	// Attempt is the token of the launch that made, or will make, the machine.
	Attempt string `json:"attempt,omitempty"`
	// SetUp is the fingerprint of the roles that were last applied whole.
	SetUp string `json:"set_up,omitempty"`
	// Facts are what its roles told the other nodes, and FactArch; none of it is
	// secret. The frontend's are not kept: it tells them in each run.
	Facts map[string]string `json:"facts,omitempty"`
	// Meter counts what its machine costs.
	Meter Meter `json:"meter,omitzero"`
	// Error says why the node is Failed, in one sentence.
	Error   string    `json:"error,omitempty"`
	Created time.Time `json:"created,omitzero"`
	Changed time.Time `json:"changed,omitzero"`
	// Held says that a pause keeps new jobs off the node; it takes jobs again
	// when it has been proved.
	Held bool `json:"held,omitempty"`
}

// Endpoint is a TCP address of an sshd.
type Endpoint struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

// Shape is what a node has to offer to jobs. Zero means unknown: the node is
// asked itself.
type Shape struct {
	CPUs   int   `json:"cpus,omitempty"`
	Memory Bytes `json:"memory,omitempty"`
	GPUs   int   `json:"gpus,omitempty"`
}

// JobMemory is what jobs may use of the memory of a node: a twentieth and
// 64 MiB are left to the system. roles/slurm-worker/steps/conf.sh does the
// same sum on the node.
func (s Shape) JobMemory() Bytes {
	return max(0, s.Memory-s.Memory/20-64*MiB)
}

// InstanceState is what a provider says of a machine.
type InstanceState string

// The states of a machine, as far as ecluster must tell them apart.
const (
	InstancePending  InstanceState = "pending"
	InstanceRunning  InstanceState = "running"
	InstanceStopped  InstanceState = "stopped"  // paused, or halted by itself; it still costs
	InstanceStopping InstanceState = "stopping" // on its way to stopped or terminated
	InstanceGone     InstanceState = "gone"
	InstanceError    InstanceState = "error"
)

// Instance is a machine as the provider sees it now.
type Instance struct {
	ID        InstanceID
	Node      NodeName // from its tag; empty when the tag was not set yet
	Group     GroupName
	Attempt   string // the token of the launch that made it
	State     InstanceState
	Reason    string // the provider's words for an unusual state
	Endpoints []Endpoint
	PrivateIP string
	PublicIP  string
	Shape     Shape
	Created   time.Time
}
