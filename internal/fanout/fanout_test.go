package fanout_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/fanout"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
)

// network reaches one test server under the name of any node.
type network struct {
	pool   *remote.Pool
	target remote.Target
	down   map[cluster.NodeName]bool

	open, most atomic.Int64
}

func newNetwork(t *testing.T, o remotetest.Options) *network {
	t.Helper()
	o.Memory = true
	s := remotetest.Start(t, o)
	key, err := remote.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	n := &network{
		pool: remote.NewPool(&remote.Dialer{Key: key.PrivatePEM, NetDial: s.Dial}),
		target: remote.Target{
			User: "root", Endpoints: []cluster.Endpoint{{Host: "node", Port: 22}}, HostKeys: s.HostKeys(),
		},
		down: map[cluster.NodeName]bool{},
	}
	t.Cleanup(func() { _ = n.pool.Close() })
	return n
}

func (n *network) Dial(ctx context.Context, node cluster.NodeName) (*remote.Conn, error) {
	if n.down[node] {
		return nil, &remote.UnreachableError{Node: node}
	}
	now := n.open.Add(1)
	for most := n.most.Load(); now > most && !n.most.CompareAndSwap(most, now); most = n.most.Load() {
	}
	target := n.target
	target.Node = node
	return n.pool.Get(ctx, target, remote.GetOptions{})
}

func (n *network) Drop(node cluster.NodeName) {
	n.open.Add(-1)
	n.pool.Forget(node)
}

func names(n int) []cluster.NodeName {
	out := make([]cluster.NodeName, n)
	for i := range out {
		out[i] = cluster.NewNodeName("compute", i+1)
	}
	return out
}

func text(t *testing.T, s *fanout.Spool) string {
	t.Helper()
	var b strings.Builder
	if _, err := s.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A thousand nodes are worked on with few connections, and equal answers are
// held once.
func TestThousandNodes(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("0123456789abcde\n", 6<<10)
	n := newNetwork(t, remotetest.Options{Handler: func(_ string, _ io.Reader, out, _ io.Writer) int {
		_, _ = io.WriteString(out, big)
		return 0
	}})
	n.down["compute007"] = true
	dir := t.TempDir()
	answers, err := fanout.Task{Command: "x", Nodes: names(1000), Parallel: 32, Dir: dir}.Run(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if len(answers) != 2 || cluster.FoldNodes(answers[0].Nodes) != "compute[001-006,008-1000]" {
		t.Fatalf("%d answers, the first of %s", len(answers), cluster.FoldNodes(answers[0].Nodes))
	}
	if got := text(t, answers[0].Stdout); got != big {
		t.Errorf("the answer has %d bytes, not %d", len(got), len(big))
	}
	if problem := (*fanout.ProblemError)(nil); !errors.As(answers[1].Problem, &problem) || problem.Kind != fanout.Unreachable {
		t.Errorf("compute007: %v", answers[1].Problem)
	}
	if fanout.Status(answers) != 255 {
		t.Errorf("status %d", fanout.Status(answers))
	}
	if most := n.most.Load(); most > 32 {
		t.Errorf("%d connections at once", most)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 1 {
		t.Errorf("%d files for one long answer", len(files))
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d MiB of heap for 1000 answers of %d KiB", m.HeapSys>>20, len(big)>>10)
}

// Answers that all differ are not all held in memory.
func TestManyAnswers(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	n := newNetwork(t, remotetest.Options{Handler: func(_ string, _ io.Reader, out, _ io.Writer) int {
		_, _ = io.WriteString(out, strings.Repeat(fmt.Sprintf("%15d\n", count.Add(1)), 60<<6))
		return 0
	}})
	dir := t.TempDir()
	answers, err := fanout.Task{Command: "x", Nodes: names(400), Parallel: 32, Dir: dir}.Run(t.Context(), n)
	if err != nil || len(answers) != 400 {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) < 100 || len(files) > 200 { // of 24 MB
		t.Errorf("%d of 400 answers are in files", len(files))
	}
	for _, a := range answers {
		if lines := strings.Fields(text(t, a.Stdout)); len(lines) != 60<<6 || lines[0] != lines[len(lines)-1] {
			t.Fatalf("%s said %d lines", a.Nodes, len(lines))
		}
	}
}

func TestStatusAndStreams(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, remotetest.Options{})
	answers, err := fanout.Task{Command: "echo out; echo err >&2; exit 7", Nodes: names(3), Parallel: 2, Dir: t.TempDir()}.Run(t.Context(), n)
	if err != nil || len(answers) != 1 {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	a := answers[0]
	if a.Status != 7 || text(t, a.Stdout) != "out\n" || text(t, a.Stderr) != "err\n" || fanout.Status(answers) != 7 {
		t.Errorf("%+v: %q %q", a, text(t, a.Stdout), text(t, a.Stderr))
	}
}

func TestStdinForEach(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, remotetest.Options{})
	dir := t.TempDir()
	in := fanout.NewSpool(dir)
	want := strings.Repeat("some input\n", 20_000)
	if _, err := io.WriteString(in, want); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	answers, err := fanout.Task{Command: "cat", Nodes: names(5), Parallel: 5, Dir: dir, Stdin: in}.Run(t.Context(), n)
	if err != nil || len(answers) != 1 || text(t, answers[0].Stdout) != want {
		t.Errorf("%d answers, %v", len(answers), err)
	}
}

// alive says whether the process whose number is in the file still runs.
func alive(t *testing.T, file string) bool {
	t.Helper()
	pid, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	state, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
	return err == nil && !strings.Contains(string(state), ") Z ")
}

// The end of the context stops commands and what they started.
func TestCancelled(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, remotetest.Options{})
	dir := t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	answers, err := fanout.Task{
		Command: fmt.Sprintf("sleep 1000 & echo $! > %s/$$; echo up; wait", dir),
		Nodes:   names(3), Parallel: 2, Dir: dir, Grace: time.Minute,
		Line: func(cluster.NodeName, fanout.Stream, string) error { cancel(stop); return nil },
	}.Run(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	if fanout.Status(answers) != 130 {
		t.Errorf("status %d of %+v", fanout.Status(answers), answers)
	}
	for _, a := range answers {
		if !errors.Is(a.Problem, stop) {
			t.Errorf("%v: %v", a.Nodes, a.Problem)
		}
	}
	files, _ := filepath.Glob(filepath.Join(dir, "[0-9]*"))
	if len(files) == 0 || len(files) > 2 {
		t.Fatalf("%d commands were begun", len(files))
	}
	for _, f := range files {
		if alive(t, f) {
			t.Errorf("what the command of %s started still runs", filepath.Base(f))
		}
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, remotetest.Options{})
	answers, err := fanout.Task{
		Command: "trap '' TERM; while :; do sleep 0.1; done", Nodes: names(2), Parallel: 2, Dir: t.TempDir(),
		Timeout: 3 * time.Second, Grace: 50 * time.Millisecond,
	}.Run(t.Context(), n)
	if err != nil || len(answers) != 1 {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	if problem := (*fanout.ProblemError)(nil); !errors.As(answers[0].Problem, &problem) || problem.Kind != fanout.TimedOut {
		t.Errorf("%v", answers[0].Problem)
	}
	if fanout.Status(answers) != 124 {
		t.Errorf("status %d", fanout.Status(answers))
	}
}

// A reader that goes away ends the task: `exec --stream -- yes | head`.
func TestOutputGone(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, remotetest.Options{})
	_, err := fanout.Task{
		Command: "yes", Nodes: names(3), Parallel: 3, Dir: t.TempDir(),
		Line: func(cluster.NodeName, fanout.Stream, string) error { return io.ErrClosedPipe },
	}.Run(t.Context(), n)
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error %v", err)
	}
}

func TestConnectionLost(t *testing.T) {
	t.Parallel()
	s := make(chan func(), 1)
	n := newNetwork(t, remotetest.Options{Handler: func(_ string, in io.Reader, out, _ io.Writer) int {
		_, _ = io.WriteString(out, "begun\n")
		(<-s)()
		_, _ = io.Copy(io.Discard, in)
		return 0
	}})
	s <- func() { go n.pool.Forget("compute001") }
	answers, err := fanout.Task{Command: "x", Nodes: names(1), Parallel: 1, Dir: t.TempDir()}.Run(t.Context(), n)
	if err != nil || len(answers) != 1 || answers[0].Problem == nil || fanout.Status(answers) != 255 {
		t.Fatalf("%+v, %v", answers, err)
	}
}

// What a command said last is shown also where its connection breaks within the
// line.
func TestLineLost(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	defer close(over)
	n := newNetwork(t, remotetest.Options{Handler: func(_ string, _ io.Reader, out, _ io.Writer) int {
		_, _ = io.WriteString(out, "begun\nat 50%\r")
		<-over
		return 0
	}})
	var got []string
	answers, err := fanout.Task{
		Command: "x", Nodes: names(1), Parallel: 1, Dir: t.TempDir(),
		Line: func(node cluster.NodeName, _ fanout.Stream, line string) error {
			got = append(got, line)
			go n.pool.Forget(node)
			return nil
		},
	}.Run(t.Context(), n)
	if err != nil || fanout.Status(answers) != 255 || strings.Join(got, "|") != "begun|at 50%" {
		t.Errorf("lines %q, status %d, error %v", got, fanout.Status(answers), err)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, remotetest.Options{})
	var got []string
	_, err := fanout.Task{
		Command: "printf 'a\\nb\\r\\n\\nlast'; head -c 200000 /dev/zero | tr '\\0' x >&2", Nodes: names(1), Parallel: 1, Dir: t.TempDir(),
		Line: func(_ cluster.NodeName, from fanout.Stream, line string) error {
			if from == fanout.Stdout {
				got = append(got, line)
			} else if len(line) > 64<<10 {
				t.Errorf("a line of %d bytes", len(line))
			}
			return nil
		},
	}.Run(t.Context(), n)
	if err != nil || strings.Join(got, "|") != "a|b||last" {
		t.Errorf("lines %q, error %v", got, err)
	}
}
