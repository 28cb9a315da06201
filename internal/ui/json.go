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
	j.line(e.Type(), e, err)
}

// Line queues an object that is no event, such as the result of the run: v
// must marshal to a JSON object.
func (j *JSONSink) Line(kind string, v any) { j.line(kind, v, nil) }

// Close writes what is queued and returns the first error of writing.
func (j *JSONSink) Close() error { return j.out.close() }

func (j *JSONSink) line(kind string, v any, cause error) {
	fields, err := json.Marshal(v)
	if err != nil || len(fields) < 2 || fields[0] != '{' {
		// Every event is a struct of plain fields; this keeps the stream
		// readable should one ever be something else.
		fields = []byte("{}")
	}
	head := struct {
		Time  time.Time `json:"time"`
		Type  string    `json:"type"`
		Error string    `json:"error,omitempty"`
	}{Time: j.now().UTC(), Type: kind}
	if cause != nil {
		head.Error = cause.Error()
	}
	line, err := json.Marshal(head)
	if err != nil {
		return
	}
	if len(fields) > 2 {
		line = append(append(line[:len(line)-1], ','), fields[1:]...)
	}
	j.out.add(append(line, '\n')...)
}
