package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary is the program under test, built once by TestMain.
var binary string

func TestMain(m *testing.M) {
	os.Exit(build(m))
}

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ecluster-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "ecluster")
	cmd := exec.Command("go", "build", "-o", binary, "../../cmd/ecluster")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build ecluster: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// needEngine skips a test where no Docker engine answers, or fails it where
// one is required (make test, CI).
func needEngine(tb testing.TB) {
	tb.Helper()
	out, err := exec.Command("docker", "info", "--format", "{{.ServerVersion}}").CombinedOutput()
	if err == nil {
		return
	}
	if os.Getenv("ECLUSTER_REQUIRE_ENGINE") == "1" {
		tb.Fatalf("no Docker engine answers; 'make engine' starts one: %s", out)
	}
	tb.Skipf("not possible here: no Docker engine answers; 'make engine' starts one: %s", out)
}

// needFull skips what only `make e2e` runs.
func needFull(t *testing.T) {
	t.Helper()
	needEngine(t)
	if os.Getenv("ECLUSTER_E2E") != "1" {
		t.Skip("runs in make e2e")
	}
}

// user is somebody who uses ecluster: a home, a working folder, and a cluster
// name of their own, so that tests don't meet.
type user struct {
	testing.TB
	home, dir string
	cluster   string
	patience  time.Duration   // bounds each command; newUser sets commandTime
	as        func(*exec.Cmd) // makes a command that of another person or program; nil: ours
}

// newUser checks at the end that nothing of the user's cluster is left.
func newUser(tb testing.TB, cluster string) *user {
	tb.Helper()
	u := &user{TB: tb, home: tb.TempDir(), dir: tb.TempDir(), cluster: cluster, patience: commandTime}
	before := u.engineObjects()
	tb.Cleanup(func() {
		if after := u.engineObjects(); !slices.Equal(before, after) {
			tb.Errorf("the engine has other objects than before:\n then: %v\n now:  %v", before, after)
		}
	})
	tb.Cleanup(func() { // also after a failed test
		_, _ = u.try("stop", cluster, "--yes")
	})
	return u
}

// engineObjects lists all containers, networks and volumes of the engine but
// those of other tests' clusters, which come and go at the same time.
func (u *user) engineObjects() []string {
	u.Helper()
	var objects []string
	for _, kind := range [][]string{
		{"container", "ls", "-a", "--format", "container {{.Names}} {{.Label \"ecluster-name\"}}"},
		{"network", "ls", "--format", "network {{.Name}} {{.Label \"ecluster-name\"}}"},
		{"volume", "ls", "--format", "volume {{.Name}} {{.Label \"ecluster-name\"}}"},
	} {
		out, err := exec.Command("docker", kind...).Output()
		if err != nil {
			u.Fatalf("docker %v: %v", kind, err)
		}
		for line := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
			f := strings.Fields(line)
			if len(f) == 2 || (len(f) == 3 && f[2] == u.cluster) {
				objects = append(objects, line)
			}
		}
	}
	slices.Sort(objects)
	return objects
}

func (u *user) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir = u.dir
	cmd.Env = append(os.Environ(), "ECLUSTER_HOME="+u.home, "NO_COLOR=1")
	if u.as != nil {
		u.as(cmd)
	}
	return cmd
}

// commandTime bounds a command of a test: a hang is a failure.
const commandTime = 6 * time.Minute

// try runs ecluster and returns its standard output.
func (u *user) try(args ...string) (string, error) {
	u.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), u.patience)
	defer cancel()
	cmd := u.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	u.Logf("ecluster %s (%.1fs)\n%s%s", strings.Join(args, " "), time.Since(began).Seconds(), stdout.String(), stderr.String())
	if err != nil {
		return stdout.String(), fmt.Errorf("ecluster %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String(), nil
}

// run is try for what must succeed.
func (u *user) run(args ...string) string {
	u.Helper()
	out, err := u.try(args...)
	if err != nil {
		u.Fatal(err)
	}
	return out
}

// ssh runs a line of shell as the login user on the frontend.
func (u *user) ssh(line string) string {
	u.Helper()
	return u.run("ssh", u.cluster, "--", line)
}

// mpi is ssh for a line that starts an MPI program. On busy nodes one that srun
// starts may die in MPI_Init: a race between Open MPI 5 and SLURM's PMIx, known
// as open-mpi/ompi issue 12495. Then, and only then, it runs again.
func (u *user) mpi(line string) string {
	u.Helper()
	for range 3 {
		out, err := u.try("ssh", u.cluster, "--", line)
		if err == nil {
			return out
		}
		if said := out + err.Error(); !strings.Contains(line, "srun") || !strings.Contains(said, "mca_pml_ob1_recv_frag_callback_match") {
			u.Fatal(err)
		}
	}
	u.Fatalf("%s dies in MPI_Init each time", line)
	return ""
}

// exitCode is the status of a failed command, or 0.
func exitCode(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return 0
}

// listedNode is what list-nodes says of a node.
type listedNode struct {
	Name, Phase string
	PrivateIP   string `json:"private_ip"`
}

// listed are the nodes of the record.
func (u *user) listed() []listedNode {
	u.Helper()
	var list struct{ Nodes []listedNode }
	if err := json.Unmarshal(u.json(0, "list-nodes", u.cluster), &list); err != nil {
		u.Fatal(err)
	}
	return list.Nodes
}

// nodes are the names of the nodes, with their states.
func (u *user) nodes() map[string]string {
	u.Helper()
	states := map[string]string{}
	for _, n := range u.listed() {
		states[n.Name] = n.Phase
	}
	return states
}

// proveWorking runs a job on each of n compute nodes.
func (u *user) proveWorking(n int) {
	u.Helper()
	out := strings.Fields(u.ssh(fmt.Sprintf("srun -N%d hostname", n)))
	slices.Sort(out)
	if len(slices.Compact(out)) != n {
		u.Fatalf("srun -N%d answered from %v", n, out)
	}
}

// eventually repeats a check until it holds; its last answer is the failure.
func (u *user) eventually(within time.Duration, check func() error) {
	u.Helper()
	deadline := time.Now().Add(within)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			u.Fatalf("not within %s: %v", within, err)
		}
		<-tick.C
	}
}

// eventLine is one line of --output json.
type eventLine struct {
	Type     string
	Node     string
	Phase    string
	Role     string
	Step     string
	Outcome  string // of a step
	Sessions int    `json:"ssh_sessions"` // of a run
}

// events runs a command and returns what it reported.
func (u *user) events(args ...string) []eventLine {
	u.Helper()
	var events []eventLine
	for line := range strings.SplitSeq(u.run(append(args, "--output", "json")...), "\n") {
		var e eventLine
		if json.Unmarshal([]byte(line), &e) == nil {
			events = append(events, e)
		}
	}
	return events
}

// killAt starts a command and kills it with SIGKILL as soon as an event
// satisfies when. It fails the test when the command ends before that.
func (u *user) killAt(when func(eventLine) bool, args ...string) {
	u.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), u.patience)
	defer cancel()
	cmd := u.command(ctx, append(args, "--output", "json")...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		u.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		u.Fatal(err)
	}
	var seen []string
	killed := false
	var once sync.Once
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e eventLine
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		seen = append(seen, lines.Text())
		if when(e) {
			once.Do(func() {
				killed = true
				_ = cmd.Process.Kill()
			})
		}
	}
	_ = cmd.Wait()
	if !killed {
		u.Fatalf("the moment to kill it never came; its events:\n%s", strings.Join(seen, "\n"))
	}
}

var numbered = regexp.MustCompile(`\d+`)

// firstNumber is the first number in s.
func firstNumber(s string) string { return numbered.FindString(s) }
