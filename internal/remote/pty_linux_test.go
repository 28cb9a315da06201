package remote_test

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
)

// openTerminal makes a terminal: what is typed is written to keyboard, where
// the output is read too.
func openTerminal(t *testing.T) (keyboard, tty *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tty.Close() })
	resize(t, tty, 100, 30)
	return keyboard, tty
}

func resize(t *testing.T, tty *os.File, columns, rows uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows}); err != nil {
		t.Fatal(err)
	}
}

func isRaw(t *testing.T, tty *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&(unix.ICANON|unix.ECHO|unix.ISIG) == 0
}

func TestInteractTerminal(t *testing.T) {
	requests := make(chan remotetest.Request, 10)
	raw := make(chan bool, 1)
	keyboard, tty := openTerminal(t)
	n := startNode(t, remotetest.Options{
		Observe: func(r remotetest.Request) { requests <- r },
		Handler: func(_ string, stdin io.Reader, stdout, _ io.Writer) int {
			_, _ = io.WriteString(stdout, "$ ")
			key := make([]byte, 1)
			_, _ = stdin.Read(key)
			raw <- isRaw(t, tty)
			return int(key[0])
		},
	})
	conn := n.dial(t)
	next := func() remotetest.Request {
		select {
		case r := <-requests:
			return r
		case <-testContext(t).Done():
			t.Error("no request came")
			return remotetest.Request{}
		}
	}
	seen := make(chan struct{})
	go func() {
		defer close(seen)
		if got, want := next(), (remotetest.Request{Kind: "pty", Term: "vt220", Columns: 100, Rows: 30}); got != want {
			t.Errorf("request %+v, want %+v", got, want)
		}
		if got := next(); got.Kind != "shell" {
			t.Errorf("request %+v, want a shell", got)
		}
		_, _ = keyboard.Read(make([]byte, 2)) // the prompt
		resize(t, tty, 132, 43)
		_ = syscall.Kill(os.Getpid(), syscall.SIGWINCH)
		if got, want := next(), (remotetest.Request{Kind: "window", Columns: 132, Rows: 43}); got != want {
			t.Errorf("request %+v, want %+v", got, want)
		}
		_, _ = keyboard.Write([]byte{3}) // Ctrl-C, which is but a byte
	}()
	code, err := conn.Interact(testContext(t), remote.InteractOptions{Term: "vt220", Stdin: tty, Stdout: tty, Stderr: tty})
	if code != 3 || err != nil {
		t.Errorf("code %d, error %v", code, err)
	}
	waitClosed(t, seen, "the conversation")
	if !<-raw || isRaw(t, tty) {
		t.Error("the terminal was not raw during the session, or is still raw")
	}
}

func TestInteractTerminalRestoredWhenLost(t *testing.T) {
	keyboard, tty := openTerminal(t)
	n := startNode(t, remotetest.Options{
		Handler: func(_ string, stdin io.Reader, stdout, _ io.Writer) int {
			_, _ = io.WriteString(stdout, "$ ")
			return hold("", stdin, nil, nil)
		},
	})
	conn := n.dial(t)
	go func() {
		_, _ = keyboard.Read(make([]byte, 2))
		n.Drop()
	}()
	_, err := conn.Interact(testContext(t), remote.InteractOptions{Stdin: tty, Stdout: tty, Stderr: tty})
	wantError[*remote.LostError](t, err)
	if isRaw(t, tty) {
		t.Error("the terminal is still raw")
	}
}

func TestInteractTakesTerminal(t *testing.T) {
	_, tty := openTerminal(t)
	file, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, c := range map[string]struct {
		options remote.InteractOptions
		want    string
	}{
		"shell":             {remote.InteractOptions{Stdin: tty, Stdout: tty, Stderr: file}, "pty"},
		"command":           {remote.InteractOptions{Command: []string{"x"}, Stdin: tty, Stdout: tty, Stderr: tty}, "pty"},
		"command, errors":   {remote.InteractOptions{Command: []string{"x"}, Stdin: tty, Stdout: tty, Stderr: file}, "exec"},
		"command, output":   {remote.InteractOptions{Command: []string{"x"}, Stdin: tty, Stdout: file, Stderr: tty}, "exec"},
		"command, no input": {remote.InteractOptions{Command: []string{"x"}, Stdin: file, Stdout: tty, Stderr: tty}, "exec"},
		"always":            {remote.InteractOptions{Command: []string{"x"}, TTY: remote.TTYAlways}, "pty"},
		"never":             {remote.InteractOptions{Stdin: tty, Stdout: tty, Stderr: tty, TTY: remote.TTYNever}, "shell"},
	} {
		t.Run(name, func(t *testing.T) {
			requests := make(chan remotetest.Request, 10)
			n := startNode(t, remotetest.Options{
				Observe: func(r remotetest.Request) { requests <- r },
				Handler: func(string, io.Reader, io.Writer, io.Writer) int { return 0 },
			})
			if code, err := n.dial(t).Interact(testContext(t), c.options); code != 0 || err != nil {
				t.Errorf("code %d, error %v", code, err)
			}
			if got := <-requests; got.Kind != c.want {
				t.Errorf("first request %+v, want %s", got, c.want)
			}
		})
	}
}
