package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ecluster/ecluster/internal/sim"
)

// TestMain lets the test binary be `ecluster-sim` itself.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ecluster-sim": main})
}

// deadline is how long a program may take that should end at once.
const deadline = time.Minute

func TestServe(t *testing.T) {
	for _, cloud := range []string{"google", "aws", "azure"} {
		t.Run(cloud, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), "ecluster-sim", "--cloud", cloud, "--machines", "local", "--quota", "CPUS=8")
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			killer := time.AfterFunc(deadline, func() { _ = cmd.Process.Kill() })
			defer killer.Stop()
			lines := bufio.NewReader(stdout)
			line, err := lines.ReadBytes('\n')
			if err != nil {
				t.Fatalf("%v\n%s", err, stderr.String())
			}
			var said ready
			if err := json.Unmarshal(line, &said); err != nil || said.Cloud != cloud || len(said.Settings) == 0 {
				t.Errorf("it said %s, %v", line, err)
			}
			remote := sim.Remote{URL: said.URL, Client: &http.Client{}}
			if list, err := remote.Inventory(t.Context()); err != nil || len(list) > 0 {
				t.Errorf("a new cloud has %v, %v", list, err)
			}
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			rest, _ := io.ReadAll(lines)
			if err := cmd.Wait(); err != nil || len(rest) > 0 {
				t.Errorf("it ended with %v\n%s%s", err, rest, stderr.String())
			}
		})
	}
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		"there are aws, azure, google": {},
		"no simulated cloud of this":   {"--cloud", "ibm"},
		"docker, local and none":       {"--cloud", "aws", "--machines", "vm"},
		"an equals sign and a number":  {"--cloud", "aws", "--quota", "CPUS"},
		"no such file":                 {"--cloud", "aws", "--script", filepath.Join(t.TempDir(), "absent")},
		"listen tcp":                   {"--cloud", "aws", "--listen", "nowhere"},
		"unknown flag":                 {"--clouds"},
	} {
		out, err := exec.CommandContext(t.Context(), "ecluster-sim", args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), says) {
			t.Errorf("%v: %v, %s; want %q", args, err, out, says)
		}
	}
}
