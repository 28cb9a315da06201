package ui

import (
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/event"
)

// frameTime is the time between two frames of the live view.
const frameTime = 100 * time.Millisecond

// Live is the sink for a person at a terminal: a block of lines that is drawn
// anew up to ten times a second, below permanent lines (failures, warnings,
// notices, long tasks that ended) that stay in the scroll-back. It leaves the
// terminal's modes and its input alone. It is safe for concurrent use.
type Live struct {
	streams Streams
	theme   theme
	now     func() time.Time

	mu        sync.Mutex // of what Emit touches
	progress  *progress
	failures  *failures
	permanent []string // not yet drawn

	screen screen // of the drawing goroutine, and of Close after it
	err    error
	once   sync.Once
	stop   chan struct{}
	done   chan struct{}
}

// NewLive starts a live view on s.Err; Close ends it.
func NewLive(s Streams, now func() time.Time) *Live {
	l := newLive(s, now)
	go l.run()
	return l
}

func newLive(s Streams, now func() time.Time) *Live {
	p := newProgress()
	return &Live{
		streams:  s,
		theme:    s.errTheme(),
		now:      now,
		progress: p,
		failures: newFailures(p, s.errTheme()),
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
	}
}

// Emit takes note of e; the next frame shows it.
func (l *Live) Emit(e event.Event) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.permanent = append(l.permanent, l.failures.apply(e)...)
	l.permanent = append(l.permanent, l.keep(e)...)
	l.progress.apply(e, now)
	if _, last := e.(event.RunFinished); last {
		l.permanent = append(l.permanent, l.progress.outcome(l.theme))
	}
}

// keep returns the permanent lines for e, failures of nodes aside.
func (l *Live) keep(e event.Event) []string {
	switch e := e.(type) {
	case event.Notice:
		return []string{noticeLine(e, l.theme)}
	case event.TaskProgress:
		if e.Done && (e.Err != nil || e.Elapsed >= time.Second) {
			return []string{taskLine(e, l.theme)}
		}
	}
	return nil
}

// Close draws what is left, removes the block and returns the first error of
// writing. The permanent lines stay.
func (l *Live) Close() error {
	l.once.Do(func() {
		close(l.stop)
		<-l.done
		l.mu.Lock()
		l.permanent = append(l.permanent, l.failures.rest()...)
		l.mu.Unlock()
		l.frame(false)
	})
	return l.err
}

func (l *Live) run() {
	defer close(l.done)
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
			l.frame(true)
		}
	}
}

// frame draws once; without block it leaves only the permanent lines.
func (l *Live) frame(withBlock bool) {
	width, height := l.streams.width(), l.streams.height()
	l.mu.Lock()
	var permanent []string
	for _, line := range l.permanent {
		permanent = append(permanent, folded(line, l.theme, width)...)
	}
	l.permanent = nil
	var block []string
	if withBlock && l.progress.command != "" && l.progress.finished == nil {
		block = l.progress.block(l.theme, l.now(), width, height)
	}
	l.mu.Unlock()

	out := l.screen.draw(permanent, block, width)
	if len(out) == 0 || l.err != nil {
		return
	}
	if _, err := l.streams.Err.Write(out); err != nil {
		l.err = err
	}
}
