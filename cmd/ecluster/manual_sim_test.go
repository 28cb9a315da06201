package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ecluster/ecluster/configs"
	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/manual"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/local"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
	"github.com/ecluster/ecluster/providers/fake"
	"github.com/ecluster/ecluster/roles"
)

// TestManualSimulated runs the commands of the manual that say so, page by
// page from top to bottom: the real program, with clouds and machines that only
// pretend behind the names of the real ones. Its specs and files are those of
// the page.
func TestManualSimulated(t *testing.T) {
	if l, err := net.Listen("tcp", "127.63.0.1:22"); errors.Is(err, syscall.EACCES) {
		t.Skipf("not possible here: %v", err)
	} else if err == nil {
		l.Close()
	}
	pages, err := manual.Pages("../..")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, page := range pages {
		if slices.ContainsFunc(page.Examples, manual.Example.Simulated) {
			t.Run(page.Path, func(t *testing.T) { n += newDesk(t).play(t, page) })
		}
	}
	t.Logf("%d commands run on simulated machines", n)
}

// desk is where the commands of one page run.
type desk struct {
	home    string
	plugins []providers.Plugin
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	homes := t.TempDir()
	machines := local.New(local.Options{
		People: func(node string) remotetest.Handler { return atWork(node, filepath.Join(homes, node)) },
		Files: func(node string) *remotetest.Files {
			home := filepath.Join(homes, node)
			if err := os.MkdirAll(home, 0o700); err != nil {
				t.Error(err)
			}
			return &remotetest.Files{Home: home}
		},
	})
	t.Cleanup(func() {
		if err := machines.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	world := fake.NewWorld(fake.Options{Machines: hall{machines}})
	s := &desk{home: t.TempDir()}
	for _, p := range plugins() {
		pretends := fake.Plugin(world)
		pretends.Kind, pretends.Settings, pretends.Group, pretends.Shape = p.Kind, p.Settings, p.Group, p.Shape
		pretends.SharedVolumes, pretends.NamesResolve = p.SharedVolumes, p.NamesResolve
		pretends.AdminUser = bootdata.AdminUser
		pretends.Open = func(schema.Values) (providers.Driver, error) { return world.Driver(), nil }
		s.plugins = append(s.plugins, pretends)
	}
	return s
}

// play types the commands of a page and returns how many there were. What is
// no command of ours, a reader's own shell does.
func (s *desk) play(t *testing.T, page manual.Page) int {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	beside(t, dir, page)
	n := 0
	file := func(e manual.Example) error {
		write(t, dir, e.File, e.Text)
		return nil
	}
	err := page.Play(manual.Example.Simulated, file, func(c manual.Command) error {
		for _, call := range c.Calls {
			n++
			if status, said := s.run(t, sure(call.Args)); status != 0 {
				return fmt.Errorf("%q ended with status %d:\n%s", c.Text, status, said)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sure answers the questions that a command asks before it destroys something.
func sure(args []string) []string {
	asks := []string{"stop", "resize", "remove-node", "start", "pause"}
	if len(args) == 0 || !slices.Contains(asks, args[0]) || slices.Contains(args, "--yes") || slices.Contains(args, "--help") {
		return args
	}
	return slices.Insert(slices.Clone(args), 1, "--yes")
}

func (s *desk) run(t *testing.T, args []string) (int, string) {
	t.Helper()
	var said strings.Builder
	app := cli.App{
		Version: "test", Plugins: s.plugins, Roles: roles.FS, Configs: configs.FS,
		Streams: ui.Streams{Out: &said, Err: &said, In: strings.NewReader("")},
		LookupEnv: func(name string) (string, bool) {
			given := map[string]string{
				"HOME": s.home, "GOOGLE_CLOUD_PROJECT": "example", "CLOUD_TOKEN": "example", "ECLUSTER_ADDRESS": "192.0.2.1",
				"ECLUSTER_HOME": s.home,
			}
			value, has := given[name]
			return value, has
		},
	}
	return app.Main(t.Context(), args), said.String()
}

// hall lets the fake cloud boot machines as a real one would.
type hall struct{ m *local.Machines }

func (h hall) Boot(f fake.Machine) (cluster.Endpoint, error) {
	data, err := bootdata.CloudInit(bootdata.Config{Access: f.Access})
	if err != nil {
		return cluster.Endpoint{}, err
	}
	addr, err := h.m.Boot(context.Background(), sim.Boot{ID: string(f.ID), Hostname: string(f.Node), UserData: data})
	return cluster.Endpoint{Host: addr.PublicIP, Port: 22}, err
}

func (h hall) Halt(id cluster.InstanceID) { _ = h.m.Delete(context.Background(), string(id)) }

// outputOf is where a job script says that its output goes.
var outputOf = regexp.MustCompile(`(?m)^#SBATCH --output=([a-z.]+)$`)

// atWork is a node whose programs all succeed, and do nothing but make the
// folders and the output of jobs that a page goes on with. Whether a job really
// runs, the end-to-end tests show.
func atWork(node, home string) remotetest.Handler {
	return func(command string, stdin io.Reader, stdout, _ io.Writer) int {
		_, _ = io.Copy(io.Discard, stdin)
		words := strings.Fields(strings.ReplaceAll(command, "'", ""))
		if len(words) == 0 { // a shell, whose user leaves at once
			return 0
		}
		last := filepath.Join(home, filepath.Base(words[len(words)-1]))
		switch {
		case strings.HasPrefix(command, "mkdir -p "):
			for _, dir := range words[2:] {
				if err := os.MkdirAll(filepath.Join(home, filepath.Base(dir)), 0o700); err != nil {
					return 1
				}
			}
		case strings.HasPrefix(command, "sbatch "):
			script, _ := os.ReadFile(last) // there is none where it was not copied
			if m := outputOf.FindSubmatch(script); m != nil {
				if err := os.WriteFile(filepath.Join(home, string(m[1])), []byte(node+"\n"), 0o600); err != nil {
					return 1
				}
			}
		}
		_, _ = fmt.Fprintln(stdout, node)
		return 0
	}
}
