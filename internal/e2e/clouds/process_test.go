package clouds

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// programs builds the real programs, for the first test that needs them, and
// returns their folder.
var programs = sync.OnceValues(func() (string, error) {
	dir := programFolder()
	build := exec.Command("go", "build", "-o", dir+"/", "../../../cmd/ecluster", "../../../cmd/ecluster-sim")
	build.Env = append(os.Environ(), "HOME="+home)
	out, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the programs: %w\n%s", err, out)
	}
	return dir, nil
})

// programFolder is this process's own; TestMain removes it.
func programFolder() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("ecluster-clouds-%d", os.Getpid()))
}

// needFull skips what only `make e2e` runs.
func needFull(t *testing.T) {
	t.Helper()
	if os.Getenv("ECLUSTER_E2E") != "1" {
		t.Skip("runs in make e2e")
	}
}

// site is a simulated cloud in a process of its own, and somebody who uses the
// real program there.
type site struct {
	testing.TB
	kind   string
	cloud  sim.Remote
	folder string // of the spec and the state
	lab    *lab   // writes specs
}

// settings are what a cloud in another process says of itself.
type settings struct {
	sim.Cloud
	plain map[string]any
}

func (s settings) Settings(string) map[string]any { return s.plain }

// newSite starts a cloud that behaves as the flags say, until the end of the
// test.
func newSite(tb testing.TB, kind string, flags ...string) *site {
	tb.Helper()
	dir, err := programs()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, "ecluster-sim"), append([]string{"--cloud", kind, "--machines", "local"}, flags...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			tb.Errorf("the cloud ended with %v\n%s", err, stderr.String())
		}
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		tb.Fatalf("start the cloud: %v\n%s", err, stderr.String())
	}
	var ready struct {
		URL      string
		Settings map[string]any
	}
	if err := json.Unmarshal(line, &ready); err != nil {
		tb.Fatalf("the cloud said %s: %v", line, err)
	}
	s := &site{
		TB: tb, kind: kind, folder: tb.TempDir(),
		cloud: sim.Remote{URL: ready.URL, Client: &http.Client{}},
		lab:   &lab{kind: kind, plugin: plugin(kind), env: map[string]string{}, cloud: settings{plain: ready.Settings}},
	}
	return s
}

// write makes the spec of the next commands: one frontend and n compute nodes.
func (s *site) write(n int) {
	s.Helper()
	spec := s.lab.provider(nil) + s.lab.cluster(n, "", "limits {\n max_nodes = 5000\n }")
	if err := os.WriteFile(filepath.Join(s.folder, "ecluster.hcl"), []byte(spec), 0o600); err != nil {
		s.Fatal(err)
	}
}

func (s *site) command(ctx context.Context, args ...string) *exec.Cmd {
	dir, err := programs()
	if err != nil {
		s.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "ecluster"), args...)
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(), "ECLUSTER_HOME="+filepath.Join(s.folder, "home"), "NO_COLOR=1")
	for name, value := range s.lab.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// commandTime bounds every command of a test: a hang is a failure.
const commandTime = 15 * time.Minute

// usage is what a command took.
type usage struct {
	wall   time.Duration
	cpu    time.Duration
	memory int64 // the most that it held, in bytes
}

// run runs the program, which must succeed.
func (s *site) run(args ...string) (stdout string, took usage) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), commandTime)
	defer cancel()
	cmd := s.command(ctx, args...)
	var out, errw bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errw
	began := time.Now()
	if err := cmd.Run(); err != nil {
		s.Fatalf("ecluster %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errw.String())
	}
	took = usage{wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		took.memory = r.Maxrss << 10 // kilobytes, on Linux
	}
	return out.String(), took
}

// stop takes the cluster away; the cloud must be empty then, and its schema
// may have found no fault with any request.
func (s *site) stop() usage {
	s.Helper()
	_, took := s.run("stop", "c", "--yes")
	left, err := s.cloud.Inventory(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	for _, r := range left {
		s.Errorf("left in the cloud: %+v", r)
	}
	for _, e := range s.requests() {
		if len(e.Problems) > 0 {
			s.Errorf("the cloud's schema objects to %s %s: %v", e.Op, e.Path, e.Problems)
		}
	}
	return took
}

// requests are all that the cloud was asked so far, or those with one of these
// ops.
func (s *site) requests(ops ...string) []sim.Entry {
	s.Helper()
	entries, err := s.cloud.Entries(context.Background(), ops...)
	if err != nil {
		s.Fatal(err)
	}
	return entries
}

// phases are the names of the nodes with their phases.
func (s *site) phases() map[string]string {
	s.Helper()
	out, _ := s.run("list-nodes", "c", "--output", "json")
	var list struct {
		Nodes []struct{ Name, Phase string }
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		s.Fatalf("%v in %s", err, out)
	}
	phases := map[string]string{}
	for _, n := range list.Nodes {
		phases[n.Name] = n.Phase
	}
	return phases
}

// machines counts the machines of each node.
func (s *site) machines() map[string]int {
	s.Helper()
	list, err := s.cloud.Inventory(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	count := map[string]int{}
	for _, r := range list {
		if r.Kind == machineKinds[s.kind] {
			count[r.Node]++
		}
	}
	return count
}

// machineKinds are the clouds' words for a machine.
var machineKinds = map[string]string{"google": "instance", "aws": "instance", "azure": "virtual-machine"}

// eventLine is one line of --output json.
type eventLine struct{ Type, Node, Phase, Role string }

// killWhen starts a command and kills it with SIGKILL as soon as the moment
// has come; the test fails when the command ends before that.
func (s *site) killWhen(moment func(s *site, seen []eventLine) bool, args ...string) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), commandTime)
	defer cancel()
	cmd := s.command(ctx, append(args, "--output", "json")...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	var mu sync.Mutex
	var seen []eventLine
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for in := bufio.NewReader(stdout); ; {
			line, err := in.ReadBytes('\n')
			var e eventLine
			if json.Unmarshal(line, &e) == nil {
				mu.Lock()
				seen = append(seen, e)
				mu.Unlock()
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					s.Log(err)
				}
				return
			}
		}
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for came := false; !came; {
		select {
		case <-ended:
			_ = cmd.Wait()
			s.Fatalf("the moment to kill ecluster %s never came\n%s", strings.Join(args, " "), stderr.String())
		case <-tick.C:
			mu.Lock()
			came = moment(s, seen)
			mu.Unlock()
		}
	}
	_ = cmd.Process.Kill()
	<-ended
	_ = cmd.Wait() // it says that it was killed
}
