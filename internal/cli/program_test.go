package cli_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ecluster/ecluster/configs"
	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/docker"
	"github.com/ecluster/ecluster/providers/fake"
	"github.com/ecluster/ecluster/roles"
)

// TestMain lets the test binary be `ecluster` itself, for the scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ecluster": func() { os.Exit(program()) }})
}

// program is the real program with one provider more: "fake", a cloud in a
// file, whose machines are SSH servers of the test. FAKE_REFUSES names a node
// that it refuses to make for want of quota, FAKE_QUOTA is how many machines
// it has.
func program() int {
	world := fake.NewWorld(fake.Options{
		Machines: tenant{socket: os.Getenv("FAKE_MACHINES")},
		Quota:    len(os.Getenv("FAKE_QUOTA")), // one character a machine
		Images:   []string{"", "debian"},
	})
	if node := os.Getenv("FAKE_REFUSES"); node != "" {
		world.Inject(fake.Fault{
			Op: fake.OpLaunch, Node: cluster.NodeName(node), Kind: providers.Quota, Message: "the quota of this region is used up", Times: -1,
		})
	}
	app := cli.App{
		Version:   "v0.0.0-test",
		Plugins:   []providers.Plugin{docker.Plugin(), fake.Plugin(world)},
		Roles:     roles.FS,
		Configs:   configs.FS,
		Streams:   ui.Detect(os.Getenv, os.Stdin, os.Stdout, os.Stderr),
		LookupEnv: os.LookupEnv,
	}
	return app.Main(context.Background(), os.Args[1:])
}

// result is how a command line ended that ran in the process of the test.
type result struct {
	status   int
	out, err string
}

// run runs a command line against made-up streams that are no terminals.
func run(t *testing.T, app cli.App, args ...string) result {
	t.Helper()
	var out, errs strings.Builder
	app.Streams = ui.Streams{Out: &out, Err: &errs, In: strings.NewReader(""), Unicode: true}
	status := app.Main(t.Context(), args)
	return result{status, out.String(), errs.String()}
}
