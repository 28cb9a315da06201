package transfer

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"
)

// file copies a regular file, which is read once for all destinations.
func (c *copying) file(name, rel string, info fs.FileInfo, to []*Destination) {
	var wanting []*Destination
	for _, d := range to {
		there, err := d.Target.Lstat(d.at(rel))
		switch {
		case err != nil && !isMissing(err):
			c.fail(d, name, err)
		case err == nil && there.IsDir():
			c.fail(d, name, errors.New("a folder of that name is there; remove it first"))
		case err == nil && there.Mode().Type()&^fs.ModeSymlink != 0:
			c.fail(d, name, errors.New("something is there that is neither a file nor a link"))
		case c.Resume && err == nil && sameFile(info, there):
			c.report(d, Event{Path: name, Outcome: Skipped})
		default:
			wanting = append(wanting, d)
		}
	}
	if len(wanting) == 0 {
		return
	}
	in, err := c.from.Open(name)
	if err == nil {
		defer func() { _ = in.Close() }() // it was only read
		info, err = in.Stat()
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is no longer a file")
	}
	if err != nil {
		c.failAll(wanting, name, sourceError(err))
		return
	}
	c.pump(name, rel, in, info, wanting)
}

// sameFile is a guess from what both ends say of a file.
func sameFile(source, there fs.FileInfo) bool {
	return there.Mode().IsRegular() && there.Size() == source.Size() &&
		!there.ModTime().Before(source.ModTime().Truncate(time.Second))
}

// pump reads the source and hands each piece to all destinations.
func (c *copying) pump(name, rel string, in ReadFile, info fs.FileInfo, to []*Destination) {
	t := &tee{ctx: c.ctx}
	var writing sync.WaitGroup
	for _, d := range to {
		s := &stream{ctx: c.ctx, pieces: make(chan []byte, 4), gone: make(chan struct{}), size: info.Size(), sent: c.Progress}
		t.streams = append(t.streams, s)
		writing.Go(func() {
			defer close(s.gone)
			if err := c.receive(d, rel, info, s); err != nil {
				c.fail(d, name, err)
				return
			}
			c.report(d, Event{Path: name, Outcome: Arrived, Bytes: s.taken})
		})
	}
	n, err := in.WriteTo(t)
	switch {
	case errors.Is(err, errNobody): // each has said why
	case err != nil && c.ctx.Err() == nil:
		err = sourceError(err)
	case n < info.Size() && c.ctx.Err() == nil:
		err = sourceError(fmt.Errorf("became shorter while it was read: %d of %d bytes", n, info.Size()))
	}
	t.end(err)
	writing.Wait()
}

// receive writes one file under a temporary name, looks whether it is whole,
// and gives it its own.
func (c *copying) receive(d *Destination, rel string, info fs.FileInfo, in *stream) (err error) {
	at := d.at(rel)
	mode := perm(info)
	if there, err := d.Target.Lstat(at); err == nil && there.Mode().IsRegular() && !c.Preserve {
		mode = perm(there)
	}
	temp := temporary(at)
	out, err := d.Target.Create(temp, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = d.Target.Remove(temp) // where the connection is lost it stays, as the error says
		}
	}()
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	written, err := d.Target.Lstat(temp)
	if err != nil {
		return err
	}
	if written.Size() != in.taken {
		return fmt.Errorf("%d bytes arrived of %d", written.Size(), in.taken)
	}
	if perm(written) != mode && (c.Preserve || mode != perm(info)) {
		if err := d.Target.Chmod(temp, mode); err != nil {
			return err
		}
	}
	if c.Preserve {
		if err := d.Target.Chtimes(temp, info.ModTime(), info.ModTime()); err != nil {
			return err
		}
	}
	return d.Target.Rename(temp, at)
}

// errNobody says that no destination takes any more.
var errNobody = errors.New("no destination is left")

// tee is the writer that hands each piece to all streams. The slowest holds
// the others back.
type tee struct {
	ctx     context.Context //nolint:containedctx // of the one copy that this is
	streams []*stream
}

// Write hands on p.
func (t *tee) Write(p []byte) (int, error) {
	piece := bytes.Clone(p)
	alive := false
	for _, s := range t.streams {
		select {
		case s.pieces <- piece:
			alive = true
		case <-s.gone:
		case <-t.ctx.Done():
			return 0, context.Cause(t.ctx)
		}
	}
	if !alive {
		return 0, errNobody
	}
	return len(p), nil
}

// end tells all streams that it was all, or why it was not.
func (t *tee) end(err error) {
	for _, s := range t.streams {
		s.err = err
		close(s.pieces)
	}
}

// stream is the reader of one destination.
type stream struct {
	ctx    context.Context //nolint:containedctx // of the one copy that this is
	pieces chan []byte
	gone   chan struct{} // closed when nobody reads any more
	size   int64
	sent   *Progress
	err    error // set before pieces is closed

	piece []byte
	taken int64
}

// Read returns what the source has.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.piece) == 0 {
		select {
		case piece, more := <-s.pieces:
			if !more && s.err != nil {
				return 0, s.err
			}
			if !more {
				return 0, io.EOF
			}
			s.piece = piece
		case <-s.ctx.Done():
			return 0, context.Cause(s.ctx)
		}
	}
	n := copy(p, s.piece)
	s.piece = s.piece[n:]
	s.taken += int64(n)
	s.sent.Bytes.Add(int64(n))
	return n, nil
}

// Size is what the source had when it was opened.
func (s *stream) Size() int64 { return s.size }

func randomName() string { return strings.ToLower(rand.Text()[:12]) }
