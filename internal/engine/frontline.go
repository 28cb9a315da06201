package engine

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/ecluster/ecluster/internal/role"
)

// frontLine is the frontend's session of a run, once the frontend is set up:
// the scheduler is asked and told through it, so that a run needs one session
// a node and no more.
type frontLine struct {
	changed atomic.Bool   // whether any step of the run changed anything
	settled chan struct{} // closed when it is known whether there is a session
	once    sync.Once

	mu      sync.Mutex
	session *role.Session
	err     error         // it will not come
	ended   bool          // nobody needs it any more
	news    chan struct{} // closed at each change
}

func newFrontLine() *frontLine {
	return &frontLine{news: make(chan struct{}), settled: make(chan struct{})}
}

func (f *frontLine) update(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	close(f.news)
	f.news = make(chan struct{})
}

// serve offers a session; nil takes it back.
func (f *frontLine) serve(s *role.Session) {
	f.update(func() { f.session = s })
	if s == nil {
		return
	}
	f.once.Do(func() { close(f.settled) })
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		_ = s.End()
	}
}

// fail says that no session will be offered any more.
func (f *frontLine) fail(err error) {
	f.update(func() { f.session, f.err = nil, err })
	f.once.Do(func() { close(f.settled) })
}

// failure is why no session will be offered, or nil.
func (f *frontLine) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// end lets the frontend's session finish, now or as soon as it is offered.
func (f *frontLine) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	if f.session != nil {
		_ = f.session.End() // a broken session reports itself through Wait
	}
}

// Exec runs a script as root on the frontend; it waits until the frontend is
// set up. It is a scheduler.Exec.
func (f *frontLine) Exec(ctx context.Context, script string) ([]byte, error) {
	for {
		f.mu.Lock()
		session, err, news := f.session, f.err, f.news
		f.mu.Unlock()
		switch {
		case err != nil:
			return nil, err
		case session != nil:
			return session.Exec(ctx, script)
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
