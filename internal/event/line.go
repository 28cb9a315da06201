package event

import (
	"encoding/json"
	"time"
)

// Line is an event as one line of JSON, for programs and for the journal of a
// cluster: "time" (RFC 3339, UTC), "type", "error" where the event carries
// one, then the fields of the event.
func Line(now time.Time, e Event) []byte {
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
	if cause := causeOf(e); cause != nil {
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

func causeOf(e Event) error {
	switch e := e.(type) {
	case RunFinished:
		return e.Err
	case TaskProgress:
		return e.Err
	}
	return nil
}
