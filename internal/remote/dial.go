package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
)

// Dial connects to a node. It tries the endpoints in their order and the jump
// host last, each with a head start of Timing.Stagger over the next; the first
// complete login wins. It fails with *HostKeyError, *AuthError or
// *UnreachableError, the first of them that any way to the node met, or with
// the cause of ctx.
func (d *Dialer) Dial(ctx context.Context, t Target) (*Conn, error) {
	login, err := d.newLogin(t)
	if err != nil {
		return nil, err
	}
	conn, failures := d.race(ctx, login.routes())
	if conn != nil {
		return conn, nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("connect %s: %w", t.Node, context.Cause(ctx))
	}
	return nil, worst(t, failures)
}

// DialWait is Dial for a node that may still be booting: it repeats until the
// node answers or ctx ends, and calls report, which may be nil, after each
// failure. A wrong host key ends it at once when all ways lead to it; else it,
// and a refused key, end it after Timing.AuthRetry.
func (d *Dialer) DialWait(ctx context.Context, t Target, report func(attempt int, err error)) (*Conn, error) {
	login, err := d.newLogin(t)
	if err != nil {
		return nil, err
	}
	var last error
	var answered time.Time // since when somebody answers, but not as hoped
	for attempt := 1; ; attempt++ {
		conn, failures := d.race(ctx, login.routes())
		if conn != nil {
			return conn, nil
		}
		if ctx.Err() == nil {
			last = worst(t, failures)
			if report != nil {
				report(attempt, last)
			}
			if _, ok := errors.AsType[*UnreachableError](last); !ok {
				if answered.IsZero() {
					answered = time.Now()
				}
				if hopeless(failures) || time.Since(answered) >= d.Timing.withDefaults().AuthRetry {
					return nil, last
				}
			}
		}
		if err := sleep(ctx, d.pause(attempt)); err != nil {
			if last == nil {
				return nil, fmt.Errorf("connect %s: %w", t.Node, err)
			}
			return nil, fmt.Errorf("gave up after %d attempts: %w (%w)", attempt, last, err)
		}
	}
}

// worst makes one error of all failures, the most alarming first.
func worst(t Target, failures []Attempt) error {
	var key *HostKeyError
	var auth *AuthError
	for _, f := range failures {
		if key == nil {
			errors.As(f.Err, &key)
		}
		if auth == nil {
			errors.As(f.Err, &auth)
		}
	}
	switch {
	case key != nil:
		return key
	case auth != nil:
		return auth
	}
	return &UnreachableError{Node: t.Node, Attempts: failures}
}

// hopeless reports whether every way led to a machine that is not the node.
func hopeless(failures []Attempt) bool {
	for _, f := range failures {
		if _, ok := errors.AsType[*HostKeyError](f.Err); !ok {
			return false
		}
	}
	return true
}

// login is a Target whose keys are parsed.
type login struct {
	dialer *Dialer
	target Target
	signer ssh.Signer
	known  hostKeys
}

func (d *Dialer) newLogin(t Target) (*login, error) {
	signer, err := parsePrivate(d.Key)
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", t.Node, err)
	}
	known, err := parseHostKeys(t.HostKeys)
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", t.Node, err)
	}
	if len(known.keys) == 0 {
		return nil, &HostKeyError{Node: t.Node, Address: t.place()}
	}
	return &login{dialer: d, target: t, signer: signer, known: known}, nil
}

func (t Target) place() string {
	if len(t.Endpoints) > 0 {
		return address(t.Endpoints[0])
	}
	return t.PrivateIP
}

// handshake logs in over nc, which it owns from now on.
func (l *login) handshake(ctx context.Context, r route, nc net.Conn, via *Conn) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, l.dialer.Timing.withDefaults().Handshake)
	defer cancel()
	closed := context.AfterFunc(ctx, func() { _ = nc.Close() })
	defer closed()

	verified := make(chan struct{}, 1) // holds one item once the host key is proved
	watched := &watchedConn{Conn: nc}
	sshConn, channels, requests, err := ssh.NewClientConn(watched, r.address, &ssh.ClientConfig{
		User:              l.target.User,
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(l.signer)},
		HostKeyAlgorithms: l.known.algorithms(),
		HostKeyCallback: func(host string, remote net.Addr, key ssh.PublicKey) error {
			err := l.known.check(host, remote, key)
			if err == nil {
				select {
				case verified <- struct{}{}:
				default:
				}
			}
			return err
		},
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("log in: %w", context.Cause(ctx))
		}
		return nil, l.classify(r, err, len(verified) > 0)
	}
	if !closed() { // ctx ended just now and nc with it
		_ = sshConn.Close()
		return nil, context.Cause(ctx)
	}
	return newConn(l, r, via, watched, ssh.NewClient(sshConn, channels, requests)), nil
}

// classify tells an impostor and a refusal from a network that failed. The
// client library has no type for a refusal: it is what is left when the host
// key was proved and the connection still stood.
func (l *login) classify(r route, err error, verified bool) error {
	if got, ok := foreign(err); ok {
		return &HostKeyError{Node: l.target.Node, Address: r.address, Expected: l.known.fingerprints(), Got: got}
	}
	var broken net.Error
	if verified && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.As(err, &broken) {
		return &AuthError{Node: l.target.Node, Address: r.address, User: l.target.User, Err: err}
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
