package role_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/role"
)

// deadline bounds every test that talks to a runner; none should come near.
const deadline = 60 * time.Second

// rig is a pretended node: a folder of this machine in which the runner works.
type rig struct {
	t    testing.TB
	root string
	lib  *role.Library
	uses []cluster.RoleUse
	node role.Node
}

// newRig makes a node from role files by path, as in "toy/role.hcl". Every
// role among them is used once, in the order of their names.
func newRig(tb testing.TB, files map[string]string) *rig {
	tb.Helper()
	r := &rig{t: tb, root: tb.TempDir(), node: role.Node{
		Cluster: "test", ID: "test-1", Name: "compute001", Group: "compute", Frontend: "frontend001",
		Login: cluster.Login{User: "user", UID: 1000}, AuthorizedKeys: []string{"ssh-ed25519 AAAA test"},
		Shape: cluster.Shape{CPUs: 2, Memory: 512 * cluster.MiB},
	}}
	r.roles(files)
	r.write("etc/os-release", "ID=debian\nVERSION_ID=\"13\"\n", 0o644)
	r.write("usr/sbin/.keep", "", 0o644)
	return r
}

// roles replaces the roles.
func (r *rig) roles(files map[string]string) {
	r.lib, r.uses = role.NewLibrary(mapFS(files)), nil
	for _, name := range r.lib.Names() {
		r.uses = append(r.uses, cluster.RoleUse{Name: name})
	}
}

func mapFS(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, content := range files {
		out[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(content, "OWNER", owner()))}
	}
	return out
}

// owner is who the tests run as, in the form of role.hcl.
func owner() string {
	u, err := user.Current()
	if err != nil {
		return "root:root"
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		return u.Username + ":" + u.Gid
	}
	return u.Username + ":" + g.Name
}

func (r *rig) path(name string) string { return filepath.Join(r.root, name) }

func (r *rig) write(name, content string, mode os.FileMode) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(r.path(name)), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.path(name), []byte(content), mode); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) read(name string) string {
	r.t.Helper()
	data, err := os.ReadFile(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(data)
}

func (r *rig) remove(name string) {
	r.t.Helper()
	if err := os.Remove(r.path(name)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) has(name string) bool {
	_, err := os.Lstat(r.path(name))
	return err == nil
}

// fifo makes a pipe by which a script says that it has come to some point. It
// returns a channel for the first line, and one that is closed when no process
// has the pipe open any more.
func (r *rig) fifo(name string) (line <-chan string, closed <-chan struct{}) {
	r.t.Helper()
	if err := syscall.Mkfifo(r.path(name), 0o600); err != nil {
		r.t.Fatal(err)
	}
	said, gone := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(gone)
		f, err := os.Open(r.path(name)) // returns when the script opens it
		if err != nil {
			return
		}
		defer f.Close()
		in := bufio.NewReader(f)
		first, _ := in.ReadString('\n')
		said <- strings.TrimSpace(first)
		_, _ = io.Copy(io.Discard, in)
	}()
	return said, gone
}

// await waits for a channel.
func await[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(deadline):
		t.Fatalf("%s did not happen", what)
		panic("unreachable")
	}
}

// bundle assembles what the node runs now.
func (r *rig) bundle() *role.Bundle {
	r.t.Helper()
	uses, err := r.lib.Resolve(r.uses)
	if err != nil {
		r.t.Fatal(err)
	}
	b, err := role.Assemble(r.lib, r.node, uses, testSecrets)
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

func testSecrets(name string, n int) ([]byte, error) {
	return []byte(strings.Repeat(name[:1], n)), nil
}

// run is a session and all that it said.
type run struct {
	*role.Session
	rig       *rig
	transport *local
	mu        sync.Mutex
	said      []role.Message
	news      chan struct{} // a message came
}

// start begins a session on this machine.
func (r *rig) start(ctx context.Context, o role.Options) *run {
	r.t.Helper()
	transport := &local{root: r.root}
	s := r.startOn(ctx, transport, o)
	s.transport = transport
	return s
}

// startOn begins a session.
func (r *rig) startOn(ctx context.Context, transport role.Transport, o role.Options) *run {
	r.t.Helper()
	out := &run{rig: r, news: make(chan struct{}, 1)}
	o.Handle = func(m role.Message) {
		out.mu.Lock()
		out.said = append(out.said, m)
		out.mu.Unlock()
		select {
		case out.news <- struct{}{}:
		default:
		}
	}
	if o.Log == "" {
		o.Log = r.path("local.log")
	}
	s, err := role.StartSession(ctx, transport, r.bundle(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	out.Session = s
	return out
}

// finish runs a session to its end and returns it and its error.
func (r *rig) finish() (*run, error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), deadline)
	defer cancel()
	s := r.start(ctx, role.Options{})
	return s, s.Wait()
}

// must is finish for a run that goes well.
func (r *rig) must() *run {
	r.t.Helper()
	s, err := r.finish()
	if err != nil {
		r.t.Fatalf("%v\n%v", err, s.said)
	}
	return s
}

// messages are all that was said so far.
func (s *run) messages() []role.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.said)
}

// until waits for a message.
func (s *run) until(what string, ok func(role.Message) bool) {
	s.rig.t.Helper()
	late := time.After(deadline)
	for !slices.ContainsFunc(s.messages(), ok) {
		select {
		case <-s.news:
		case <-late:
			s.rig.t.Fatalf("%s did not come; there was %v", what, s.messages())
		}
	}
}

// outcomes are how the steps ended, as "toy.install changed".
func (s *run) outcomes() []string {
	var out []string
	for _, m := range s.messages() {
		if f, ok := m.(role.StepFinished); ok {
			out = append(out, fmt.Sprintf("%s.%s %s", f.Role, f.Step, f.Outcome))
		}
	}
	return out
}

// changed are the steps that ran.
func (s *run) changed() []string {
	var out []string
	for _, o := range s.outcomes() {
		if step, ok := strings.CutSuffix(o, " "+string(event.Changed)); ok {
			out = append(out, step)
		}
	}
	return out
}

func (s *run) expectChanged(want ...string) {
	s.rig.t.Helper()
	if got := s.changed(); !slices.Equal(got, want) {
		s.rig.t.Errorf("steps that ran: %q, want %q", got, want)
	}
}

// local is a Transport to this machine. Like SSH it can close the channel but
// reaches no process.
type local struct {
	root    string
	process *localProcess
}

func (l *local) Start(_ context.Context, command string) (role.Process, error) {
	cmd := exec.Command("sh", "-c", command)
	cmd.Env = append(os.Environ(), "EC_ROOT="+l.root, "PATH="+filepath.Join(l.root, "bin")+":"+os.Getenv("PATH"))
	var err error
	l.process, err = startLocal(cmd)
	return l.process, err
}

func startLocal(cmd *exec.Cmd) (*localProcess, error) {
	var pipes [3][2]*os.File
	for i := range pipes {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		pipes[i] = [2]*os.File{r, w}
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = pipes[0][0], pipes[1][1], pipes[2][1]
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_, _, _ = pipes[0][0].Close(), pipes[1][1].Close(), pipes[2][1].Close()
	return &localProcess{cmd: cmd, in: pipes[0][1], out: pipes[1][0], err: pipes[2][0]}, nil
}

type localProcess struct {
	cmd          *exec.Cmd
	in, out, err *os.File
}

func (p *localProcess) Stdin() io.WriteCloser { return p.in }
func (p *localProcess) Stdout() io.Reader     { return p.out }
func (p *localProcess) Stderr() io.Reader     { return p.err }
func (p *localProcess) Wait() error           { return p.cmd.Wait() }
func (p *localProcess) Kill() error {
	return errors.Join(p.in.Close(), p.out.Close(), p.err.Close())
}
