package sim

import (
	"slices"
	"sync"
	"time"
)

// Entry is one request as the cloud saw it.
type Entry struct {
	N      int       `json:"n"` // from 1
	At     time.Time `json:"at"`
	Op     string    `json:"op"` // in the words of the cloud's schema; "" when it is none
	Method string    `json:"method"`
	Path   string    `json:"path"`            // with the query, without secrets
	Nodes  []string  `json:"nodes,omitempty"` // that it concerns
	Count  int       `json:"count,omitempty"` // machines that it asks for
	Token  string    `json:"token,omitempty"` // idempotency token
	Status int       `json:"status"`          // 0 while unanswered, or when the connection was reset
	Code   string    `json:"code,omitempty"`  // of a refusal, in the cloud's words
	// Problems are what the cloud's schema says against the request. A test
	// fails when it finds one that it did not send on purpose.
	Problems []string      `json:"problems,omitempty"`
	Took     time.Duration `json:"took_ns"`
	// Flying is how many requests of this Op were unanswered, with this one,
	// when it came.
	Flying int `json:"flying"`
}

// Log is the list of requests of one cloud. It is safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	now     func() time.Time
	entries []*Entry
	flying  map[string]int
}

// NewLog returns an empty log with the clock of the cloud.
func NewLog(now func() time.Time) *Log { return &Log{now: now, flying: map[string]int{}} }

// Begin notes that a request came and has been read; only what the caller has
// filled in of e is kept. The function that it returns must be called once,
// when it was answered.
func (l *Log) Begin(e Entry) (end func(status int, code string, problems ...string)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flying[e.Op]++
	e.N, e.At, e.Flying = len(l.entries)+1, l.now(), l.flying[e.Op]
	entry := &e
	l.entries = append(l.entries, entry)
	return func(status int, code string, problems ...string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.flying[entry.Op]--
		entry.Status, entry.Code, entry.Took = status, code, l.now().Sub(entry.At)
		entry.Problems = append(entry.Problems, problems...)
	}
}

// Entries returns a copy of all entries, or of those with one of these ops.
func (l *Log) Entries(ops ...string) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Entry
	for _, e := range l.entries {
		if len(ops) == 0 || slices.Contains(ops, e.Op) {
			c := *e
			c.Nodes, c.Problems = slices.Clone(e.Nodes), slices.Clone(e.Problems)
			out = append(out, c)
		}
	}
	return out
}

// Problems returns the entries to which the schema objects.
func (l *Log) Problems() []Entry {
	return slices.DeleteFunc(l.Entries(), func(e Entry) bool { return len(e.Problems) == 0 })
}

// Highest is the most requests of an op that were unanswered at once.
func (l *Log) Highest(op string) int {
	highest := 0
	for _, e := range l.Entries(op) {
		highest = max(highest, e.Flying)
	}
	return highest
}
