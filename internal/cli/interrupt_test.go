package cli_test

import (
	"context"
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

// Ctrl-C in the middle: what was done is kept, status 130, and the message
// says how to go on. The same command then does, and stop leaves nothing.
func TestInterrupt(t *testing.T) {
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
	for _, op := range []fake.Op{fake.OpPrepare, fake.OpLaunch, fake.OpList} {
		t.Run(string(op), func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			interrupt := true
			world := fake.NewWorld(fake.Options{
				Machines: tenant{socket: l.socket},
				Trace: func(c fake.Call) {
					if interrupt && c.Op == op {
						cancel(cli.ErrInterrupted)
					}
				},
			})
			ecluster := func(ctx context.Context, args ...string) (int, string) {
				var text strings.Builder
				app := cli.App{
					Plugins: []providers.Plugin{fake.Plugin(world)}, Roles: roles.FS, Configs: localSpec(),
					Streams:   ui.Streams{Out: &text, Err: &text, In: strings.NewReader("")},
					LookupEnv: func(string) (string, bool) { return "", false },
				}
				return app.Main(ctx, append(args, "-s", filepath.Join(dir, string(op)))), text.String()
			}

			status, said := ecluster(ctx, "start", "lab", "--no-setup", "-c", spec)
			if status != cli.ExitInterrupted {
				t.Fatalf("status %d:\n%s", status, said)
			}
			if !strings.Contains(words(said), "interrupted") || !strings.Contains(words(said), "ecluster stop lab") {
				t.Errorf("how to go on is not in:\n%s", said)
			}
			interrupt = false
			if status, said := ecluster(t.Context(), "start", "lab", "--no-setup", "-c", spec); status != 0 {
				t.Fatalf("the second start ended with %d:\n%s", status, said)
			}
			if status, said := ecluster(t.Context(), "stop", "lab", "--yes"); status != 0 {
				t.Fatalf("stop ended with %d:\n%s", status, said)
			}
			refs, err := world.Driver().Clusters(t.Context())
			if err != nil || len(refs) > 0 {
				t.Errorf("left over: %v, %v", refs, err)
			}
		})
	}
}
