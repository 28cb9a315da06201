// Package sim is what the simulated clouds have in common: the machines that
// they boot, the script of what goes wrong, and the log of what was asked. A
// simulated cloud (sim/google, sim/aws, sim/azure) is an HTTP server that
// speaks the cloud's own protocol to the cloud's own SDK, refuses every
// request that the cloud's published schema forbids, and behaves as the
// cloud's documentation says. Tests, benchmarks and rehearsals use it; nothing
// here knows a driver of package providers, a role or an engine.
package sim

import (
	"net/http"
	"time"
)

// Cloud is one simulated cloud. It is safe for concurrent use.
type Cloud interface {
	http.Handler
	// Settings are those of a provider block that lead a driver to this cloud
	// when it is served at url ("http://127.0.0.1:8080"), with credentials.
	Settings(url string) map[string]any
	// Knows reports whether there is a place of that name, a region, location or
	// zone: a simulated cloud has fewer than the real one.
	Knows(place string) bool
	// Inventory names everything that exists and that the account's owner
	// would find or pay for, without any lag, but not what every account has
	// from the beginning (a default network).
	Inventory() []Resource
	// Strike does to the machine of a node what the world may do to it, now.
	Strike(node string, f Fate) error
	// Log has every request since the cloud was made.
	Log() *Log
	// Close ends what goes on in the background and deletes all machines.
	Close() error
}

// Resource is one thing that exists in a simulated cloud.
type Resource struct {
	Kind    string `json:"kind"` // in the cloud's words: "instance", "disk", "security-group"
	Name    string `json:"name"` // the cloud's name or id
	Cluster string `json:"cluster,omitempty"`
	Node    string `json:"node,omitempty"`
	State   string `json:"state,omitempty"`  // in the cloud's words
	Detail  string `json:"detail,omitempty"` // "n2-standard-8, spot, us-central1-a"
}

// Options are how a simulated cloud behaves while the script says nothing
// else. The zero value is a cloud without limits where everything happens at
// once and machines run but never answer.
type Options struct {
	Machines Machines // nil: nothing answers at their addresses
	Script   *Script  // nil: nothing goes wrong

	OperationTime time.Duration // from a request to the end of the operation that it starts
	BootTime      time.Duration // from then until the machine is shown as running
	CreateLag     time.Duration // for how long listings don't show what was made
	DeleteLag     time.Duration // for how long they still show what was deleted
	Latency       time.Duration // of each request
	PageSize      int           // of listings; 0 is the cloud's own

	// Quota limits the account, by the cloud's own name of a limit ("CPUS",
	// "L-1216C47A", "standardDSv5Family"); what is absent is ample.
	Quota map[string]int
	// Stock is how many machines are left, by "zone/type"; what is absent never
	// runs out. 0 is a stock-out.
	Stock map[string]int
	// Denied are the permissions that the credentials lack, in the cloud's
	// words: "ec2:RunInstances", "compute.instances.create".
	Denied []string

	// Now and After are the clock; defaults time.Now and time.AfterFunc.
	Now   func() time.Time
	After func(d time.Duration, f func()) (stop func())
}

// WithDefaults fills in what a cloud must not have to ask for.
func (o Options) WithDefaults() Options {
	if o.Machines == nil {
		o.Machines = NewSilent()
	}
	if o.Script == nil {
		o.Script = NewScript()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.After == nil {
		o.After = func(d time.Duration, f func()) func() {
			t := time.AfterFunc(d, f)
			return func() { t.Stop() }
		}
	}
	return o
}
