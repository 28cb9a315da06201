package remote

import (
	"fmt"
	"io"
	"sync"
)

// streamLimit is how many bytes of one output of a process wait for their
// reader.
const streamLimit = 128 << 10

// stream carries one output of a remote process to its reader. Both outputs
// share one window of the SSH channel, so an output that nobody reads would
// stop the other one too: until the first Read, a stream takes everything and
// keeps the end of it. From then on it holds the process back until the
// reader has caught up.
type stream struct {
	mu      sync.Mutex
	changed sync.Cond
	buf     []byte
	dropped int64
	reading bool
	ended   bool
	err     error // what the reader gets after buf
}

func newStream() *stream {
	s := &stream{}
	s.changed.L = &s.mu
	return s
}

// Write takes output from the node.
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := 0
	for written < len(p) {
		for s.reading && len(s.buf) >= streamLimit && !s.ended {
			s.changed.Wait()
		}
		if s.ended {
			return written, io.ErrClosedPipe
		}
		n := len(p) - written
		if s.reading {
			n = min(n, streamLimit-len(s.buf))
		}
		s.buf = append(s.buf, p[written:written+n]...)
		written += n
		s.changed.Broadcast()
		// Twice the limit, so that moving the end down stays cheap.
		if !s.reading && len(s.buf) > 2*streamLimit {
			s.trim()
		}
	}
	return written, nil
}

// Read blocks until there is output, and ends with io.EOF when the process
// has ended, or with the reason why its output was cut short.
func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.reading {
		s.reading = true
		s.mark()
	}
	for len(s.buf) == 0 && !s.ended {
		s.changed.Wait()
	}
	if len(s.buf) == 0 {
		return 0, s.err
	}
	n := copy(p, s.buf)
	s.buf = s.buf[n:]
	if len(s.buf) == 0 {
		s.buf = nil
	}
	s.changed.Broadcast()
	return n, nil
}

// end closes the stream: a reader gets what is buffered and then err.
func (s *stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended, s.err = true, err
	s.changed.Broadcast()
}

func (s *stream) trim() {
	if over := len(s.buf) - streamLimit; over > 0 {
		s.dropped += int64(over)
		s.buf = append(s.buf[:0], s.buf[over:]...)
	}
}

// mark says at the beginning of a late read what is missing there.
func (s *stream) mark() {
	if s.dropped > 0 {
		note := fmt.Sprintf("[... %d bytes of earlier output were not kept ...]\n", s.dropped)
		s.buf = append([]byte(note), s.buf...)
	}
}
