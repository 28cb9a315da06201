package ui

import (
	"time"

	"github.com/ecluster/ecluster/internal/event"
)

// Sink shows events to somebody. Emit never waits for the reader; Close shows
// what is left and returns the first error of writing. Nothing else may write
// to the same stream between the first Emit and Close.
type Sink interface {
	event.Sink
	Close() error
}

// SinkOptions choose a sink.
type SinkOptions struct {
	Format Format
	// Verbose asks for plain lines that leave out nothing.
	Verbose bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// NewSink returns the sink that suits the streams: JSON lines on Out where
// the format is JSON; else the live view where Err is a terminal, and plain
// lines where it is not or where all is to be told, both on Err.
func NewSink(s Streams, o SinkOptions) Sink {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	switch {
	case o.Format == JSON:
		return NewJSONSink(s, now)
	case s.ErrTTY && !o.Verbose:
		return NewLive(s, now)
	}
	return newPlain(s, now, o.Verbose)
}
