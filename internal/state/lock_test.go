package state

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is also the other process of some tests.
const (
	childEnv = "ECLUSTER_STATE_TEST_CHILD"
	homeEnv  = "ECLUSTER_STATE_TEST_HOME"
)

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "lock":
		os.Exit(childLock(OpenStore(os.Getenv(homeEnv))))
	case "full":
		os.Exit(childFull(OpenStore(os.Getenv(homeEnv))))
	}
}

// childLock takes the lock, says so, and keeps it until its input ends.
func childLock(s *Store) int {
	_, err := s.Lock(context.Background(), "local", NewHolder("start local", time.Now()))
	var locked *LockedError
	switch {
	case errors.As(err, &locked):
		fmt.Println("locked", locked.Holder.PID)
		return 0
	case err != nil:
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("mine", os.Getpid())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// childFull saves a state that does not fit under a limit of file sizes, which
// is how a full disk looks, and then one that fits.
func childFull(s *Store) int {
	signal.Ignore(syscall.SIGXFSZ)
	l, err := s.Lock(context.Background(), "local", NewHolder("start local", time.Now()))
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	limit := syscall.Rlimit{Cur: 20000, Max: 20000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		fmt.Println("error", err)
		return 1
	}
	x, err := s.OpenSession(l, testState(1))
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	nothing := func(*State) error { return nil }
	big := func(st *State) error { st.Notes["big"] = strings.Repeat("x", 30000); return nil }
	small := func(st *State) error { delete(st.Notes, "big"); return nil }
	for _, f := range []func(*State) error{nothing, big, small} {
		fmt.Println(x.Commit(context.Background(), f) == nil)
	}
	fmt.Println(x.Close() == nil)
	return 0
}

type child struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func startChild(t *testing.T, what, home string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: exec.CommandContext(t.Context(), exe)}
	c.Env = append(os.Environ(), childEnv+"="+what, homeEnv+"="+home)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.in, err = c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewScanner(out)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *child) line(t *testing.T) string {
	t.Helper()
	if !c.out.Scan() {
		t.Fatalf("the other process said nothing: %v", c.out.Err())
	}
	return c.out.Text()
}

// Of many processes that want a cluster at once one gets it, and the others
// are told which.
func TestLockRace(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	const n = 6
	var children []*child
	for range n {
		children = append(children, startChild(t, "lock", home))
	}
	mine, locked := 0, 0
	for _, c := range children {
		var pid int
		switch line := c.line(t); {
		case strings.HasPrefix(line, "mine"):
			mine++
		case strings.HasPrefix(line, "locked"):
			locked++
			if _, err := fmt.Sscanf(line, "locked %d", &pid); err != nil {
				t.Error(err)
			}
		default:
			t.Error(line)
		}
	}
	if mine != 1 || locked != n-1 {
		t.Errorf("%d have the lock and %d don't", mine, locked)
	}
	for _, c := range children {
		c.in.Close()
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// The lock names its holder, and dies with it.
func TestLockHolderIsKilled(t *testing.T) {
	t.Parallel()
	s := OpenStore(t.TempDir())
	c := startChild(t, "lock", s.home)
	if line := c.line(t); !strings.HasPrefix(line, "mine") {
		t.Fatal(line)
	}
	_, err := s.Lock(t.Context(), "local", Holder{})
	var locked *LockedError
	if !errors.As(err, &locked) || locked.Holder.PID != c.Process.Pid {
		t.Fatalf("got %v", err)
	}
	if text := err.Error(); !strings.Contains(text, "`ecluster start local` (process ") {
		t.Error(text)
	}
	if h := s.holder("local"); h == nil || h.PID != c.Process.Pid {
		t.Errorf("holder is %v", h)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if h := s.holder("local"); h != nil {
		t.Errorf("the dead hold it: %v", h)
	}
	l, err := s.Lock(t.Context(), "local", NewHolder("stop", time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
}

func TestLockTwiceInOneProcess(t *testing.T) {
	t.Parallel()
	s := OpenStore(t.TempDir())
	l, err := s.Lock(t.Context(), "local", NewHolder("start", time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Lock(t.Context(), "local", NewHolder("stop", time.Now()))
	var locked *LockedError
	if !errors.As(err, &locked) || locked.Holder.PID != os.Getpid() {
		t.Errorf("got %v", err)
	}
	other, err := s.Lock(t.Context(), "other", NewHolder("start", time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := errors.Join(l.Release(), other.Release()); err != nil {
			t.Error(err)
		}
	}
	if entries, err := os.ReadDir(s.clusters()); err != nil || len(entries) != 0 {
		t.Errorf("locks without a state leave %v, %v", entries, err)
	}
}

func TestLockBadNameAndEndedContext(t *testing.T) {
	t.Parallel()
	s := OpenStore(t.TempDir())
	if _, err := s.Lock(t.Context(), "../x", Holder{}); err == nil {
		t.Error("a name that leaves the folder is accepted")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Lock(ctx, "local", Holder{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Whoever takes the lock file away ends the work, and nothing is written any more.
func TestLockLost(t *testing.T) {
	t.Parallel()
	take := map[string]func(path string) error{
		"deleted":  os.Remove,
		"replaced": func(path string) error { return replaceFile(path, nil, 0o600) },
		"folder":   func(path string) error { return os.RemoveAll(filepath.Dir(path)) },
	}
	for name, do := range take {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := OpenStore(t.TempDir())
			s.watch = time.Millisecond
			o := open(t, s, testState(0))
			work, cancel := o.lock.Context(t.Context())
			defer cancel()
			if err := do(filepath.Join(s.Dir("local"), lockFile)); err != nil {
				t.Fatal(err)
			}
			<-work.Done()
			var lost *LockLostError
			if !errors.As(context.Cause(work), &lost) {
				t.Errorf("the work ended with %v", context.Cause(work))
			}
			err := o.session.Commit(t.Context(), func(*State) error { return nil })
			if !errors.As(err, &lost) {
				t.Errorf("a commit ended with %v", err)
			}
			if err := o.session.Close(); !errors.As(err, &lost) {
				t.Errorf("the close ended with %v", err)
			}
			if err := o.lock.Release(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLockContextEndsWithItsParent(t *testing.T) {
	t.Parallel()
	s := OpenStore(t.TempDir())
	o := open(t, s, testState(0))
	parent, end := context.WithCancelCause(t.Context())
	work, cancel := o.lock.Context(parent)
	defer cancel()
	reason := errors.New("enough")
	end(reason)
	<-work.Done()
	if !errors.Is(context.Cause(work), reason) {
		t.Errorf("ended with %v", context.Cause(work))
	}
}

// Temporary files of a process that was killed while it wrote go away, and not
// those of one that writes now.
func TestLockSweeps(t *testing.T) {
	t.Parallel()
	s := save(t, testState(0), 1)
	left, fresh := filepath.Join(s.Dir("local"), ".state.json123"), filepath.Join(s.Dir("local"), ".known_hosts123")
	for _, file := range []string{left, fresh} {
		if err := os.WriteFile(file, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * sweepAge)
	if err := os.Chtimes(left, long, long); err != nil {
		t.Fatal(err)
	}
	open(t, s, mustLoad(t, s)).close(t)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("it was taken away from its writer: %v", err)
	}
}

// A real limit of the system on the size of a file, as a full disk would be.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	c := startChild(t, "full", home)
	for i, want := range []string{"true", "false", "true", "true"} {
		if got := c.line(t); got != want {
			t.Errorf("line %d is %s, not %s", i, got, want)
		}
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	st, err := OpenStore(home).Load("local")
	if err != nil || len(st.Nodes) != 1 {
		t.Errorf("%v, %v", st, err)
	}
}
