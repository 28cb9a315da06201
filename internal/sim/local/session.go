package local

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The node's half of the one-session protocol of internal/role, pretended.
// What ends a session early is the end of its standard input.

// Exit statuses of the real runner.
const (
	exitNoBundle = 90
	exitNoRun    = 91
	exitFailed   = 1
	exitCanceled = 143
)

// session is one set-up of a machine.
type session struct {
	box    *machine
	in     *bufio.Reader
	events *json.Encoder
	bundle bundle
	phases []string

	mu    sync.Mutex
	facts map[string]string
	execs []execRequest
	ended bool          // no more exec requests come
	news  chan struct{} // something of the above has changed
}

type execRequest struct{ id, script string }

func newSession(b *machine, stdin io.Reader, stdout io.Writer) *session {
	return &session{
		box: b, in: bufio.NewReader(stdin), events: json.NewEncoder(stdout),
		facts: map[string]string{}, news: make(chan struct{}, 1),
	}
}

// event writes one line; when nobody reads it, standard input ends too.
func (s *session) event(kind string, pairs ...string) {
	e := map[string]string{"type": kind}
	for i := 0; i+1 < len(pairs); i += 2 {
		e[pairs[i]] = pairs[i+1]
	}
	_ = s.events.Encode(e)
}

func (s *session) run(size int64) int {
	b, err := readBundle(io.LimitReader(s.in, size))
	if err != nil {
		return exitNoBundle
	}
	s.bundle = b
	line, err := s.in.ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) != 5 || words[0] != "run" {
		return exitNoRun
	}
	s.phases = strings.Split(words[3], ",")
	s.box.mu.Lock()
	s.box.memory.cluster = b.env["EC_CLUSTER_ID"]
	s.box.mu.Unlock()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // ends with standard input, which the end of the session closes
		defer cancel()
		s.listen()
	}()
	status := s.work(ctx, words[2] == "serve")
	s.event("done", "status", strconv.Itoa(status))
	return status
}

// work carries out the plan and then, on a frontend, what is asked.
func (s *session) work(ctx context.Context, serving bool) int {
	s.event("hello", "os", s.box.boot.Image, "arch", "x86_64")
	p := &performance{session: s, ctx: ctx}
	if !p.perform() {
		if ctx.Err() != nil {
			return exitCanceled
		}
		return exitFailed
	}
	if !serving {
		return 0
	}
	s.event("serving")
	for {
		request, ok := s.nextExec(ctx)
		if ctx.Err() != nil {
			return exitCanceled
		}
		if !ok {
			return 0
		}
		if out := s.box.answer(request.script); out != "" {
			for part := range slices.Chunk([]byte(out), 48<<10) {
				s.event("output", "id", request.id, "data", base64.StdEncoding.EncodeToString(part))
			}
		}
		s.event("exec", "id", request.id, "status", "0")
	}
}

// listen takes the caller's lines until there are no more.
func (s *session) listen() {
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		name, data, _ := strings.Cut(rest, " ")
		value, _ := base64.StdEncoding.DecodeString(data)
		s.mu.Lock()
		switch verb {
		case "fact":
			s.facts[name] = string(value)
		case "exec":
			s.execs = append(s.execs, execRequest{name, string(value)})
		case "end":
			s.ended = true
		}
		s.mu.Unlock()
		select {
		case s.news <- struct{}{}:
		default:
		}
	}
}

// await returns when a condition on what was heard holds, or false.
func (s *session) await(ctx context.Context, holds func() bool) bool {
	for {
		s.mu.Lock()
		ok := holds()
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-s.news:
		case <-ctx.Done():
			return false
		}
	}
}

func (s *session) nextExec(ctx context.Context) (request execRequest, ok bool) {
	s.await(ctx, func() bool {
		if len(s.execs) > 0 {
			request, s.execs, ok = s.execs[0], s.execs[1:], true
		}
		return ok || s.ended
	})
	return request, ok
}

// pause is the time that a step takes; false when the session ended meanwhile.
func (s *session) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
