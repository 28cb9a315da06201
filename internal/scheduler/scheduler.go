// Package scheduler is one interface over the schedulers that a cluster can
// have: which nodes it knows and what they do, what waits, and how a node is
// proved, emptied and forgotten. It speaks to the frontend by small shell
// scripts, one for any number of nodes. How the scheduler got there is the
// business of roles, and which nodes should go is that of the engine.
package scheduler

import (
	"context"
	"fmt"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Exec runs a POSIX shell script as root on the frontend and returns its
// standard output, also when it fails; the error of a script that failed
// contains the end of its standard error. The script's standard input is not
// to be read.
type Exec func(ctx context.Context, script string) ([]byte, error)

// Client speaks to the scheduler of one cluster. It keeps nothing and is safe
// for concurrent use if its Exec is. No method waits for users' jobs.
type Client interface {
	// Nodes returns every node that the scheduler knows, sorted by name.
	Nodes(ctx context.Context) ([]NodeStatus, error)

	// Queue counts the jobs.
	Queue(ctx context.Context) (Queue, error)

	// Probe proves nodes by running a trivial job on each as the login user. A
	// node that already runs jobs counts as proved. The map says of each other
	// node why it is not; it is empty when all are proved. err means that the
	// scheduler could not be asked.
	Probe(ctx context.Context, nodes []cluster.NodeName) (map[cluster.NodeName]error, error)

	// Drain lets no new job start on the nodes; running ones go on. reason is
	// shown to users. A node that the scheduler does not know is left out.
	Drain(ctx context.Context, nodes []cluster.NodeName, reason string) error

	// Resume undoes Drain. A node that is not drained is left as it is.
	Resume(ctx context.Context, nodes []cluster.NodeName) error

	// Requeue puts the jobs that run on the nodes back into the queue; those
	// that can't go back end. It returns when the nodes run none any more, or
	// after a while: what does not end then ends with its machine. Drain the
	// nodes first, or the jobs start there again.
	Requeue(ctx context.Context, nodes []cluster.NodeName) error

	// Remove makes the scheduler forget the nodes, whether their machines
	// still exist or not. Jobs that run on them go back into the queue, or end
	// where they can't. A node that the scheduler does not know is no error.
	Remove(ctx context.Context, nodes []cluster.NodeName) error
}

// Admitter is a Client whose scheduler lets a machine in only after the
// frontend has named it. Nodes wait for it by the fact node.admitted.
type Admitter interface {
	// Admit names the nodes to the scheduler; one that it knows is no error.
	Admit(ctx context.Context, nodes []cluster.NodeName) error
}

// New returns the client of a kind of scheduler, as cluster.Scheduler names it.
func New(kind string, exec Exec) (Client, error) {
	switch kind {
	case "slurm":
		return slurm{exec}, nil
	case "htcondor":
		return condor{exec}, nil
	case "gridengine":
		return gridEngine{exec}, nil
	default:
		return nil, fmt.Errorf("scheduler %s: there is no client for it in this version of ecluster", kind)
	}
}

// NodeStatus is a node as the scheduler sees it.
type NodeStatus struct {
	Name      cluster.NodeName `json:"name"`
	State     NodeState        `json:"state"`
	CPUs      int              `json:"cpus"`
	AllocCPUs int              `json:"alloc_cpus"`
	Memory    cluster.Bytes    `json:"memory"` // what jobs may use
	Jobs      int              `json:"jobs"`   // running or ending
	Queues    []string         `json:"queues"` // partitions, or what the scheduler calls them
	// Reason is the scheduler's own note on why the node is not usable.
	Reason string `json:"reason,omitempty"`
}

// NodeState is what a node can do for jobs, the same for all schedulers.
type NodeState string

// The states of a node.
const (
	Idle     NodeState = "idle"     // free for jobs
	Busy     NodeState = "busy"     // runs jobs; it may take more
	Draining NodeState = "draining" // runs jobs, takes no more
	Drained  NodeState = "drained"  // runs nothing, takes nothing
	Down     NodeState = "down"     // the scheduler can't reach it, or gave it up
	Unknown  NodeState = "unknown"  // something else, for which Reason has the scheduler's word
)

// Queue counts jobs; each task of an array is one.
type Queue struct {
	Running int            `json:"running"`
	Pending int            `json:"pending"`
	Reasons map[string]int `json:"reasons,omitempty"` // pending jobs by what they wait for
}

// OutOfServiceError says that a node takes no jobs because somebody said so.
type OutOfServiceError struct {
	State  NodeState
	Reason string
	// Reserved is a node that was not drained but is kept for somebody: nothing
	// is known against it, also where it is new.
	Reserved bool
}

// Error gives the scheduler's words.
func (e *OutOfServiceError) Error() string {
	return fmt.Sprintf("the scheduler has it as %s: %s", e.State, e.Reason)
}
