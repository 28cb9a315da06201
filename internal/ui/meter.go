package ui

import (
	"io"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// Meter is a line at the bottom of a terminal that says how far something has
// come, for commands whose result goes elsewhere. Where s.Err is no terminal,
// or the output is for a program, it shows nothing.
type Meter struct {
	stop chan struct{}
	once sync.Once
	done sync.WaitGroup
}

// meterDelay is how long a command may take before anybody asks how far it is.
const meterDelay = 700 * time.Millisecond

// NewMeter shows what line returns, now and then, until Stop. line is called
// from a goroutine of the meter.
func NewMeter(s Streams, f Format, line func() string) *Meter {
	m := &Meter{stop: make(chan struct{})}
	if s.ErrTTY && f == Text {
		m.done.Go(func() { m.show(s, line) })
	}
	return m
}

func (m *Meter) show(s Streams, line func() string) {
	timer := time.NewTimer(meterDelay)
	defer timer.Stop()
	shown := false
	for {
		select {
		case <-m.stop:
			if shown {
				_, _ = io.WriteString(s.Err, "\r"+ansi.EraseLineRight)
			}
			return
		case <-timer.C:
			text := s.errTheme().fit(clean(line()), s.width()-1)
			_, _ = io.WriteString(s.Err, "\r"+text+ansi.EraseLineRight)
			shown = true
			timer.Reset(200 * time.Millisecond)
		}
	}
}

// Stop takes the line away. It may be called often.
func (m *Meter) Stop() {
	m.once.Do(func() { close(m.stop) })
	m.done.Wait()
}
