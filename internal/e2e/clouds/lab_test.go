package clouds

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/ecluster/ecluster/configs"
	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/sim"
	simaws "github.com/ecluster/ecluster/internal/sim/aws"
	simazure "github.com/ecluster/ecluster/internal/sim/azure"
	simgoogle "github.com/ecluster/ecluster/internal/sim/google"
	"github.com/ecluster/ecluster/internal/sim/local"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/aws"
	"github.com/ecluster/ecluster/providers/azure"
	"github.com/ecluster/ecluster/providers/google"
	"github.com/ecluster/ecluster/roles"
)

// kinds are the clouds that every table goes through.
var kinds = []string{"google", "aws", "azure"}

// machineTypes are what the tests launch: a small one for the frontend, one of
// another family for jobs.
var machineTypes = map[string][2]string{
	"google": {"e2-standard-2", "n2-standard-4"},
	"aws":    {"t3.large", "c5.xlarge"},
	"azure":  {"Standard_D2s_v5", "Standard_D4s_v5"},
}

func newCloud(kind string, o sim.Options) (sim.Cloud, error) {
	switch kind {
	case "google":
		return simgoogle.New(o)
	case "aws":
		return simaws.New(o)
	default:
		return simazure.New(o)
	}
}

func plugin(kind string) providers.Plugin {
	switch kind {
	case "google":
		return google.Plugin()
	case "aws":
		return aws.Plugin()
	default:
		return azure.Plugin()
	}
}

// statusNotFound is the exit status for a cluster that does not exist.
const statusNotFound = 6

// Times of the tests: the order of things is the clouds', their length is not.
const (
	lag         = 150 * time.Millisecond
	consistency = 300 * time.Millisecond
	budget      = 5 * time.Second
)

// lab is one simulated cloud and a user of it.
type lab struct {
	*testing.T
	kind   string
	cloud  sim.Cloud
	script *sim.Script
	url    string
	home   string
	spec   string
	plugin providers.Plugin
	env    map[string]string
	// malformed requests are sent on purpose.
	malformed bool
}

// newLab serves a simulated cloud until the end of the test, when nothing may
// be left in it and its schema may have found no fault with any request.
func newLab(t *testing.T, kind string, o sim.Options) *lab {
	t.Helper()
	l := &lab{T: t, kind: kind, home: t.TempDir(), script: sim.NewScript(), plugin: plugin(kind), env: map[string]string{}}
	machines := local.New(local.Options{})
	t.Cleanup(func() { _ = machines.Close(context.Background()) })
	if o.Machines == nil {
		o.Machines = machines
	}
	if o.Script == nil {
		o.Script = l.script
	}
	var err error
	if l.cloud, err = newCloud(kind, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.cloud.Close() })
	url, closeServer, err := sim.Serve(l.cloud, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closeServer() })
	l.url = url
	l.plugin.ConsistencyDelay, l.plugin.Budget = consistency, budget
	t.Cleanup(func() {
		if l.malformed {
			return
		}
		for _, e := range l.cloud.Log().Problems() {
			t.Errorf("the cloud's schema objects to %s %s: %v", e.Op, e.Path, e.Problems)
		}
	})
	return l
}

// provider is the block that leads to the simulated cloud; extra lines override
// what the cloud says of itself.
func (l *lab) provider(extra map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "provider %q {\n", l.kind)
	for name, value := range l.cloud.Settings(l.url) {
		if _, overridden := extra[name]; overridden {
			continue
		}
		text := literal(value)
		if l.sensitive(name) {
			l.env["SIM_"+name] = fmt.Sprint(value)
			text = fmt.Sprintf("env(%q)", "SIM_"+name)
		}
		fmt.Fprintf(&b, "  %s = %s\n", name, text)
	}
	for name, value := range extra {
		if value != "" {
			fmt.Fprintf(&b, "  %s = %s\n", name, value)
		}
	}
	return b.String() + "}\n"
}

// sensitive says whether a setting must not stand in a spec.
func (l *lab) sensitive(name string) bool {
	return slices.ContainsFunc(l.plugin.Settings.Attrs, func(a schema.Attr) bool { return a.Name == name && a.Sensitive })
}

func literal(v any) string {
	value, err := schema.FromPlain(v)
	if err != nil {
		return fmt.Sprintf("%q", v)
	}
	return string(hclwrite.TokensForValue(value).Bytes())
}

// cluster is a spec of one frontend and n compute nodes; group holds further
// lines of the compute group, and top of the cluster.
func (l *lab) cluster(n int, group, top string) string {
	types := machineTypes[l.kind]
	return fmt.Sprintf(`
cluster "c" {
  provider = provider.%s
  image    = "debian-13"
  scheduler "slurm" {}
  network { ssh_from = ["198.51.100.7"] }
  node_group "frontend" {
    count        = 1
    machine_type = %q
  }
  node_group "compute" {
    count        = %d
    machine_type = %q
    %s
  }
  %s
}
`, l.kind, types[0], n, types[1], group, top)
}

// write makes the spec of the next commands.
func (l *lab) write(spec string) {
	l.Helper()
	l.spec = filepath.Join(l.home, "ecluster.hcl")
	if err := os.WriteFile(l.spec, []byte(spec), 0o600); err != nil {
		l.Fatal(err)
	}
}

// try runs a command of the program and returns its exit status and what it
// shows.
func (l *lab) try(args ...string) (status int, stdout, stderr string) {
	l.Helper()
	var out, errw bytes.Buffer
	app := cli.App{
		Version: "test", Plugins: []providers.Plugin{l.plugin}, Roles: roles.FS, Configs: configs.FS,
		Streams: ui.Streams{In: strings.NewReader(""), Out: &out, Err: &errw},
		LookupEnv: func(name string) (string, bool) {
			if name == "ECLUSTER_HOME" {
				return filepath.Join(l.home, "state"), true
			}
			v, has := l.env[name]
			return v, has
		},
	}
	status = app.Main(l.Context(), append([]string{"-c", l.spec}, args...))
	return status, out.String(), errw.String()
}

// run is try for a command that must succeed.
func (l *lab) run(args ...string) string {
	l.Helper()
	status, out, errs := l.try(args...)
	if status != 0 {
		l.Fatalf("ecluster %s ended with status %d:\n%s%s", strings.Join(args, " "), status, out, errs)
	}
	return out + errs
}

// stop takes the cluster away; the cloud must be empty then.
func (l *lab) stop() {
	l.Helper()
	if status, out, errs := l.try("stop", "c", "--yes"); status != 0 && status != statusNotFound {
		l.Errorf("stop ended with status %d:\n%s%s", status, out, errs)
	}
	l.empty()
}

func (l *lab) empty() {
	l.Helper()
	for _, r := range l.cloud.Inventory() {
		l.Errorf("left in the cloud: %+v", r)
	}
}
