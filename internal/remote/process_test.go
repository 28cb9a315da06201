package remote_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
)

func TestRunExitStatus(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	for _, c := range []struct {
		command, signal string
		code            int
	}{
		{"exit 0", "", 0},
		{"exit 3", "", 3},
		{"exit 255", "", 255},
		{"no-such-command", "", 127},
		{"kill -TERM $$", "TERM", 143},
		{"kill -KILL $$", "KILL", 137},
	} {
		_, _, err := conn.Run(testContext(t), c.command, nil)
		var exit remote.ExitError
		if c.code != 0 {
			exit = *wantError[*remote.ExitError](t, err)
		} else if err != nil {
			t.Errorf("%s: %v", c.command, err)
		}
		if exit.Code != c.code || exit.Signal != c.signal {
			t.Errorf("%s: %+v", c.command, exit)
		}
	}
}

func TestRunErrorShowsStderr(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	stdout, stderr, err := conn.Run(testContext(t), "echo out; echo one >&2; echo two >&2; exit 4", nil)
	if string(stdout) != "out\n" || string(stderr) != "one\ntwo\n" {
		t.Errorf("stdout %q, stderr %q", stdout, stderr)
	}
	if err == nil || err.Error() != "run on compute001: exit status 4: one; two" {
		t.Errorf("error %v", err)
	}
}

func TestRunBinary(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	data := bytes.Repeat([]byte{0, 1, 2, 0xff, '\r', '\n', 0x1b}, 1<<17)
	stdout, _, err := conn.Run(testContext(t), "cat", bytes.NewReader(data))
	if err != nil || !bytes.Equal(stdout, data) {
		t.Errorf("%d of %d bytes came back, error %v", len(stdout), len(data), err)
	}
}

func TestRunTooMuch(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	_, _, err := conn.Run(testContext(t), "yes", nil)
	if err == nil || !strings.Contains(err.Error(), "more than 32 MiB") {
		t.Errorf("error %v", err)
	}
}

// A flood on one output must hold up neither the other one nor the process.
func TestProcessFlood(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	for name, command := range map[string]string{
		"stderr unread": "head -c 100000000 /dev/zero >&2; echo done",
		"stdout unread": "head -c 100000000 /dev/zero; echo done >&2",
	} {
		t.Run(name, func(t *testing.T) {
			p, err := conn.Start(testContext(t), command)
			if err != nil {
				t.Fatal(err)
			}
			read, unread := p.Stdout(), p.Stderr()
			if strings.HasPrefix(name, "stdout") {
				read, unread = unread, read
			}
			if got, err := io.ReadAll(read); err != nil || string(got) != "done\n" {
				t.Errorf("read %q, error %v", got, err)
			}
			if err := p.Wait(); err != nil {
				t.Error(err)
			}
			rest, err := io.ReadAll(unread)
			if err != nil || len(rest) > 1<<20 || !bytes.HasPrefix(rest, []byte("[... ")) {
				t.Errorf("%d bytes are left, beginning %.40q, error %v", len(rest), rest, err)
			}
		})
	}
}

// Whoever reads gets every byte, however slow.
func TestProcessLosesNothing(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	p, err := conn.Start(testContext(t), "head -c 20000000 /dev/zero & head -c 20000000 /dev/zero >&2; wait")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, stream := range []io.Reader{p.Stdout(), p.Stderr()} {
		all.Go(func() {
			hash := sha256.New()
			n, err := io.CopyBuffer(struct{ io.Writer }{hash}, stream, make([]byte, 1000))
			if n != 20000000 || err != nil {
				t.Errorf("%d bytes, error %v", n, err)
			}
		})
	}
	all.Wait()
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
}

func TestProcessConversation(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	p, err := conn.Start(testContext(t), `while read -r line; do echo "got $line"; done; echo end`)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	for _, word := range []string{"one", "two"} {
		if _, err := io.WriteString(p.Stdin(), word+"\n"); err != nil {
			t.Fatal(err)
		}
		n, err := p.Stdout().Read(buf)
		if err != nil || string(buf[:n]) != "got "+word+"\n" {
			t.Fatalf("read %q, error %v", buf[:n], err)
		}
	}
	_ = p.Stdin().Close()
	rest, err := io.ReadAll(p.Stdout())
	if err != nil || string(rest) != "end\n" || p.Wait() != nil {
		t.Errorf("rest %q, error %v, wait %v", rest, err, p.Wait())
	}
}

func TestProcessCancelled(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	conn := n.dial(t)
	ctx, cancel := context.WithCancel(t.Context())
	p, err := conn.Start(ctx, "echo up; sleep 1000")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := p.Stdout().Read(make([]byte, 10)); n != 3 {
		t.Fatalf("%d bytes, error %v", n, err)
	}
	cancel()
	if err := p.Wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("wait: %v", err)
	}
	if _, err := io.ReadAll(p.Stdout()); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
	// The connection is as good as before.
	if _, _, err := conn.Run(testContext(t), "true", nil); err != nil {
		t.Error(err)
	}
}

func TestProcessKill(t *testing.T) {
	conn := startNode(t, remotetest.Options{}).dial(t)
	p, err := conn.Start(testContext(t), "yes")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Stdout().Read(make([]byte, 10)); err != nil { // and then never again
		t.Fatal(err)
	}
	_ = p.Kill()
	if err := p.Wait(); !errors.Is(err, remote.ErrKilled) {
		t.Errorf("wait: %v", err)
	}
}

func TestStartWaitsForFreeSession(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	conn := n.dial(t)
	var running []*remote.Process
	for range 10 {
		p, err := conn.Start(testContext(t), "cat")
		if err != nil {
			t.Fatal(err)
		}
		running = append(running, p)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := conn.Start(ctx, "true"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the eleventh session: %v", err)
	}
	_ = running[3].Stdin().Close()
	if _, _, err := conn.Run(testContext(t), "true", nil); err != nil {
		t.Error(err)
	}
	if got := n.Stats().Sessions; got != 11 {
		t.Errorf("%d sessions, want 11", got)
	}
}

func TestConnectionDropped(t *testing.T) {
	n := startNode(t, remotetest.Options{})
	conn := n.dial(t)
	p, err := conn.Start(testContext(t), "cat")
	if err != nil {
		t.Fatal(err)
	}
	n.Drop()
	if e := wantError[*remote.LostError](t, p.Wait()); e.Node != "compute001" {
		t.Errorf("unexpected error %+v", e)
	}
	_, err = io.ReadAll(p.Stdout())
	wantError[*remote.LostError](t, err)
	waitClosed(t, conn.Done(), "the end of the connection")
	_, err = conn.Start(testContext(t), "true")
	wantError[*remote.LostError](t, err)
	_, err = conn.DialTCP(testContext(t), "127.0.0.1:22")
	wantError[*remote.LostError](t, err)
}

// memoryNode is a node within a synctest bubble: time costs nothing there.
func memoryNode(t *testing.T, key remote.KeyPair, o remotetest.Options) (*remotetest.Server, *remote.Conn) {
	t.Helper()
	o.Memory = true
	s := remotetest.Start(t, o)
	d := &remote.Dialer{Key: key.PrivatePEM, NetDial: s.Dial}
	conn, err := d.Dial(t.Context(), remote.Target{
		Node: "compute001", Endpoints: []cluster.Endpoint{{Host: "10.0.0.1", Port: 22}}, HostKeys: s.HostKeys(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return s, conn
}

// hold reads its input to the end: a command that does nothing by itself.
func hold(_ string, stdin io.Reader, _, _ io.Writer) int {
	_, _ = io.Copy(io.Discard, stdin)
	return 0
}

func TestNetworkCutIsNoticed(t *testing.T) {
	key := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		s, conn := memoryNode(t, key, remotetest.Options{Handler: hold})
		p, err := conn.Start(t.Context(), "work")
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Hour)
		if conn.Err() != nil {
			t.Fatalf("an idle connection was lost: %v", conn.Err())
		}
		s.Cut(true)
		start := time.Now()
		err = p.Wait()
		if e := wantError[*remote.LostError](t, err); e.Node != "compute001" {
			t.Errorf("unexpected error %+v", e)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("noticed after %s: %v", took, err)
		}
		<-conn.Done()
	})
}

// Whatever arrives is a sign of life: no probe, and no answer, is needed.
func TestBusyConnectionIsNotLost(t *testing.T) {
	key := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		_, conn := memoryNode(t, key, remotetest.Options{
			Handler: func(_ string, _ io.Reader, stdout, _ io.Writer) int {
				for range 600 {
					<-time.After(time.Second)
					_, _ = io.WriteString(stdout, "working\n")
				}
				return 0
			},
		})
		stdout, _, err := conn.Run(t.Context(), "work", nil)
		if err != nil || len(stdout) != 600*len("working\n") {
			t.Errorf("%d bytes, error %v", len(stdout), err)
		}
	})
}
