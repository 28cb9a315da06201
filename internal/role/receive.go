package role

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ecluster/ecluster/internal/event"
)

// readEvents handles the runner's lines until it says that it is done, and
// then drains the stream.
func (s *Session) readEvents(r io.Reader, done func()) {
	in := bufio.NewReader(r)
	for {
		line, err := readLine(in)
		switch {
		case len(line) > maxLine:
			s.oddLine(line, fmt.Errorf("decode event: the line has more than %d bytes", maxLine))
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

// readLine returns the next line with its end, or only somewhat more than
// maxLine bytes of it. The line is valid until in is read again. Memory is
// taken only for a line that is really long: hundreds of nodes talk at once.
func readLine(in *bufio.Reader) ([]byte, error) {
	chunk, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return chunk, err
	}
	line := bytes.Clone(chunk)
	for errors.Is(err, bufio.ErrBufferFull) {
		chunk, err = in.ReadSlice('\n')
		if len(line) <= maxLine {
			line = append(line, chunk...)
		}
	}
	return line, err
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
		if m["arch"] != "" {
			s.options.Handle(Hello{Arch: clip(m["arch"])})
		}
		return
	case "done":
		s.update(func(st *sessionState) { st.done, st.well = true, m["status"] == "0" })
		return
	case "reboot":
		s.update(func(st *sessionState) { st.reboot = &RebootError{Why: clip(m["why"])} })
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
