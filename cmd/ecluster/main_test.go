package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be `ecluster` itself.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ecluster": main})
}

// deadline is how long a program may take that should end at once.
const deadline = time.Minute

// A Docker engine that accepts and never answers keeps start waiting. Ctrl-C
// (and what systemd and batch systems send) ends it with status 130, and with
// the truth about what is left.
func TestSignalEndsTheWork(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			home := t.TempDir()
			cmd := exec.Command("ecluster", "start", "local")
			cmd.Dir = home
			cmd.Env = append(os.Environ(), "ECLUSTER_HOME="+home, "DOCKER_HOST=tcp://"+listener.Addr().String(), "DOCKER_TLS_VERIFY=")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			conn, err := listener.Accept() // now it is at work
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			killer := time.AfterFunc(deadline, func() { _ = cmd.Process.Kill() })
			defer killer.Stop()
			err = cmd.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 130 {
				t.Errorf("it ended with %v:\n%s", err, stderr.String())
			}
			if !strings.Contains(stderr.String(), "interrupted: nothing was made") {
				t.Errorf("it says:\n%s", stderr.String())
			}
			if left, err := os.ReadDir(home + "/clusters"); err == nil && len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

// The program that users get knows the local cluster without any file.
func TestKnowsTheLocalCluster(t *testing.T) {
	cmd := exec.Command("ecluster", "list-templates")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "ECLUSTER_HOME="+cmd.Dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "local") || !strings.Contains(string(out), "docker") {
		t.Errorf("%v:\n%s", err, out)
	}
}
