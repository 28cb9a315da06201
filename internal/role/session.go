package role

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/event"
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
	in      writer
	over    chan struct{} // closed when the process has ended and err is set
	err     error

	mu    sync.Mutex
	state sessionState
	execs map[string]*execCall
}

// sessionState is what the runner has said so far.
type sessionState struct {
	hello, done bool
	well        bool // it is done and nothing failed
	ended       bool // no more Exec calls are taken
	failed      *StepError
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
	s := &Session{options: o, over: make(chan struct{}), execs: make(map[string]*execCall)}
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
	process, err := t.Start(ctx, bootstrap(rand.Text(), len(b.Data), o.Sudo))
	if err != nil {
		s.closeLog()
		return nil, fmt.Errorf("start the runner: %w", err)
	}
	s.process = process
	s.in = writer{w: process.Stdin()}
	s.in.hold()
	go func() {
		defer s.in.release()
		// A connection that breaks here is reported when the process ends.
		if _, err := process.Stdin().Write(b.Data); err == nil {
			_, _ = io.WriteString(process.Stdin(), runLine(nonce, o))
		}
	}()
	go s.run(ctx)
	return s, nil
}

// runLine is the first line after the bundle.
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
	return fmt.Sprintf("run %s %s %s\n", nonce, mode, list)
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

// readEvents handles the runner's lines until it says that it is done, and
// then drains the stream.
func (s *Session) readEvents(r io.Reader, done func()) {
	in := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			s.oddLine(line, fmt.Errorf("decode event: the line has more than %d bytes", maxLine))
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
		case len(line) > 0:
			s.handle(line)
		}
		s.mu.Lock()
		if s.state.done {
			done()
		}
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *Session) oddLine(line []byte, err error) {
	s.options.Handle(Notice{Level: event.Warning, Text: fmt.Sprintf(
		"the node sent a line that makes no sense (%v): %s", err, clip(string(line[:min(len(line), 200)])))})
}

// handle handles one line.
func (s *Session) handle(line []byte) {
	m, err := decodeLine(line)
	if err != nil {
		s.oddLine(line, err)
		return
	}
	switch m["type"] {
	case "hello":
		s.update(func(st *sessionState) { st.hello = true })
		return
	case "done":
		s.update(func(st *sessionState) { st.done, st.well = true, m["status"] == "0" })
		return
	case "output", "exec":
		s.execMessage(m)
		return
	}
	msg, known := m.message()
	if !known {
		s.options.Handle(Notice{Level: event.Info, Text: fmt.Sprintf(
			"the node sent a message of the unknown type %q, which is ignored", clip(m["type"]))})
		return
	}
	switch v := msg.(type) {
	case StepStarted:
		s.update(func(st *sessionState) { st.role, st.step = v.Role, v.Step })
	case StepFinished:
		msg = s.stepFinished(v, m)
	}
	s.options.Handle(msg)
}

// stepFinished completes the message of a step that failed.
func (s *Session) stepFinished(v StepFinished, m wireMessage) StepFinished {
	v.Log = s.options.Log
	if v.Outcome == event.Failed {
		if m["noise"] != "" {
			v.Tail = s.noise.tail(m.number("noise"), time.After(tailGrace))
		}
		failed := &StepError{Role: v.Role, Step: v.Step, Message: v.Message, Tail: v.Tail, Log: v.Log}
		s.update(func(st *sessionState) { st.failed = failed })
	}
	s.update(func(st *sessionState) { st.role, st.step = "", "" })
	return v
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

// Fact tells the node a fact. A node that is done needs none: that is no error.
func (s *Session) Fact(name, value string) error {
	if !factForm.MatchString(name) {
		return fmt.Errorf("send fact %q: a fact is lower-case letters, digits, dots and hyphens", name)
	}
	if err := s.send("fact", name, base64.StdEncoding.EncodeToString([]byte(value))); err != nil && !s.isOver() {
		return fmt.Errorf("send fact %s: %w", name, err)
	}
	return nil
}

// End says that there are no more Exec calls: the runner ends when it is done.
func (s *Session) End() error {
	s.update(func(st *sessionState) { st.ended = true })
	if err := s.send("end"); err != nil && !s.isOver() {
		return fmt.Errorf("end the session: %w", err)
	}
	return nil
}

// Wait returns when the session is over. It gives a *StepError when a step
// failed, an error with ErrLost within when the connection broke, and the
// context's error when that ended first.
func (s *Session) Wait() error {
	<-s.over
	return s.err
}

// isOver reports whether nothing that is sent can matter any more.
func (s *Session) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.done || s.state.failed != nil
}

func (s *Session) send(words ...string) error {
	if s.isOver() {
		return nil
	}
	return s.in.line(strings.Join(words, " "))
}

func (s *Session) closeLog() {
	if s.log != nil {
		_ = s.log.Close() // a log that can't be written fails nothing
	}
}

// writer puts whole lines on the node's standard input, after the bundle. Its
// lock is held while it writes, so nothing that must go on while a connection
// is stuck may take it.
type writer struct {
	w     io.Writer
	mu    sync.Mutex
	execs int // how many scripts were sent
}

func (w *writer) hold()    { w.mu.Lock() }
func (w *writer) release() { w.mu.Unlock() }

func (w *writer) line(s string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := io.WriteString(w.w, s+"\n")
	return err
}

// script sends the next script; register gets its number before it is sent.
// The node answers in the order of the numbers, so they are sent in it.
func (w *writer) script(text string, register func(id string) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := strconv.Itoa(w.execs + 1)
	if err := register(id); err != nil {
		return err
	}
	w.execs++
	_, err := io.WriteString(w.w, "exec "+id+" "+base64.StdEncoding.EncodeToString([]byte(text))+"\n")
	return err
}
