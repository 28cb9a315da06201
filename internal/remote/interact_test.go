package remote_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
)

func TestInteractCommand(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	var stdout, stderr bytes.Buffer
	code, err := conn.Interact(testContext(t), remote.InteractOptions{
		Command: []string{"sh", "-c", `cat; echo "it's $1" >&2; exit 7`, "-", "a  b"},
		Stdin:   strings.NewReader("input"),
		Stdout:  &stdout,
		Stderr:  &stderr,
	})
	if code != 7 || err != nil || stdout.String() != "input" || stderr.String() != "it's a  b\n" {
		t.Errorf("code %d, error %v, stdout %q, stderr %q", code, err, stdout.String(), stderr.String())
	}
}

func TestInteractWithoutStreams(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	code, err := conn.Interact(testContext(t), remote.InteractOptions{Command: []string{"cat; echo lost; kill -TERM $$"}})
	if code != 143 || err != nil {
		t.Errorf("code %d, error %v", code, err)
	}
}

func TestInteractShellReadsFile(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	_, _ = file.WriteString("echo $((6 * 7))\n")
	_, _ = file.Seek(0, io.SeekStart)
	var stdout bytes.Buffer
	code, err := conn.Interact(testContext(t), remote.InteractOptions{Stdin: file, Stdout: &stdout})
	if code != 0 || err != nil || stdout.String() != "42\n" {
		t.Errorf("code %d, error %v, stdout %q", code, err, stdout.String())
	}
}

// The read of a pipe that goes on being open must end with the session.
func TestInteractLeavesOpenPipe(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	code, err := conn.Interact(testContext(t), remote.InteractOptions{Command: []string{"exit 5"}, Stdin: r})
	if code != 5 || err != nil {
		t.Errorf("code %d, error %v", code, err)
	}
	// Nobody takes the next reader's input away.
	if _, err := w.WriteString("mine"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	if n, err := r.Read(buf); err != nil || string(buf[:n]) != "mine" {
		t.Errorf("read %q, error %v", buf[:n], err)
	}
}

// lineWatcher closes seen when text was written to it.
type lineWatcher struct {
	text string
	seen chan struct{}

	mu  sync.Mutex
	buf bytes.Buffer
}

func watchFor(text string) *lineWatcher { return &lineWatcher{text: text, seen: make(chan struct{})} }

func (w *lineWatcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := strings.Contains(w.buf.String(), w.text)
	w.buf.Write(p)
	if !before && strings.Contains(w.buf.String(), w.text) {
		close(w.seen)
	}
	return len(p), nil
}

func (w *lineWatcher) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

func TestInteractSignals(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	n.dialer.Timing.SignalGrace = time.Minute
	conn := n.dial(t)
	for name, c := range map[string]struct {
		command string
		signals []os.Signal
		code    int
	}{
		"ends the command":      {"echo up; exec sleep 1000", []os.Signal{os.Interrupt}, 130},
		"command cleans up":     {"trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.01; done", []os.Signal{syscall.SIGTERM}, 9},
		"second one cuts short": {"trap '' TERM INT; echo up; sleep 1000", []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, 143},
	} {
		t.Run(name, func(t *testing.T) {
			out := watchFor("up\n")
			signals := make(chan os.Signal, 2)
			go func() {
				<-out.seen
				for _, s := range c.signals {
					signals <- s
				}
			}()
			code, err := conn.Interact(testContext(t), remote.InteractOptions{
				Command: []string{c.command}, Stdout: out, Signals: signals,
			})
			if code != c.code || err != nil {
				t.Errorf("code %d, error %v", code, err)
			}
		})
	}
}

// An sshd that does not deliver signals costs SignalGrace, no more.
func TestInteractSignalIgnored(t *testing.T) {
	n := startNode(t, remotetest.Options{Handler: hold})
	n.dialer.Timing.SignalGrace = 10 * time.Millisecond
	conn := n.dial(t)
	r, w := io.Pipe()
	defer w.Close()
	signals := make(chan os.Signal, 1)
	signals <- os.Interrupt
	code, err := conn.Interact(testContext(t), remote.InteractOptions{Command: []string{"x"}, Stdin: r, Signals: signals})
	if code != 130 || err != nil {
		t.Errorf("code %d, error %v", code, err)
	}
}

func TestInteractCancelled(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	ctx, cancel := context.WithCancel(t.Context())
	out := watchFor("up\n")
	go func() {
		<-out.seen
		cancel()
	}()
	_, err := conn.Interact(ctx, remote.InteractOptions{Command: []string{"echo up; sleep 1000"}, Stdout: out})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestInteractLost(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	conn := n.dial(t)
	out := watchFor("up\n")
	go func() {
		<-out.seen
		n.Drop()
	}()
	_, err := conn.Interact(testContext(t), remote.InteractOptions{Command: []string{"echo up; sleep 1000"}, Stdout: out})
	wantError[*remote.LostError](t, err)
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// "ecluster ssh local -- yes | head" must end.
func TestInteractOutputGone(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	_, err := conn.Interact(testContext(t), remote.InteractOptions{Command: []string{"yes"}, Stdout: brokenWriter{}})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error %v", err)
	}
}
