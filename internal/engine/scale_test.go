package engine_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/scheduler"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/local"
	hcl "github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
	"github.com/ecluster/ecluster/providers/fake"
	"github.com/ecluster/ecluster/roles"
)

// behindFake lets the fake cloud boot machines as a real one would.
type behindFake struct{ m *local.Machines }

func (b behindFake) Boot(f fake.Machine) (cluster.Endpoint, error) {
	data, err := bootdata.CloudInit(bootdata.Config{Access: f.Access})
	if err != nil {
		return cluster.Endpoint{}, err
	}
	ctx := context.Background()
	addr, err := b.m.Boot(ctx, sim.Boot{ID: string(f.ID), Hostname: string(f.Node), UserData: data})
	return cluster.Endpoint{Host: addr.PublicIP, Port: 22}, err
}

func (b behindFake) Halt(id cluster.InstanceID) { _ = b.m.Delete(context.Background(), string(id)) }

// site is a fake cloud with machines of this package, and a home.
type site struct {
	testing.TB
	m       *local.Machines
	world   *fake.World
	home    string
	plugins map[string]providers.Plugin

	mu     sync.Mutex
	events []event.Event
}

func newSite(tb testing.TB, o local.Options) *site {
	tb.Helper()
	if l, err := net.Listen("tcp", "127.63.0.1:22"); err != nil {
		tb.Skipf("not possible here: %v", err)
	} else {
		l.Close()
	}
	s := &site{TB: tb, m: local.New(o), home: tb.TempDir()}
	tb.Cleanup(func() {
		if err := s.m.Close(context.WithoutCancel(tb.Context())); err != nil {
			tb.Error(err)
		}
	})
	s.world = fake.NewWorld(fake.Options{Machines: behindFake{s.m}})
	plugin := fake.Plugin(s.world)
	plugin.AdminUser, plugin.NamesResolve = bootdata.AdminUser, false
	s.plugins = map[string]providers.Plugin{"fake": plugin}
	return s
}

// Emit implements event.Sink.
func (s *site) Emit(e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

func (s *site) engine() *engine.Engine {
	return engine.New(engine.Options{Home: s.home, Tool: "test", Roles: roles.FS, Plugins: s.plugins, Sink: s})
}

func (s *site) spec(compute int) *cluster.Spec {
	s.Helper()
	path := filepath.Join(s.TempDir(), "lab.hcl")
	text := fmt.Sprintf(`
provider "fake" {}
cluster "lab" {
  provider = provider.fake
  image    = "debian-13"
  scheduler "slurm" { accounting = true }
  node_group "frontend" { count = 1 }
  node_group "compute" {
    count = %d
    cpus = 4
    memory = "8GB"
  }
  limits { max_nodes = 5000 }
}`, compute)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	file, diags := hcl.Load(hcl.Options{Path: path, Providers: s.plugins, Roles: role.NewLibrary(roles.FS)})
	if diags.HasErrors() {
		s.Fatal(diags)
	}
	resolved, diags := file.Resolve("lab")
	if diags.HasErrors() {
		s.Fatal(diags)
	}
	return resolved
}

func (s *site) start(compute int) *engine.RunResult {
	s.Helper()
	r, err := s.engine().Start(s.Context(), s.spec(compute), engine.StartOptions{})
	if err != nil {
		for _, e := range s.events {
			if n, ok := e.(event.Notice); ok {
				s.Log(n.Node, n.Message)
			}
		}
		s.Fatal(err)
	}
	return r
}

// TestWholeLifeOverPretendedMachines runs an engine with its real roles over pretended machines.
func TestWholeLifeOverPretendedMachines(t *testing.T) {
	s := newSite(t, local.Options{StepTime: time.Millisecond, SSHTime: 20 * time.Millisecond})
	r := s.start(12)
	if len(r.Ready) != 13 {
		t.Errorf("ready: %v", r.Ready)
	}

	status, err := s.engine().Status(t.Context(), "lab")
	if err != nil || status.Trouble != "" {
		t.Fatalf("status: %+v, %v", status, err)
	}
	if len(status.Workers) != 12 || status.Workers[0].State != scheduler.Idle || status.Workers[0].CPUs != 4 || status.Workers[0].Queues[0] != "compute" {
		t.Errorf("workers: %+v", status.Workers)
	}

	s.events = nil
	if _, err := s.engine().SetUp(t.Context(), "lab", nil); err != nil {
		t.Fatal(err)
	}
	for _, e := range s.events {
		if f, ok := e.(event.StepFinished); ok && f.Outcome != event.Unchanged && !slices.Contains([]string{"ask", "serve", "verify"}, f.Step) {
			t.Errorf("a second set-up changes %s on %s", f.Step, f.Node)
		}
	}

	if _, err := s.engine().Resize(t.Context(), "lab", engine.ResizeOptions{
		Remove: map[cluster.GroupName]int{"compute": 5}, DrainTimeout: time.Minute,
	}); err != nil {
		t.Fatal(err)
	}
	if status, err = s.engine().Status(t.Context(), "lab"); err != nil || len(status.Workers) != 7 {
		t.Errorf("after the resize: %+v, %v", status, err)
	}
	if err := s.engine().Stop(t.Context(), "lab"); err != nil {
		t.Fatal(err)
	}
	if left := s.world.Leftovers(r.ID); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// BenchmarkThousand sets up a thousand nodes. Its figures of memory are those
// of the whole process: an engine and a thousand machines.
func BenchmarkThousand(b *testing.B) {
	for b.Loop() {
		s := newSite(b, local.Options{StepTime: 10 * time.Millisecond})
		before := inUse()
		began := time.Now()
		s.start(1000)
		b.ReportMetric(time.Since(began).Seconds(), "s/start")
		b.ReportMetric(float64(inUse()-before)/1000, "B/node")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys)/(1<<20), "MB/sys")
		if err := s.engine().Stop(b.Context(), "lab"); err != nil {
			b.Fatal(err)
		}
	}
}

// inUse is the memory that is really needed, in bytes.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
