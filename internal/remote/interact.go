package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/muesli/cancelreader"
	"golang.org/x/crypto/ssh"
)

// TTY says whether a remote terminal is asked for.
type TTY int

// The choices. TTYAuto takes a terminal when standard input and output are
// terminals here, and standard error too where a command is given: a remote
// terminal has but one output.
const (
	TTYAuto TTY = iota
	TTYAlways
	TTYNever
)

// InteractOptions say what runs on the node and what it is joined to here.
type InteractOptions struct {
	Command []string // as CommandLine takes it; empty: a login shell
	TTY     TTY
	Term    string // the TERM of a remote terminal; empty: "xterm"
	// Stdin may be nil. A Read of an *os.File is interrupted at the end; of any
	// other reader it is left behind until it returns.
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Signals are passed on to the command; the caller has them from
	// signal.Notify. A second one, or a command that does not end within
	// Timing.SignalGrace, closes the session: sshd may not deliver signals.
	// With a terminal, Ctrl-C is a keystroke and does not come this way.
	Signals <-chan os.Signal
}

// Interact runs a command or a login shell on the node, joined to the given
// streams, until it ends, and returns its exit status: 128 + the signal's
// number when a signal ended it, also one that was passed on. A local
// terminal is raw meanwhile and is restored on every way out. The error is
// non-nil only when the status is unknown: *LostError, the cause of ctx, or a
// failure to read or write here.
func (c *Conn) Interact(ctx context.Context, o InteractOptions) (int, error) {
	terminal := localTerminal(o)
	i := &interaction{conn: c, options: o, fail: make(chan error, 3)}
	session, err := c.open(ctx, func(s *ssh.Session) error { return i.begin(s, terminal) })
	if err != nil {
		return 0, fmt.Errorf("start session on %s: %w", c.node, err)
	}
	restore, err := terminal.raw()
	if err != nil {
		_ = session.Close()
		go func() { _ = c.reap(session) }()
		return 0, fmt.Errorf("set up terminal: %w", err)
	}
	defer restore()

	var helpers sync.WaitGroup
	defer helpers.Wait()
	helping, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	i.feed(helping, &helpers)
	helpers.Go(func() { terminal.follow(helping, session) })

	ended := make(chan error, 1)
	go func() { ended <- c.reap(session) }()
	return i.wait(ctx, session, ended)
}

// interaction is one call of Interact.
type interaction struct {
	conn    *Conn
	options InteractOptions
	stdin   io.WriteCloser
	fail    chan error // failures of the local streams
}

// begin asks for a terminal where one is wanted, and starts the command.
func (i *interaction) begin(s *ssh.Session, t terminal) error {
	s.Stdout = i.guarded(i.options.Stdout, "output")
	s.Stderr = i.guarded(i.options.Stderr, "errors")
	var err error
	if i.stdin, err = s.StdinPipe(); err != nil {
		return err
	}
	if t.wanted {
		name := i.options.Term
		if name == "" {
			name = "xterm"
		}
		modes := ssh.TerminalModes{ssh.ECHO: 1, ssh.IUTF8: 1, ssh.TTY_OP_ISPEED: 38400, ssh.TTY_OP_OSPEED: 38400}
		if err := s.RequestPty(name, t.window.rows, t.window.columns, modes); err != nil {
			return fmt.Errorf("the node gives no terminal: %w", err)
		}
	}
	if len(i.options.Command) == 0 {
		return s.Shell()
	}
	return s.Start(CommandLine(i.options.Command))
}

// wait returns when the command has ended, or when it must be left alone.
func (i *interaction) wait(ctx context.Context, session *ssh.Session, ended <-chan error) (int, error) {
	defer func() { _ = session.Close() }()
	var caught os.Signal
	var patience <-chan time.Time
	for {
		select {
		case err := <-ended:
			return i.status(err)
		case err := <-i.fail:
			return 0, err
		case <-ctx.Done():
			return 0, fmt.Errorf("session on %s: %w", i.conn.node, context.Cause(ctx))
		case s := <-i.options.Signals:
			if caught != nil {
				return signalStatus(s), nil
			}
			caught = s
			_ = session.Signal(ssh.Signal(signalName(s)))
			patience = time.After(i.conn.timing.SignalGrace)
		case <-patience:
			return signalStatus(caught), nil
		}
	}
}

func (i *interaction) status(err error) (int, error) {
	var exit *ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit) && exit.Code >= 0:
		return exit.Code, nil
	}
	return 0, fmt.Errorf("session on %s: %w", i.conn.node, err)
}

// feed copies standard input to the node until it ends or ctx does.
func (i *interaction) feed(ctx context.Context, helpers *sync.WaitGroup) {
	if i.options.Stdin == nil {
		_ = i.stdin.Close()
		return
	}
	// Files that can't be waited for, like those on disk, never block either.
	input, err := cancelreader.NewReader(i.options.Stdin)
	if err != nil {
		go i.copyInput(i.options.Stdin)
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		i.copyInput(input)
	}()
	helpers.Go(func() {
		<-ctx.Done()
		if input.Cancel() {
			<-done // the next reader of this terminal gets its keystrokes whole
		}
		_ = input.Close()
	})
}

func (i *interaction) copyInput(from io.Reader) {
	_, _ = io.Copy(i.stdin, from)
	_ = i.stdin.Close()
}

// guarded ends the interaction when its output can't be written here: the
// command would else wait for ever for somebody to take it.
func (i *interaction) guarded(w io.Writer, what string) io.Writer {
	if w == nil {
		return io.Discard
	}
	return writerFunc(func(p []byte) (int, error) {
		n, err := w.Write(p)
		if err != nil {
			select {
			case i.fail <- fmt.Errorf("write %s of %s: %w", what, i.conn.node, err):
			default:
			}
		}
		return n, err
	})
}

type writerFunc func([]byte) (int, error)

// Write calls f.
func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
