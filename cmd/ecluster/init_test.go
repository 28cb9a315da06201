//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo-terminal: keys are written to master, and what is
// seen is read from it.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("not possible here: %v", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slave.Close() })
	return master, slave
}

// screen is all that was seen on a terminal.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) watch(master *os.File) {
	buffer := make([]byte, 4096)
	for {
		n, err := master.Read(buffer)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.text.Write(buffer[:n])
		s.mu.Unlock()
	}
}

// shows waits until the text is there.
func (s *screen) shows(t *testing.T, text string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
		s.mu.Lock()
		has := bytes.Contains(s.text.Bytes(), []byte(text))
		all := s.text.String()
		s.mu.Unlock()
		if has {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is no %q on the screen:\n%s", text, all)
		}
	}
}

// Ctrl-C in the middle of the questions of init ends it at once and leaves
// nothing; no key but those of a line is needed.
func TestInitInterrupted(t *testing.T) {
	master, slave := terminal(t)
	seen := &screen{}
	go seen.watch(master)
	dir := t.TempDir()
	cmd := exec.Command("ecluster", "init")
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, slave, slave, slave
	cmd.Env = append(os.Environ(), "ECLUSTER_HOME="+dir, "CI=", "TERM=vt100", "NO_COLOR=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, step := range [][2]string{
		{"Number or name: [", "aws\n"},
		{"Number or name: [slurm]", "\n"},
		{"How many compute nodes?", "many\n"},
		{"no number of nodes", "7\n"},
		{"Their machine type?", "\x03"},
	} {
		seen.shows(t, step[0])
		if _, err := master.WriteString(step[1]); err != nil {
			t.Fatal(err)
		}
	}
	killer := time.AfterFunc(deadline, func() { _ = cmd.Process.Kill() })
	defer killer.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("it ended with %v", err)
	}
	seen.shows(t, "interrupted: nothing was written")
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
}
