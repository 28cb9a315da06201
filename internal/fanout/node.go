package fanout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
)

// Kind says in which way a node gave no exit status.
type Kind string

// The ways to give no exit status.
const (
	Unreachable Kind = "unreachable" // there was no connection
	Lost        Kind = "lost"        // the connection broke; the command may go on
	TimedOut    Kind = "timed out"   // it was stopped after Task.Timeout
	Stopped     Kind = "stopped"     // it was stopped, or not begun, because the task ended
)

// status is what a shell would end with.
func (k Kind) status() int {
	switch k {
	case TimedOut:
		return 124 // as timeout(1)
	case Stopped:
		return 130
	case Unreachable, Lost:
	}
	return 255 // as ssh
}

// ProblemError is why a node gave no exit status.
type ProblemError struct {
	Kind Kind
	Err  error
}

// Error is the cause, which names the node where the node is what differs.
func (e *ProblemError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *ProblemError) Unwrap() error { return e.Err }

// timeoutError is the cause of a context whose time is over.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("no end within %s", e.after) }

// ask runs the command on one node.
func (r *run) ask(ctx context.Context, node cluster.NodeName) *Answer {
	a := &Answer{Nodes: []cluster.NodeName{node}, Stdout: NewSpool(r.Dir), Stderr: NewSpool(r.Dir)}
	if r.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, r.Timeout, timeoutError{r.Timeout})
		defer cancel()
	}
	err := ctx.Err()
	if err == nil {
		err = r.command(ctx, node, a)
	}
	if exit := (*remote.ExitError)(nil); errors.As(err, &exit) && exit.Code >= 0 {
		a.Status = exit.Code
		err = nil
	}
	if err != nil || ctx.Err() != nil {
		a.Status, a.Problem = 0, problem(ctx, err)
	}
	return a
}

// problem tells apart why there is no status.
func problem(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	lost := (*remote.LostError)(nil)
	switch {
	case errors.As(cause, &timeoutError{}):
		return &ProblemError{TimedOut, cause}
	case cause != nil:
		return &ProblemError{Stopped, cause}
	case errors.As(err, &lost):
		return &ProblemError{Lost, err}
	}
	return &ProblemError{Unreachable, err}
}

// command connects and runs; its error is that of remote.Process.Wait.
func (r *run) command(ctx context.Context, node cluster.NodeName, a *Answer) error {
	conn, err := r.network.Dial(ctx, node)
	if err != nil {
		return err
	}
	defer r.network.Drop(node)
	// The command outlives ctx by the time that it needs to end well.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	abort := context.AfterFunc(ctx, end)
	p, err := conn.Start(life, r.Command)
	if !abort() || err != nil {
		return errors.Join(err, ctx.Err())
	}
	go r.feed(p)
	var outputs sync.WaitGroup
	outputs.Go(func() { r.take(p.Stdout(), node, Stdout, a.Stdout) })
	outputs.Go(func() { r.take(p.Stderr(), node, Stderr, a.Stderr) })
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = r.terminate(p, ended)
	}
	outputs.Wait()
	return err
}

// terminate stops a command and all that it started.
func (r *run) terminate(p *remote.Process, ended <-chan error) error {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		p.Signal(sig)
		timer := time.NewTimer(r.Grace)
		select {
		case err := <-ended:
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
	_ = p.Kill() // sshd delivers no signals
	return <-ended
}

// feed gives the command its standard input; it ends with the process.
func (r *run) feed(p *remote.Process) {
	defer func() { _ = p.Stdin().Close() }()
	if r.Stdin == nil {
		return
	}
	in, err := r.Stdin.Open()
	if err != nil {
		r.fail(fmt.Errorf("read what was kept of standard input: %w", err))
		return
	}
	defer in.Close()
	_, _ = io.Copy(p.Stdin(), in) // a command need not read it
}

// take moves one output to where it belongs, to its end in any case.
func (r *run) take(from io.Reader, node cluster.NodeName, name Stream, spool *Spool) {
	to := io.Writer(spool)
	var lines *lineWriter
	if r.Line != nil {
		lines = &lineWriter{write: func(line string) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.Line(node, name, line)
		}}
		to = lines
	}
	_, err := io.Copy(here{to}, from)
	mine := (*hereError)(nil)
	if lines != nil && !errors.As(err, &mine) { // also where the connection broke within a line
		err = lines.flush()
	}
	if errors.As(err, &mine) {
		r.fail(mine.error)
		_, _ = io.Copy(io.Discard, from)
	}
}

// here marks errors of its writer, so that they are not taken for the node's.
type here struct{ io.Writer }

type hereError struct{ error }

// Write writes to the writer below.
func (h here) Write(p []byte) (int, error) {
	n, err := h.Writer.Write(p)
	if err != nil {
		err = &hereError{err}
	}
	return n, err
}

// lineLimit is the most of a line that is held back for its end.
const lineLimit = 64 << 10

// lineWriter cuts what is written into lines.
type lineWriter struct {
	buf   []byte
	write func(line string) error
}

// Write hands on the lines that are whole.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.buf = append(w.buf, p...)
	for {
		i := bytes.IndexByte(w.buf, '\n')
		if i < 0 && len(w.buf) >= lineLimit {
			i = lineLimit - 1
		}
		if i < 0 {
			return len(p), nil
		}
		line := bytes.TrimRight(w.buf[:i+1], "\r\n")
		if err := w.write(string(line)); err != nil {
			return 0, err
		}
		w.buf = w.buf[i+1:]
	}
}

func (w *lineWriter) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	line := bytes.TrimRight(w.buf, "\r")
	w.buf = nil
	if err := w.write(string(line)); err != nil {
		return &hereError{err}
	}
	return nil
}
