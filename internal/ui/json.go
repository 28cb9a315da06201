package ui

import (
	"time"

	"github.com/ecluster/ecluster/internal/event"
)

// JSONSink writes one JSON object a line on Out: "time" (RFC 3339, UTC),
// "type", then the fields of the event; an error is the string "error". It is
// safe for concurrent use.
type JSONSink struct {
	out *outbox
	now func() time.Time
}

// NewJSONSink returns a sink for a program that reads s.Out.
func NewJSONSink(s Streams, now func() time.Time) *JSONSink {
	return &JSONSink{out: newOutbox(s.Out), now: now}
}

// Emit queues the line of e.
func (j *JSONSink) Emit(e event.Event) {
	j.out.add(event.Line(j.now(), e)...)
}

// Close writes what is queued and returns the first error of writing.
func (j *JSONSink) Close() error { return j.out.close() }
