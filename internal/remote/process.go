package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/crypto/ssh"
)

// Process is a command that runs on a node in a session of its own.
//
// An output that nobody ever reads doesn't hold the process up; only its end
// is kept. Once a first byte of an output was read, it must be read on until
// its end. The end of an output comes with the end of the process.
type Process struct {
	conn    *Conn
	session *ssh.Session
	stdin   io.WriteCloser
	stdout  *stream
	stderr  *stream

	once sync.Once
	done chan struct{}
	err  error
}

// Start runs command through the login shell of the user. The end of ctx
// closes the session: the command's standard input ends, and its outputs and
// Wait fail with the cause of ctx. It waits while ten sessions are open.
func (c *Conn) Start(ctx context.Context, command string) (*Process, error) {
	p := &Process{conn: c, stdout: newStream(), stderr: newStream(), done: make(chan struct{})}
	session, err := c.open(ctx, func(s *ssh.Session) error {
		s.Stdout, s.Stderr = p.stdout, p.stderr
		var err error
		if p.stdin, err = s.StdinPipe(); err != nil {
			return err
		}
		return s.Start(command)
	})
	if err != nil {
		return nil, fmt.Errorf("start command on %s: %w", c.node, err)
	}
	p.session = session
	stop := context.AfterFunc(ctx, func() { p.kill(context.Cause(ctx)) })
	go func() {
		defer stop()
		p.end(c.reap(session))
	}()
	return p, nil
}

// Stdin is the command's standard input; closing it is its end of file.
func (p *Process) Stdin() io.WriteCloser { return p.stdin }

// Stdout is the command's standard output.
func (p *Process) Stdout() io.Reader { return p.stdout }

// Stderr is the command's standard error.
func (p *Process) Stderr() io.Reader { return p.stderr }

// Wait returns when the process has ended: nil after exit status 0,
// *ExitError after any other, *LostError when the connection broke, ErrKilled
// after Kill, the cause of ctx when that ended it. It may be called often.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Signal sends a signal to the command and to what it started; sshd delivers it
// where it can, and answers nothing. A process that has ended gets none.
func (p *Process) Signal(s os.Signal) {
	_ = p.session.Signal(ssh.Signal(signalName(s)))
}

// Kill closes the session. sshd closes the command's standard input and sends
// it no signal: a command that must not outlive its session watches its input.
func (p *Process) Kill() error {
	p.kill(ErrKilled)
	return nil
}

func (p *Process) kill(cause error) {
	p.end(cause)
	_ = p.session.Close()
}

func (p *Process) end(err error) {
	p.once.Do(func() {
		p.err = err
		rest := io.EOF
		var exit *ExitError
		if err != nil && !errors.As(err, &exit) {
			rest = err
		}
		p.stdout.end(rest)
		p.stderr.end(rest)
		close(p.done)
	})
}
