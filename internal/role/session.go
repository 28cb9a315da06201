package role

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Options say how a bundle is carried out.
type Options struct {
	Sudo   bool             // the login user is not root: use sudo -n
	Serve  bool             // stay for Exec calls until End
	Phases []Phase          // nil means DefaultPhases; empty means none
	Log    string           // path of this node's log file, which is appended to; none where empty
	Handle func(Message)    // called from one goroutine; must not block for long; may be nil
	Now    func() time.Time // time.Now where nil
}

// How long the node has for things that should take no time.
const (
	cancelGrace = 7 * time.Second // to end its processes after we closed its standard input
	closeGrace  = 2 * time.Second // to close the channel after it said that it is done
	tailGrace   = 2 * time.Second // for the output of a step to arrive after its end was reported
)

// Session is a bundle being carried out on a node. Its methods are safe for
// concurrent use. It ends by itself, or when the context of StartSession does:
// then the node stops what it is doing and the session is closed after 7
// seconds at the latest.
type Session struct {
	process Process
	options Options
	noise   *noise
	log     *os.File
	out     outbox
	over    chan struct{} // closed when the process has ended and err is set
	err     error

	mu    sync.Mutex
	state sessionState
	execs map[string]*execCall

	scripts int // how many were sent
}

// sessionState is what the runner has said so far.
type sessionState struct {
	hello, done bool
	well        bool // it is done and nothing failed
	ended       bool // no more Exec calls are taken
	failed      *StepError
	reboot      *RebootError
	role, step  string // the step at hand
	canceled    error  // why the context ended
}

// StartSession sends the bundle to the node and starts the work. Wait must be
// called in the end.
func StartSession(ctx context.Context, t Transport, b *Bundle, o Options) (*Session, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Handle == nil {
		o.Handle = func(Message) {}
	}
	s := &Session{options: o, over: make(chan struct{}), execs: make(map[string]*execCall), out: newOutbox()}
	var log io.Writer
	if o.Log != "" {
		f, err := openLog(o.Log)
		if err != nil {
			return nil, err
		}
		s.log, log = f, f
	}
	nonce := rand.Text()
	s.noise = newNoise(log, nonce, o.Now)
	// The context bounds the start; afterwards the node gets its time to end
	// what it does, so the transport must not see the context's end.
	starting, release := context.WithCancelCause(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, func() { release(context.Cause(ctx)) })
	process, err := t.Start(starting, bootstrap(rand.Text(), len(b.Data), o.Sudo))
	detach()
	if err != nil {
		release(nil)
		s.closeLog()
		return nil, fmt.Errorf("start the runner: %w", err)
	}
	s.process = process
	go s.out.feed(process.Stdin(), b.Data, runLine(nonce, o), s.over)
	go func() {
		defer release(nil)
		s.run(ctx)
	}()
	return s, nil
}

// runLine is the first line after the bundle. It has the time here, so that
// the node can tell when its clock is wrong.
func runLine(nonce string, o Options) string {
	phases := o.Phases
	if phases == nil {
		phases = DefaultPhases()
	}
	words := make([]string, len(phases))
	for i, p := range phases {
		words[i] = string(p)
	}
	list := strings.Join(words, ",")
	if list == "" {
		list = "-"
	}
	mode := "once"
	if o.Serve {
		mode = "serve"
	}
	return fmt.Sprintf("run %s %s %s %d\n", nonce, mode, list, o.Now().Unix())
}

// run reads everything that the node says until the process is over.
func (s *Session) run(ctx context.Context) {
	defer close(s.over)
	defer s.closeLog()
	var streams sync.WaitGroup
	finished := make(chan struct{}) // the node has said its last word
	var once sync.Once
	streams.Go(func() { s.noise.read(s.process.Stderr()) })
	streams.Go(func() {
		defer once.Do(func() { close(finished) })
		s.readEvents(s.process.Stdout(), func() { once.Do(func() { close(finished) }) })
	})
	stopped := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() { s.watch(ctx, finished, stopped) })
	streams.Wait()
	cause := s.process.Wait()
	close(stopped)
	watcher.Wait()
	s.failExecs()
	s.err = s.result(cause)
}

// watch closes the node's standard input when the context ends or the node is
// done, and the channel when that does not end the process.
func (s *Session) watch(ctx context.Context, finished, stopped <-chan struct{}) {
	grace := closeGrace
	select {
	case <-stopped:
		return
	case <-finished:
	case <-ctx.Done():
		grace = cancelGrace
		s.mu.Lock()
		s.state.canceled = context.Cause(ctx)
		s.mu.Unlock()
	}
	_ = s.process.Stdin().Close()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-stopped:
	case <-timer.C:
		_ = s.process.Kill()
	}
}

func (s *Session) update(change func(*sessionState)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.state)
}

// result is what Wait returns, after everything has been read.
func (s *Session) result(cause error) error {
	s.mu.Lock()
	st := s.state
	s.mu.Unlock()
	at := ""
	if st.role != "" {
		at = fmt.Sprintf(" during role %s, step %s", st.role, st.step)
	}
	switch {
	case st.failed != nil:
		return st.failed
	case st.reboot != nil:
		return st.reboot
	case st.well:
		return nil
	case st.canceled != nil:
		return fmt.Errorf("set up the node: stopped%s: %w", at, st.canceled)
	case !st.hello:
		return startError(s.options.Sudo, s.noise.tail(0, nil), cause)
	case cause != nil:
		return fmt.Errorf("set up the node: %w%s: %w", ErrLost, at, cause)
	default:
		return fmt.Errorf("set up the node: %w%s", ErrLost, at)
	}
}

// Fact tells the node a fact. It does not wait until the node has it, and a
// node that is done needs none: that is no error.
func (s *Session) Fact(name, value string) error {
	if !factForm.MatchString(name) {
		return fmt.Errorf("send fact %q: a fact is lower-case letters, digits, dots and hyphens", name)
	}
	s.out.put("fact " + name + " " + base64.StdEncoding.EncodeToString([]byte(value)))
	return nil
}

// End says that there are no more Exec calls: the runner ends when it is done.
func (s *Session) End() error {
	s.update(func(st *sessionState) { st.ended = true })
	s.out.put("end")
	return nil
}

// Wait returns when the session is over. It gives a *StepError when a step
// failed, a *RebootError when the node reboots, an error with ErrLost within
// when the connection broke, and the context's error when that ended first.
func (s *Session) Wait() error {
	<-s.over
	return s.err
}

func (s *Session) closeLog() {
	if s.log != nil {
		_ = s.log.Close() // a log that can't be written fails nothing
	}
}
