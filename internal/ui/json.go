package ui

import (
	"encoding/json"
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
	var err error
	switch e := e.(type) {
	case event.RunFinished:
		err = e.Err
	case event.TaskProgress:
		err = e.Err
	}
	j.out.add(eventLine(j.now(), e, err)...)
}

// Close writes what is queued and returns the first error of writing.
func (j *JSONSink) Close() error { return j.out.close() }

// eventLine puts the time, the type and the error in front of the fields of e.
func eventLine(now time.Time, e event.Event, cause error) []byte {
	fields, err := json.Marshal(e)
	if err != nil || len(fields) < 2 || fields[0] != '{' {
		// Every event is a struct of plain fields; this keeps the stream
		// readable should one ever be something else.
		fields = []byte("{}")
	}
	head := struct {
		Time  time.Time `json:"time"`
		Type  string    `json:"type"`
		Error string    `json:"error,omitempty"`
	}{Time: now.UTC(), Type: e.Type()}
	if cause != nil {
		head.Error = cause.Error()
	}
	line, err := json.Marshal(head)
	if err != nil {
		return nil // the year is past 9999
	}
	if len(fields) > 2 {
		line = append(append(line[:len(line)-1], ','), fields[1:]...)
	}
	return append(line, '\n')
}
