package remote

import (
	"context"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/term"
)

// terminal is the local terminal, as far as there is one.
type terminal struct {
	wanted  bool // a remote terminal is asked for
	in, out int  // file descriptors; -1 where it is no terminal
	window  window
}

type window struct{ columns, rows int }

func localTerminal(o InteractOptions) terminal {
	t := terminal{in: descriptor(o.Stdin), out: descriptor(o.Stdout)}
	t.window = t.size()
	switch o.TTY {
	case TTYAlways:
		t.wanted = true
	case TTYNever:
	case TTYAuto:
		t.wanted = t.in >= 0 && t.out >= 0 && (len(o.Command) == 0 || descriptor(o.Stderr) >= 0)
	}
	return t
}

func descriptor(stream any) int {
	if f, ok := stream.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return int(f.Fd())
	}
	return -1
}

// raw hands every keystroke on as it is, and returns the way back.
func (t terminal) raw() (restore func(), err error) {
	if !t.wanted || t.in < 0 {
		return func() {}, nil
	}
	before, err := term.MakeRaw(t.in)
	if err != nil {
		return nil, err
	}
	return func() { _ = term.Restore(t.in, before) }, nil
}

// size is the window here, or the classic one when there is no window.
func (t terminal) size() window {
	for _, fd := range []int{t.out, t.in} {
		if fd < 0 {
			continue
		}
		if columns, rows, err := term.GetSize(fd); err == nil && columns > 0 && rows > 0 {
			return window{columns, rows}
		}
	}
	return window{80, 24}
}

// follow tells the node of each change of the window until ctx ends.
func (t terminal) follow(ctx context.Context, session *ssh.Session) {
	if !t.wanted || (t.in < 0 && t.out < 0) {
		return
	}
	changes, stop := windowChanges()
	defer stop()
	for told := t.window; ; {
		// First of all for a change that came before anybody listened.
		if now := t.size(); now != told {
			_ = session.WindowChange(now.rows, now.columns)
			told = now
		}
		select {
		case <-ctx.Done():
			return
		case <-changes:
		}
	}
}
