package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// open opens a session and lets setup start something in it. The session
// holds its place among sessionsPerConn until reap.
func (c *Conn) open(ctx context.Context, setup func(*ssh.Session) error) (*ssh.Session, error) {
	select {
	case c.slots <- struct{}{}:
	case <-c.done:
		return nil, c.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	type result struct {
		session *ssh.Session
		err     error
	}
	opened := make(chan result, 1)
	go func() {
		session, err := c.client.NewSession()
		if err == nil {
			if err = setup(session); err != nil {
				_ = session.Close()
			}
		}
		opened <- result{session, err}
	}()
	select {
	case r := <-opened:
		if r.err != nil {
			<-c.slots
			return nil, c.explain(r.err)
		}
		c.dialer.sessions.Add(1)
		return r.session, nil
	case <-ctx.Done():
		go func() { // a session that opens after all is closed again
			if r := <-opened; r.err == nil {
				_ = r.session.Close()
				_ = r.session.Wait()
			}
			<-c.slots
		}()
		return nil, context.Cause(ctx)
	}
}

// reap waits for the end of a session, gives its place back and returns the
// error in this package's types.
func (c *Conn) reap(session *ssh.Session) error {
	err := session.Wait()
	<-c.slots
	var exit *ssh.ExitError
	var missing *ssh.ExitMissingError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exit):
		return &ExitError{Code: exit.ExitStatus(), Signal: exit.Signal()}
	case errors.As(err, &missing):
		// Either the session was cut, or the connection under it.
		if c.alive() {
			return &ExitError{Code: -1}
		}
		<-c.done
		return c.err
	}
	return c.explain(err)
}

// explain prefers the end of the connection over what followed from it.
func (c *Conn) explain(err error) error {
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) {
		return fmt.Errorf("sshd opens no further session (MaxSessions): %s", refused.Message)
	}
	if !c.alive() {
		<-c.done
		return c.err
	}
	return err
}
