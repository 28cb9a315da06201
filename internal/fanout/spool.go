package fanout

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// spoolMemory is how much of one output is held in memory; a longer one is
// written to a file. foldMemory is how much is held of all answers together that
// came in whole.
const (
	spoolMemory = 64 << 10
	foldMemory  = 16 << 20
)

// Spool holds what was written to it, in memory or in a temporary file, and
// knows its digest. It is not safe for concurrent use.
type Spool struct {
	dir  string
	head []byte
	file *os.File // open while it is written
	path string
	size int64
	hash hash.Hash
}

// NewSpool returns an empty one that makes its file, if any, in dir.
func NewSpool(dir string) *Spool { return &Spool{dir: dir, hash: sha256.New()} }

// Write appends p.
func (s *Spool) Write(p []byte) (int, error) {
	if s.file == nil && len(s.head)+len(p) > spoolMemory {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	n := len(p)
	var err error
	if s.file != nil {
		n, err = s.file.Write(p)
	} else {
		s.head = append(s.head, p...)
	}
	s.hash.Write(p[:n])
	s.size += int64(n)
	if err != nil {
		return n, fmt.Errorf("keep output: %w", err)
	}
	return n, nil
}

// spill moves to a file what is in memory.
func (s *Spool) spill() error {
	file, err := os.CreateTemp(s.dir, "output-")
	if err != nil {
		return fmt.Errorf("keep output: %w", err)
	}
	s.file, s.path = file, file.Name()
	if _, err := file.Write(s.head); err != nil {
		return fmt.Errorf("keep output: %w", err)
	}
	s.head = nil
	return nil
}

// Close says that all is written. What was written stays.
func (s *Spool) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// Discard forgets the content.
func (s *Spool) Discard() error {
	err := s.Close()
	if s.path != "" {
		err = errors.Join(err, os.Remove(s.path))
	}
	s.head, s.path, s.size = nil, "", 0
	return err
}

// held is how many bytes are in memory.
func (s *Spool) held() int { return len(s.head) }

// unload moves to a file what is in memory. It is called after Close.
func (s *Spool) unload() error {
	if len(s.head) == 0 {
		return nil
	}
	return errors.Join(s.spill(), s.Close())
}

// Size is the number of bytes.
func (s *Spool) Size() int64 { return s.size }

// Sum is the digest of the content.
func (s *Spool) Sum() [sha256.Size]byte { return [sha256.Size]byte(s.hash.Sum(nil)) }

// Open returns a reader from the beginning; several may be open at once. It is
// called after Close.
func (s *Spool) Open() (io.ReadCloser, error) {
	if s.path == "" {
		return io.NopCloser(bytes.NewReader(s.head)), nil
	}
	return os.Open(s.path)
}

// WriteTo copies the content to w.
func (s *Spool) WriteTo(w io.Writer) (int64, error) {
	r, err := s.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return io.Copy(w, r)
}
