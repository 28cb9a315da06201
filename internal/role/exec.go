package role

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// execLimit bounds the output of one Exec call, in bytes.
const execLimit = 8 << 20

// execCall is one script that runs on the node.
type execCall struct {
	out  bytes.Buffer
	err  error
	done chan struct{} // closed when out and err are final
}

// Exec runs a script for sh as root on the node, in this same session, and
// returns its standard output, of at most 8 MB. Calls run one after the other,
// once the phases are done. A script that fails gives an *ExecError. When ctx
// ends, the script is stopped.
func (s *Session) Exec(ctx context.Context, script string) ([]byte, error) {
	call := &execCall{done: make(chan struct{})}
	id, err := s.sendScript(script, call)
	if err != nil {
		return nil, fmt.Errorf("run a script on the node: %w", err)
	}
	select {
	case <-call.done:
	case <-ctx.Done():
		s.out.put("kill " + id)
		return nil, fmt.Errorf("run a script on the node: %w", context.Cause(ctx))
	}
	if call.err != nil {
		return nil, fmt.Errorf("run a script on the node: %w", call.err)
	}
	return call.out.Bytes(), nil
}

// sendScript gives the script a number and sends it. The node answers in the
// order of the numbers, so they are sent in it.
func (s *Session) sendScript(script string, call *execCall) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.options.Serve:
		return "", errors.New("the session was not started with Serve")
	case s.state.failed != nil:
		return "", s.state.failed
	case s.state.ended:
		return "", s.lost()
	}
	s.scripts++
	id = strconv.Itoa(s.scripts)
	s.execs[id] = call
	s.out.put("exec " + id + " " + base64.StdEncoding.EncodeToString([]byte(script)))
	return id, nil
}

// execMessage takes a piece of output, or the end of a script.
func (s *Session) execMessage(m wireMessage) {
	s.mu.Lock()
	call := s.execs[m["id"]]
	s.mu.Unlock()
	if call == nil {
		return
	}
	if m["type"] == "output" {
		data, err := base64.StdEncoding.DecodeString(m["data"])
		if err != nil {
			call.err = fmt.Errorf("decode its output: %w", err)
		}
		if call.out.Len() <= execLimit {
			call.out.Write(data)
		}
		return
	}
	switch status := m.number("status"); {
	case call.err != nil:
	case status != 0:
		call.err = &ExecError{Status: status, Tail: s.noise.tail(m.number("noise"), time.After(tailGrace))}
	case call.out.Len() > execLimit:
		call.err = fmt.Errorf("its output has more than %d MiB", execLimit>>20)
	}
	s.mu.Lock()
	delete(s.execs, m["id"])
	s.mu.Unlock()
	close(call.done)
}

// failExecs ends the calls that will never be answered.
func (s *Session) failExecs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.ended = true
	for id, call := range s.execs {
		call.err = s.lost()
		close(call.done)
		delete(s.execs, id)
	}
}

// lost is why there is no answer. The caller holds the lock.
func (s *Session) lost() error {
	if s.state.canceled != nil {
		return s.state.canceled
	}
	return ErrLost
}
