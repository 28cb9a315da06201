package e2e

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// small describes a cluster that is up in seconds: light nodes without a
// scheduler. Its compute nodes run a script at the end of their set-up.
type small struct {
	nodes  int    // compute nodes; 0: one
	step   string // text of the script; empty: none
	host   string // of the engine; empty: the usual one
	image  string // of the compute nodes; empty: the usual one
	memory string // of the compute nodes; empty: 256MB
}

func (s small) text(cluster string) string {
	var b strings.Builder
	if s.host != "" {
		fmt.Fprintf(&b, "provider \"docker\" {\n  host = %q\n}\n\n", s.host)
	}
	fmt.Fprintf(&b, "cluster %q {\n  provider = provider.docker\n\n", cluster)
	fmt.Fprintf(&b, "  node_group \"frontend\" {\n    count  = 1\n    memory = \"256MB\"\n  }\n\n")
	fmt.Fprintf(&b, "  node_group \"compute\" {\n    count  = %d\n    memory = %q\n", cmp.Or(s.nodes, 1), cmp.Or(s.memory, "256MB"))
	if s.image != "" {
		fmt.Fprintf(&b, "    image  = %q\n", s.image)
	}
	b.WriteString("  }\n")
	if s.step != "" {
		b.WriteString("\n  role \"script\" {\n    run = \"step.sh\"\n    on  = [\"compute\"]\n  }\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// newSmall is a user whose folder describes a small cluster.
func newSmall(t *testing.T, cluster string, s small) *user {
	t.Helper()
	u := newUser(t, cluster)
	u.describe(s)
	return u
}

// describe writes or changes the spec of a small cluster.
func (u *user) describe(s small) {
	u.Helper()
	u.write("ecluster.hcl", s.text(u.cluster))
	if s.step != "" {
		u.write("step.sh", s.step)
	}
}

// write puts a file into the user's folder.
func (u *user) write(name, text string) {
	u.Helper()
	if err := os.WriteFile(filepath.Join(u.dir, name), []byte(text), 0o600); err != nil {
		u.Fatal(err)
	}
}

// holds is a script that waits until the test releases it.
const holds = "echo waiting for the test\nwhile [ ! -e /run/released ]; do sleep 0.1; done\n"

// release lets the script of a node go on.
func (u *user) release(node string) {
	u.Helper()
	u.docker("exec", u.container(node), "touch", "/run/released")
}

// scriptRuns reports whether the script is still alive on a node.
func (u *user) scriptRuns(node string) bool {
	u.Helper()
	out := u.docker("exec", u.container(node), "sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'")
	return strings.Contains(out, "/var/lib/ecluster/script.")
}

// scriptEnds waits until the script of a node was ended.
func (u *user) scriptEnds(node string) {
	u.Helper()
	u.eventually(10*time.Second, func() error {
		if u.scriptRuns(node) {
			return fmt.Errorf("the script still runs on %s", node)
		}
		return nil
	})
}

// within is the user in a subtest.
func (u *user) within(tb testing.TB) *user {
	tb.Helper()
	inner := *u
	inner.TB = tb
	return &inner
}

// json runs a command with --output json and returns its standard output.
func (u *user) json(code int, args ...string) []byte {
	u.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), u.patience)
	defer cancel()
	out, err := u.command(ctx, append(args, "--output", "json")...).Output()
	if exitCode(err) != code {
		u.Fatalf("ecluster %s --output json: %v", strings.Join(args, " "), err)
	}
	return out
}

// docker runs the docker command.
func (u *user) docker(args ...string) string {
	u.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		u.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// container is the machine of a node.
func (u *user) container(node string) string {
	u.Helper()
	id := u.docker("ps", "-aq", "--filter", "label=ecluster-name="+u.cluster, "--filter", "label=ecluster-node="+node)
	if id == "" {
		u.Fatalf("%s has no container", node)
	}
	return id
}

// job is a command that runs while the test does something to it.
type job struct {
	*user
	cmd   *exec.Cmd
	out   output
	ended chan struct{} // closed when the command has ended
}

// output collects what a command says, for readers at the same time.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// begin starts a command; end must follow.
func (u *user) begin(args ...string) *job {
	u.Helper()
	return u.beginWith(nil, args...)
}

// beginWith is begin for a command that reads.
func (u *user) beginWith(stdin io.Reader, args ...string) *job {
	u.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), u.patience)
	j := &job{user: u, cmd: u.command(ctx, args...), ended: make(chan struct{})}
	j.cmd.Stdin, j.cmd.Stdout, j.cmd.Stderr = stdin, &j.out, &j.out
	if err := j.cmd.Start(); err != nil {
		u.Fatal(err)
	}
	go func() {
		defer close(j.ended)
		_ = j.cmd.Wait() // its state tells
	}()
	u.Cleanup(func() { // also after a failed test
		cancel()
		<-j.ended
	})
	return j
}

// await returns when the command has said something. It waits as long as the
// command may take: the node image may have to be made first.
func (j *job) await(text string) {
	j.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(j.out.String(), text) {
		select {
		case <-tick.C:
		case <-j.ended:
			j.Fatalf("it ended and never said %q, but:\n%s", text, j.out.String())
		}
	}
}

// interrupt is Ctrl-C.
func (j *job) interrupt() {
	j.Helper()
	if err := j.cmd.Process.Signal(syscall.SIGINT); err != nil {
		j.Fatal(err)
	}
}

// end waits for the command, whose exit status must be code, and returns all
// that it said.
func (j *job) end(code int) string {
	j.Helper()
	<-j.ended
	text := j.out.String()
	got := j.cmd.ProcessState.ExitCode()
	j.Logf("ecluster %s: status %d\n%s", strings.Join(j.cmd.Args[1:], " "), got, text)
	if got != code {
		j.Fatalf("ecluster %s ended with status %d, not %d", strings.Join(j.cmd.Args[1:], " "), got, code)
	}
	return text
}

// ends runs a command whose exit status must be code, and returns all that it
// said.
func (u *user) ends(code int, args ...string) string {
	u.Helper()
	return u.begin(args...).end(code)
}

// says fails the test where a text lacks one of the phrases, however it is
// wrapped.
func (u *user) says(text string, phrases ...string) {
	u.Helper()
	plain := strings.Join(strings.Fields(text), " ")
	for _, p := range phrases {
		if !strings.Contains(plain, p) {
			u.Errorf("it does not say %q, but:\n%s", p, text)
		}
	}
}

// ready fails the test unless exactly these nodes are there, and ready.
func (u *user) ready(names ...string) {
	u.Helper()
	states := u.nodes()
	for _, name := range names {
		if states[name] != "ready" {
			u.Errorf("%s is not ready", name)
		}
	}
	if len(states) != len(names) {
		u.Errorf("only %v should be there, but the nodes are %v", names, states)
	}
}
