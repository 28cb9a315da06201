package e2e

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// mortalEngine is a Docker engine that a test may kill: a way to the usual one
// that can be cut. A second engine would be more real, but when it starts it
// takes the default bridge of the first one away.
type mortalEngine struct {
	*testing.T
	usual, path string // sockets
	listener    *net.UnixListener
	running     sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool // that are open
}

// newEngine returns an engine that lives.
func newEngine(t *testing.T) *mortalEngine {
	t.Helper()
	out, err := exec.Command("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}").Output()
	usual, local := strings.CutPrefix(strings.TrimSpace(string(out)), "unix://")
	if err != nil || !local {
		t.Skipf("not possible here: the engine has no socket on this machine: %s (%v)", out, err)
	}
	e := &mortalEngine{T: t, usual: usual, path: filepath.Join(t.TempDir(), "engine.sock"), conns: map[net.Conn]bool{}}
	e.live()
	t.Cleanup(e.die)
	return e
}

func (e *mortalEngine) host() string { return "unix://" + e.path }

// live starts the engine.
func (e *mortalEngine) live() {
	e.Helper()
	if err := os.RemoveAll(e.path); err != nil {
		e.Fatal(err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: e.path, Net: "unix"})
	if err != nil {
		e.Fatal(err)
	}
	listener.SetUnlinkOnClose(false) // a killed engine leaves its socket behind
	e.listener = listener
	e.running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			e.running.Go(func() { e.carry(conn) })
		}
	})
}

// carry copies both ways until one side ends.
func (e *mortalEngine) carry(client net.Conn) {
	engine, err := net.Dial("unix", e.usual)
	if err != nil {
		e.Error(err)
		_ = client.Close()
		return
	}
	e.note(true, client, engine)
	defer e.note(false, client, engine)
	var both sync.WaitGroup
	for from, to := range map[net.Conn]net.Conn{client: engine, engine: client} {
		both.Go(func() {
			_, _ = io.Copy(to, from) // either side may end at any time
			_ = client.Close()
			_ = engine.Close()
		})
	}
	both.Wait()
}

func (e *mortalEngine) note(open bool, conns ...net.Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, conn := range conns {
		if open {
			e.conns[conn] = true
		} else {
			delete(e.conns, conn)
		}
	}
}

// die is kill -9. The containers go on.
func (e *mortalEngine) die() {
	_ = e.listener.Close() // it may be dead already
	e.mu.Lock()
	for conn := range e.conns {
		_ = conn.Close()
	}
	e.mu.Unlock()
	e.running.Wait()
}

// TestEngineDies kills the Docker engine while machines are launched, while
// they are set up, when all is ready, and before a stop. Each command says
// what to do, and with the engine back the same command goes on.
func TestEngineDies(t *testing.T) {
	needFull(t)
	engine := newEngine(t)
	u := newSmall(t, "engine", small{step: holds, host: engine.host()})
	dead := "the Docker engine behind " + engine.path + " does not run"

	start := u.begin("start", "engine")
	start.await("compute001: launching")
	engine.die()
	u.says(start.end(8), dead, "start it", "then run the same command again")
	u.run("list-nodes", "engine")
	engine.live()

	// Nodes are set up without the engine.
	start = u.begin("start", "engine")
	start.await("compute001: joining")
	engine.die()
	u.release("compute001")
	start.end(0)
	u.ready("frontend001", "compute001")
	for _, command := range [][]string{
		{"list-nodes", "engine", "--update"}, {"resize", "engine", "-a", "1:compute"}, {"start", "engine"},
	} {
		u.says(u.ends(8, command...), dead, "then run the same command again")
	}

	// An engine that comes back ends the containers that it finds.
	u.docker("kill", u.container("frontend001"), u.container("compute001"))
	engine.live()
	u.run("start", "engine")
	u.ready("frontend001", "compute001")
	u.run("ssh", "engine", "-n", "compute001", "--", "true")

	engine.die()
	u.says(u.ends(8, "stop", "engine", "--yes"), dead)
	engine.live()
	u.run("stop", "engine", "--yes")
}

// TestNoEngine starts a cluster where no engine is, where something else
// answers, and where nothing does. No record is left.
func TestNoEngine(t *testing.T) {
	needEngine(t)
	silent, err := net.Listen("unix", filepath.Join(t.TempDir(), "silent.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() // it was only listened on
	stranger, err := net.Listen("unix", filepath.Join(t.TempDir(), "stranger.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close() // it was only listened on
	go func() {
		for {
			conn, err := stranger.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("220 mail.example.org ESMTP\r\n")) // the client may be gone
			_ = conn.Close()
		}
	}()

	for _, test := range []struct {
		name, host string
		says       []string
	}{
		{"no socket", "unix:///no/such/docker.sock", []string{"no Docker engine runs here: there is no socket at /no/such/docker.sock", "install and start Docker"}},
		{"no engine at a port", "tcp://127.0.0.1:1", []string{"the Docker engine at tcp://127.0.0.1:1 does not answer", "docker info"}},
		{"silent", "unix://" + silent.Addr().String(), []string{"did not answer within 10s", "docker info"}},
		{"a stranger", "unix://" + stranger.Addr().String(), []string{"does not answer", "docker info"}},
		{"no address", "localhost", []string{`host "localhost" can't be used`, "write it as in DOCKER_HOST"}},
		{"ssh", "ssh://lab", []string{"an engine behind ssh is not supported", "forward its socket"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "silent" { // which takes its time
				needFull(t)
			}
			u := newSmall(t, "noengine", small{host: test.host})
			u.says(u.ends(8, "start", "noengine"), test.says...)
			u.says(u.ends(6, "stop", "noengine", "--yes"), `there is no cluster "noengine"`)
			u.says(u.ends(0, "list"), "no clusters")
		})
	}
}

// TestNoRight starts a cluster as somebody who may not use the engine.
func TestNoRight(t *testing.T) {
	needEngine(t)
	if os.Geteuid() != 0 {
		t.Skip("not possible here: becoming somebody else needs root")
	}
	dir, err := os.MkdirTemp("", "ecluster-nobody-") //nolint:usetesting // the test's own folders are closed to others
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir) // it is in /tmp
	const nobody = 65534
	program, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ecluster"), program, 0o755); err != nil { //nolint:gosec // it is to be run by others
		t.Fatal(err)
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, "ecluster"), "start", "local")
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "USER=nobody", "PATH=" + os.Getenv("PATH"), "NO_COLOR=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if exitCode(err) != 8 {
		t.Errorf("it ended with %v", err)
	}
	u := &user{TB: t}
	u.says(string(out), "user nobody may not use the Docker engine at", "sudo usermod -aG docker nobody", "or run ecluster as root")
	if left, err := filepath.Glob(filepath.Join(dir, ".ecluster", "clusters", "*", "state.json")); err != nil || len(left) > 0 {
		t.Errorf("records are left: %v (%v)", left, err)
	}
}
