package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// What a person waits for: each round is a whole process of the binary that
// `make build` makes. docs/performance.md has the figures.

func BenchmarkListNodes1000(b *testing.B) {
	home := b.TempDir()
	record(b, home, 1000)
	timeProcess(b, home, "list-nodes", "big")
}

func BenchmarkListNodes1000JSON(b *testing.B) {
	home := b.TempDir()
	record(b, home, 1000)
	timeProcess(b, home, "list-nodes", "big", "--output", "json")
}

func BenchmarkValidate1000Lines(b *testing.B) {
	home := b.TempDir()
	spec := filepath.Join(home, "big.hcl")
	text := bigSpec(1000)
	if n := strings.Count(text, "\n"); n < 1000 {
		b.Fatalf("the spec has %d lines", n)
	}
	if err := os.WriteFile(spec, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	timeProcess(b, home, "validate", spec)
}

// BenchmarkVersion is the floor: a process that does nothing.
func BenchmarkVersion(b *testing.B) { timeProcess(b, b.TempDir(), "version") }

// BenchmarkHelp and BenchmarkComplete are what a person waits for at the keyboard.
func BenchmarkHelp(b *testing.B) { timeProcess(b, b.TempDir(), "--help") }

func BenchmarkComplete(b *testing.B) {
	home := b.TempDir()
	record(b, home, 10)
	timeProcess(b, home, "__complete", "ssh", "big", "-n", "comp")
}

// timeProcess runs the real binary and reports the median and the CPU time of
// its processes besides the mean.
func timeProcess(b *testing.B, home string, args ...string) {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "ecluster")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build ecluster: %v\n%s", err, out)
	}
	var walls []time.Duration
	var cpu time.Duration
	for b.Loop() {
		cmd := exec.Command(binary, args...)
		cmd.Dir = home
		cmd.Env = append(os.Environ(), "ECLUSTER_HOME="+home, "DOCKER_HOST=unix:///nonexistent")
		began := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", args, err, out)
		}
		walls = append(walls, time.Since(began))
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	slices.Sort(walls)
	b.ReportMetric(walls[len(walls)/2].Seconds()*1000, "ms-median")
	b.ReportMetric(cpu.Seconds()*1000/float64(len(walls)), "cpu-ms/op")
}

// record writes the record of a cluster with a frontend and n compute nodes.
func record(b *testing.B, home string, n int) {
	b.Helper()
	spec := cluster.Spec{
		Name: "big", Provider: cluster.ProviderSpec{Kind: "docker", Alias: "docker"}, Frontend: "frontend",
		Groups: []cluster.Group{{Name: "frontend", Count: 1}, {Name: "compute", Count: n}},
	}
	st := state.New("big", spec, state.Origin{Tool: "bench", Now: time.Now().UTC(), Rand: rand.Reader})
	add := func(name cluster.NodeName, group cluster.GroupName, i int) {
		ip := fmt.Sprintf("10.1.%d.%d", i/250, i%250+2)
		st.Nodes[name] = &cluster.Node{
			Name: name, Group: group, Phase: cluster.Ready, Instance: cluster.InstanceID(fmt.Sprintf("%012x", i)),
			Endpoints: []cluster.Endpoint{{Host: ip, Port: 22}}, PrivateIP: ip,
			Shape:    cluster.Shape{CPUs: 8, Memory: 32 * cluster.GiB},
			HostKeys: []string{"ssh-ed25519 " + strings.Repeat("A", 68)},
			Attempt:  fmt.Sprintf("%026d", i/10), SetUp: strings.Repeat("f", 64),
			Created: st.Created, Changed: st.Created,
		}
	}
	add("frontend001", "frontend", 0)
	for i := 1; i <= n; i++ {
		add(cluster.NewNodeName("compute", i), "compute", i)
	}
	store := state.OpenStore(home)
	lock, err := store.Lock(b.Context(), "big", state.NewHolder("bench", time.Now()))
	if err != nil {
		b.Fatal(err)
	}
	session, err := store.OpenSession(lock, st)
	if err != nil {
		b.Fatal(err)
	}
	err = session.Commit(b.Context(), func(*state.State) error { return nil })
	for _, e := range []error{err, session.Close(), lock.Release()} {
		if e != nil {
			b.Fatal(e)
		}
	}
}

// bigSpec is a spec of at least that many lines, of the kind that people
// write: groups, packages, locals, expressions.
func bigSpec(lines int) string {
	var b strings.Builder
	b.WriteString("variable \"size\" {\n  type    = number\n  default = 2\n}\n\nlocals {\n  tools = [\"htop\", \"tmux\"]\n}\n\n")
	for c := 1; strings.Count(b.String(), "\n") < lines; c++ {
		fmt.Fprintf(&b, "cluster \"big%d\" {\n  provider = provider.docker\n\n  scheduler \"slurm\" {\n    accounting = true\n  }\n\n", c)
		b.WriteString("  share \"/home\" {\n    type = \"volume\"\n  }\n\n  node_group \"frontend\" {\n    count = 1\n  }\n\n")
		for g := range 10 {
			fmt.Fprintf(&b, "  # jobs of kind %d\n  node_group \"kind-%c\" {\n    count     = var.size * %d\n    min_count = var.size\n    cpus      = %d\n    memory    = \"%dGB\"\n  }\n\n",
				g, 'a'+g, g+1, g+1, g+1)
		}
		b.WriteString("  role \"packages\" {\n    install = concat(local.tools, [\"python3-numpy\"])\n  }\n}\n\n")
	}
	return b.String()
}
