package cli_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
	"github.com/ecluster/ecluster/roles"
)

// lab is a cluster in a made-up cloud, for command lines that run in the process
// of the test.
type lab struct {
	t          *testing.T
	app        cli.App
	world      *fake.World
	home, spec string
}

// newLab returns a lab whose cluster is started.
func newLab(t *testing.T) *lab {
	t.Helper()
	lab := emptyLab(t, nil)
	if r := lab.run("start", "lab", "--no-setup", "-c", lab.spec); r.status != 0 {
		t.Fatalf("start ended with %d:\n%s", r.status, r.err)
	}
	return lab
}

// emptyLab returns a lab whose cloud tells trace, which may be nil, of each call.
func emptyLab(t *testing.T, trace func(fake.Call)) *lab {
	t.Helper()
	l, stop, err := newLandlord()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	dir := t.TempDir()
	spec := filepath.Join(dir, "lab.hcl")
	if err := os.WriteFile(spec, []byte(`
cluster "lab" {
  provider = provider.fake
  node_group "frontend" { count = 1 }
  node_group "compute" { count = 2 }
}`), 0o600); err != nil {
		t.Fatal(err)
	}
	world := fake.NewWorld(fake.Options{Machines: tenant{socket: l.socket}, Trace: trace})
	return &lab{t: t, world: world, home: filepath.Join(dir, "home"), spec: spec, app: cli.App{
		Plugins: []providers.Plugin{fake.Plugin(world)}, Roles: roles.FS, Configs: localSpec(),
		LookupEnv: func(string) (string, bool) { return "", false },
	}}
}

func (l *lab) run(args ...string) result {
	l.t.Helper()
	return l.runIn(l.t.Context(), args...)
}

func (l *lab) runIn(ctx context.Context, args ...string) result {
	return runIn(ctx, l.app, append(args, "-s", l.home)...)
}

// watched is a command that goes on until it is stopped.
type watched struct {
	lines     *bufio.Scanner
	interrupt func()
	end       func() result // waits for it
}

func (l *lab) watch(args ...string) *watched {
	l.t.Helper()
	ctx, cancel := context.WithCancelCause(l.t.Context())
	r, w := io.Pipe()
	var errs strings.Builder
	app := l.app
	app.Streams = ui.Streams{Out: w, Err: &errs, In: strings.NewReader("")}
	status := make(chan int, 1)
	go func() {
		status <- app.Main(ctx, append(args, "-s", l.home))
		_ = w.Close()
	}()
	l.t.Cleanup(func() { cancel(nil); _ = r.Close() })
	return &watched{
		lines:     bufio.NewScanner(r),
		interrupt: func() { cancel(cli.ErrInterrupted) },
		end: func() result {
			go func() { _, _ = io.Copy(io.Discard, r) }()
			return result{status: <-status, err: errs.String()}
		},
	}
}

// Ctrl-C ends a watch well, after as many results as anybody wants.
func TestWatch(t *testing.T) {
	t.Parallel()
	lab := newLab(t)
	for _, args := range [][]string{{"list"}, {"list-nodes", "lab"}, {"status", "lab"}} {
		w := lab.watch(append(args, "--watch", "--interval", "1s", "--output", "json")...)
		for range 2 {
			if !w.lines.Scan() || !strings.Contains(w.lines.Text(), `"lab"`) {
				t.Fatalf("%v said %q: %+v", args, w.lines.Text(), w.end())
			}
		}
		w.interrupt()
		if r := w.end(); r.status != 0 || r.err != "" {
			t.Errorf("%v ended with %d: %s", args, r.status, r.err)
		}
	}
}

// A cluster that is stopped meanwhile ends the watch, and is no failure.
func TestWatchUntilGone(t *testing.T) {
	t.Parallel()
	lab := newLab(t)
	w := lab.watch("list-nodes", "lab", "--watch", "--interval", "1s", "--output", "json")
	if !w.lines.Scan() {
		t.Fatal(w.end())
	}
	if r := lab.run("stop", "lab", "--yes"); r.status != 0 {
		t.Fatalf("stop ended with %d:\n%s", r.status, r.err)
	}
	if r := w.end(); r.status != 0 || !strings.Contains(r.err, `Cluster "lab" is gone`) {
		t.Errorf("it ended with %d: %s", r.status, r.err)
	}
}

// Logs are followed into a run that begins later, until Ctrl-C.
func TestFollowLogs(t *testing.T) {
	t.Parallel()
	lab := newLab(t)
	write := func(run, text string) {
		dir := filepath.Join(lab.home, "clusters", "lab", "logs", run)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "compute001.log"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("20261123T013508Z-start", "--- 2026-11-23T01:35:18Z os.packages\nold\n")
	w := lab.watch("logs", "lab", "--follow", "--output", "json")
	for _, want := range []string{"old", "new"} {
		if !w.lines.Scan() || !strings.Contains(w.lines.Text(), `"line":"`+want+`"`) {
			t.Fatalf("it said %q: %+v", w.lines.Text(), w.end())
		}
		write("20261123T020000Z-setup", "--- 2026-11-23T02:00:01Z munge.verify\nnew\n")
	}
	w.interrupt()
	if r := w.end(); r.status != 0 || r.err != "" {
		t.Errorf("it ended with %d: %s", r.status, r.err)
	}
}
