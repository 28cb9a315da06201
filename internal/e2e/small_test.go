package e2e

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	cmd  *exec.Cmd
	out  output
	done chan error
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
	ctx, cancel := context.WithTimeout(context.Background(), commandTime)
	j := &job{user: u, cmd: u.command(ctx, args...), done: make(chan error, 1)}
	j.cmd.Stdout, j.cmd.Stderr = &j.out, &j.out
	if err := j.cmd.Start(); err != nil {
		u.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer cancel()
		j.done <- j.cmd.Wait()
	}()
	u.Cleanup(func() { // also after a failed test
		cancel()
		<-ended
	})
	return j
}

// await returns when the command has said something.
func (j *job) await(text string) {
	j.Helper()
	j.eventually(time.Minute, func() error {
		if !strings.Contains(j.out.String(), text) {
			return fmt.Errorf("it has not said %q, but:\n%s", text, j.out.String())
		}
		return nil
	})
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
	err := <-j.done
	text := j.out.String()
	j.Logf("ecluster %s: %v\n%s", strings.Join(j.cmd.Args[1:], " "), err, text)
	if got := j.cmd.ProcessState.ExitCode(); got != code {
		j.Fatalf("ecluster %s ended with status %d, not %d:\n%s", strings.Join(j.cmd.Args[1:], " "), got, code, text)
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
	u.states("ready", names...)
}

// states fails the test unless exactly these nodes are there, in that state.
func (u *user) states(state string, names ...string) {
	u.Helper()
	states := u.nodes()
	var have []string
	for name, s := range states {
		if s == state {
			have = append(have, name)
		}
	}
	slices.Sort(have)
	slices.Sort(names)
	if len(states) != len(names) || !slices.Equal(have, names) {
		u.Errorf("%v should be %s and nothing else be there, but the nodes are %v", names, state, states)
	}
}
