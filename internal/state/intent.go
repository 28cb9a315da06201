package state

import (
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// settledKept is how many settled intents a state remembers: enough to see
// what the last run did, and few enough not to grow for ever.
const settledKept = 32

// Intent is a side effect that was about to be asked of the cloud. It is on
// disk before the request leaves, and settled when its outcome is on disk.
type Intent struct {
	Token string             `json:"token"`
	Kind  IntentKind         `json:"kind"`
	Nodes []cluster.NodeName `json:"nodes,omitempty"`
	Since time.Time          `json:"since"`
	// Settled is when the outcome was known; zero while it is not.
	Settled time.Time `json:"settled,omitzero"`
}

// IntentKind is what was intended.
type IntentKind string

// The kinds of intent.
const (
	IntentLaunch    IntentKind = "launch"
	IntentTerminate IntentKind = "terminate"
	IntentPrepare   IntentKind = "prepare"
	IntentDestroy   IntentKind = "destroy"
)

// Open reports whether the outcome is still unknown.
func (i *Intent) Open() bool { return i.Settled.IsZero() }

// Intend records an intent.
func (s *State) Intend(i Intent) { s.Intents = append(s.Intents, i) }

// Settle marks the intent with that token as settled, and forgets the oldest
// settled ones. An unknown or settled token is no mistake: settling twice is
// what happens after a crash.
func (s *State) Settle(token string, now time.Time) {
	settled := 0
	for i := range s.Intents {
		if s.Intents[i].Token == token && s.Intents[i].Open() {
			s.Intents[i].Settled = now
		}
		if !s.Intents[i].Open() {
			settled++
		}
	}
	s.Intents = slices.DeleteFunc(s.Intents, func(i Intent) bool {
		if i.Open() || settled <= settledKept {
			return false
		}
		settled--
		return true
	})
}

// OpenIntents returns the intents whose outcome is unknown, oldest first.
func (s *State) OpenIntents() []Intent {
	var open []Intent
	for _, i := range s.Intents {
		if i.Open() {
			open = append(open, i)
		}
	}
	return open
}
