package cli_test

import (
	"context"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/aws"
	"github.com/ecluster/ecluster/providers/azure"
	"github.com/ecluster/ecluster/providers/docker"
	"github.com/ecluster/ecluster/providers/fake"
	"github.com/ecluster/ecluster/providers/google"
	"github.com/ecluster/ecluster/providers/qemu"
	"github.com/ecluster/ecluster/providers/terraform"
	"github.com/ecluster/ecluster/roles"
)

// TestMain lets the test binary be `ecluster` itself, for the scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ecluster": func() { os.Exit(program()) }})
}

// program is the real program with one provider more: "fake", a cloud in the
// file $CLOUD, whose machines are SSH servers of the test. FAKE_REFUSES names
// a node that it refuses to make for want of quota, FAKE_QUOTA says how many
// machines it has, FAKE_HANGS lets each launch wait for ever. FAKE_PRICES is its
// price list as JSON, by machine type; FAKE_NO_PRICES lets it refuse to show it.
func program() int {
	quota, _ := strconv.Atoi(os.Getenv("FAKE_QUOTA"))
	var prices map[string]float64
	_ = json.Unmarshal([]byte(os.Getenv("FAKE_PRICES")), &prices)
	world := fake.NewWorld(fake.Options{
		Prices:   prices,
		File:     os.Getenv("CLOUD"),
		Machines: tenant{socket: os.Getenv("FAKE_MACHINES")},
		Quota:    quota,
		Images:   []string{"", "debian"},
	})
	if node := os.Getenv("FAKE_REFUSES"); node != "" {
		world.Inject(fake.Fault{
			Op: fake.OpLaunch, Node: cluster.NodeName(node), Kind: providers.Quota, Message: "the quota of this region is used up", Times: -1,
		})
	}
	if os.Getenv("FAKE_NO_PRICES") != "" {
		world.Inject(fake.Fault{Op: fake.OpPrice, Kind: providers.Permission, Message: "you may not see the price list", Times: -1})
	}
	if os.Getenv("FAKE_HANGS") != "" {
		world.Inject(fake.Fault{Op: fake.OpLaunch, Hang: true, Times: -1})
	}
	app := cli.App{
		Version: "v0.0.0-test",
		Plugins: []providers.Plugin{
			docker.Plugin(), fake.Plugin(world), qemu.Plugin(), google.Plugin(), aws.Plugin(), azure.Plugin(), terraform.Plugin(),
		},
		Roles:     roles.FS,
		Configs:   localSpec(),
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
	return runIn(t.Context(), app, args...)
}

func runIn(ctx context.Context, app cli.App, args ...string) result {
	var out, errs strings.Builder
	app.Streams = ui.Streams{Out: &out, Err: &errs, In: strings.NewReader(""), Unicode: true}
	status := app.Main(ctx, args)
	return result{status, out.String(), errs.String()}
}
