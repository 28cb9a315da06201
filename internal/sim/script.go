package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Fault is one line of the script about requests: which request fails, and how.
type Fault struct {
	// Op is the request in the words of the cloud's schema: "RunInstances",
	// "compute.instances.insert", "VirtualMachinesClient.BeginCreateOrUpdate".
	Op string `json:"op"`
	// Call is which request of Op it strikes, counted from 1 since the cloud
	// was made; 0 is the next ones. Node limits it to requests that concern
	// this node, by its tag or by the end of a name.
	Call int    `json:"call,omitempty"`
	Node string `json:"node,omitempty"`
	// Times is how many requests it strikes; 0 is 1, -1 all.
	Times int `json:"times,omitempty"`

	// Status, Code and Message are the answer in the cloud's own form; Status 0
	// is the one that goes with Code.
	Status     int      `json:"status,omitempty"`
	Code       string   `json:"code,omitempty"`
	Message    string   `json:"message,omitempty"`
	RetryAfter Duration `json:"retry_after,omitempty"`

	Delay Duration `json:"delay,omitempty"` // the answer comes later
	Lands bool     `json:"lands,omitempty"` // it takes effect in spite of the answer
	Reset bool     `json:"reset,omitempty"` // the connection is reset instead of an answer
	Hang  bool     `json:"hang,omitempty"`  // no answer until the client goes away
	// Later accepts the request; the operation that it starts fails with Code
	// and Message. Never accepts it; the operation never ends.
	Later bool `json:"later,omitempty"`
	Never bool `json:"never,omitempty"`
	// Short grants at most this many of the machines of a request for several.
	Short int `json:"short,omitempty"`
}

// Event is something that happens to a machine.
type Event string

// The events.
const (
	Reclaim Event = "reclaim" // a spot machine is taken back, with the cloud's notice
	Die     Event = "die"     // it halts by itself
	Vanish  Event = "vanish"  // it is deleted behind everybody's back
	Mute    Event = "mute"    // it boots and never answers SSH; only before it is made
	Break   Event = "break"   // it never comes up: the cloud reports an error; only before it is made
)

// Fate is one line of the script about a machine.
type Fate struct {
	Node    string   `json:"node"`
	Event   Event    `json:"event"`
	After   Duration `json:"after,omitempty"` // counted from when it runs
	Message string   `json:"message,omitempty"`
	// Times is how many machines of that node it strikes, one after the other;
	// 0 is 1, -1 all.
	Times int `json:"times,omitempty"`
}

// Duration is a time.Duration that JSON writes as "20s".
type Duration time.Duration

// MarshalText writes "1m30s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// Script is what goes wrong in a cloud, and when. It is safe for concurrent
// use, and lines may be added at any time.
type Script struct {
	mu     sync.Mutex
	faults []*pendingFault
	fates  []*pendingFate
	counts map[string]int
}

type pendingFault struct {
	Fault
	left int
}

type pendingFate struct {
	Fate
	left int
}

// NewScript returns a script in which nothing goes wrong.
func NewScript() *Script { return &Script{counts: map[string]int{}} }

// ParseScript reads {"faults": [...], "fates": [...]}.
func ParseScript(data []byte) (*Script, error) {
	s := NewScript()
	if err := s.Add(data); err != nil {
		return nil, err
	}
	return s, nil
}

// Add adds lines in the form that ParseScript reads: all of them, or none and
// an error.
func (s *Script) Add(data []byte) error {
	var lines struct {
		Faults []Fault `json:"faults"`
		Fates  []Fate  `json:"fates"`
	}
	if err := decodeStrictly(data, &lines); err != nil {
		return fmt.Errorf("read script: %w", err)
	}
	for i, f := range lines.Faults {
		if f.Op == "" {
			return fmt.Errorf("read script: fault %d names no op", i+1)
		}
	}
	for i, f := range lines.Fates {
		if err := f.check(); err != nil {
			return fmt.Errorf("read script: fate %d: %w", i+1, err)
		}
	}
	s.Inject(lines.Faults...)
	s.Doom(lines.Fates...)
	return nil
}

// decodeStrictly reads JSON without unknown fields: a misspelt line of a
// script would be a test that tests nothing.
func decodeStrictly(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("there is more than one value")
	}
	return nil
}

func (f Fate) check() error {
	events := []Event{Reclaim, Die, Vanish, Mute, Break}
	switch {
	case f.Node == "":
		return errors.New("it names no node")
	case !slices.Contains(events, f.Event):
		return fmt.Errorf("unknown event %q; there are %v", f.Event, events)
	}
	return nil
}

// Inject adds faults.
func (s *Script) Inject(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &pendingFault{Fault: f, left: times(f.Times)})
	}
}

// Mend takes all faults away: from now on no request fails.
func (s *Script) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Doom adds fates of machines that are not made yet.
func (s *Script) Doom(fates ...Fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range fates {
		s.fates = append(s.fates, &pendingFate{Fate: f, left: times(f.Times)})
	}
}

func times(n int) int {
	if n == 0 {
		return 1
	}
	return n
}

// Strike counts a request and returns the fault that strikes it, or nil. A
// cloud calls it once a request, before the request has any effect.
func (s *Script) Strike(op string, nodes ...string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[op]++
	for _, f := range s.faults {
		if f.Op != op || f.left == 0 || s.counts[op] < f.Call || f.Node != "" && !slices.Contains(nodes, f.Node) {
			continue
		}
		f.left--
		hit := f.Fault
		return &hit
	}
	return nil
}

// Fate takes what will become of the next machine of a node, or nil.
func (s *Script) Fate(node string) *Fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.fates {
		if f.Node == node && f.left != 0 {
			f.left--
			fate := f.Fate
			return &fate
		}
	}
	return nil
}
