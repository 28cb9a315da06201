package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"
)

// open opens a session and lets setup start something in it. The session
// holds its place among sessionsPerConn until reap. sshd may count a session
// that has just ended, or one whose command outlived it, for a while longer:
// a refusal is final only after Timing.SessionRetry.
func (c *Conn) open(ctx context.Context, setup func(*ssh.Session) error) (*ssh.Session, error) {
	select {
	case c.slots <- struct{}{}:
	case <-c.done:
		return nil, c.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	start := time.Now()
	for attempt := 1; ; attempt++ {
		session, err := c.request(ctx, setup)
		var refused *ssh.OpenChannelError
		switch {
		case err == nil:
			c.dialer.sessions.Add(1)
			return session, nil
		case errors.Is(err, errAbandoned): // request gives the place back
			return nil, context.Cause(ctx)
		case !errors.As(err, &refused):
			<-c.slots
			return nil, c.explain(err)
		case refused.Reason == ssh.Prohibited || time.Since(start) >= c.timing.SessionRetry:
			<-c.slots
			return nil, fmt.Errorf("sshd opens no further session (MaxSessions): %s", refused.Message)
		}
		if err := sleep(ctx, c.dialer.pause(attempt)); err != nil {
			<-c.slots
			return nil, err
		}
	}
}

// errAbandoned says that request left a session behind that may still open.
var errAbandoned = errors.New("given up while the node was opening a session")

// request opens one session. When ctx ends first it returns errAbandoned at
// once, and gives the session's place back as soon as the node has answered.
func (c *Conn) request(ctx context.Context, setup func(*ssh.Session) error) (*ssh.Session, error) {
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
		return r.session, r.err
	case <-ctx.Done():
		go func() { // a session that opens after all is closed again
			if r := <-opened; r.err == nil {
				_ = r.session.Close()
				_ = r.session.Wait()
			}
			<-c.slots
		}()
		return nil, errAbandoned
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
		if c.Alive() {
			return &ExitError{Code: -1}
		}
		<-c.done
		return c.err
	}
	return c.explain(err)
}

// explain prefers the end of the connection over what followed from it.
func (c *Conn) explain(err error) error {
	if !c.Alive() {
		<-c.done
		return c.err
	}
	return err
}
