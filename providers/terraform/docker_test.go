package terraform

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
	"github.com/ecluster/ecluster/providers/providertest"
)

// dockerCloud is the embedded module "docker" on the engine of this machine.
type dockerCloud struct {
	home, config, image string
	user, host          remote.KeyPair
}

// newDockerCloud compiles Terraform's provider where it is not there yet.
func newDockerCloud(t *testing.T) *dockerCloud {
	t.Helper()
	if os.Getenv("ECLUSTER_E2E") != "1" {
		t.Skip("runs in make e2e")
	}
	needTool(t)
	if exec.CommandContext(t.Context(), "docker", "version").Run() != nil {
		t.Skip("not possible here: no Docker engine and docker command (`make engine` starts one)")
	}
	config, err := exec.CommandContext(t.Context(), "go", "run", "../../internal/tools/tfdocker").Output()
	if err != nil {
		t.Fatalf("compile Terraform's provider for Docker: %v", err)
	}
	c := &dockerCloud{home: filepath.Join(t.TempDir(), "terraform"), config: strings.TrimSpace(string(config))}
	images := strings.Fields(engine(t, "image", "ls", "--filter", "reference=ecluster-node:debian-13-*", "--format", "{{.Repository}}:{{.Tag}}"))
	if len(images) == 0 {
		t.Skip("not possible here: no image of a node (`make node-image` builds it)")
	}
	c.image = images[0]
	if c.user, err = remote.GenerateKey(); err != nil {
		t.Fatal(err)
	}
	if c.host, err = remote.GenerateKey(); err != nil {
		t.Fatal(err)
	}
	return c
}

func engine(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %q: %v: %s", args, err, out)
	}
	return string(out)
}

func (c *dockerCloud) open(t *testing.T) *Driver {
	t.Helper()
	d, err := open(schema.Values{"module": "docker"},
		environment(append(os.Environ(), "TF_CLI_CONFIG_FILE="+c.config, "TF_PLUGIN_CACHE_DIR="+t.TempDir())))
	if err != nil {
		t.Fatal(err)
	}
	d.Keep(c.home)
	return d
}

func (c *dockerCloud) access() providers.Access {
	return providers.Access{AuthorizedKey: c.user.Authorized, HostKey: c.host.PrivatePEM, HostKeyPublic: c.host.Authorized}
}

func (c *dockerCloud) node(name cluster.NodeName) providers.NodeRequest {
	return providers.NodeRequest{
		Name: name, Image: c.image, Frontend: name == "frontend001",
		Group: cluster.Group{Name: name.Group(), Count: 1, Image: c.image, Settings: map[string]any{"attributes": map[string]any{"memory_mb": "512"}}},
	}
}

// leftovers are all things of the engine whose names have the cluster's id, and
// the state.
func (c *dockerCloud) leftovers(t *testing.T, id cluster.ID) []string {
	t.Helper()
	var left []string
	for _, what := range [][]string{{"ps", "-a", "--format", "container {{.Names}}"}, {"network", "ls", "--format", "network {{.Name}}"}} {
		for line := range strings.Lines(engine(t, what...)) {
			if strings.Contains(line, string(id)) {
				left = append(left, strings.TrimSpace(line))
			}
		}
	}
	if _, err := os.Stat(filepath.Join(c.home, string(id))); err == nil {
		left = append(left, "the state of Terraform")
	}
	return left
}

func TestDockerConformance(t *testing.T) {
	t.Parallel()
	providertest.Server(t, "Terraform, module docker")
	c := newDockerCloud(t)
	providertest.Run(t, providertest.Harness{
		Open: func(t *testing.T) providers.Driver { t.Helper(); return c.open(t) },
		Node: func(name cluster.NodeName, group cluster.GroupName) providers.NodeRequest {
			n := c.node(name)
			n.Group.Name = group
			return n
		},
		Spoil: func(n providers.NodeRequest) providers.NodeRequest {
			n.Group.Settings = map[string]any{"attributes": map[string]any{"memory_mb": "1"}} // less than any engine allows
			return n
		},
		UnknownImage:    "ecluster-test/no-such-image:1",
		UnknownInstance: "0123456789ab",
		Access:          c.access(),
		Leftovers:       c.leftovers,
		Patience:        3 * time.Minute,
		Skip: map[providertest.Case]string{
			providertest.Volumes: "does not apply: a module has no volumes that outlive it",
		},
	})
}

// TestDockerNodes boots real nodes, logs in as ecluster does, has one stopped
// and one deleted behind Terraform's back, and takes all away.
func TestDockerNodes(t *testing.T) {
	t.Parallel()
	c := newDockerCloud(t)
	d := c.open(t)
	id := cluster.ID("test" + time.Now().Format("150405"))
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := providers.New(d, providers.Options{}).Destroy(ctx, providers.DestroyRequest{ID: id}); err != nil {
			t.Error(err)
		}
		if left := c.leftovers(t, id); len(left) != 0 {
			t.Errorf("left: %q", left)
		}
	})
	if err := d.Prepare(t.Context(), providers.PrepareRequest{
		ID: id, Name: "lab", Progress: func(task, text string) { t.Log(task + ": " + text) },
	}); err != nil {
		t.Fatal(err)
	}
	names := []cluster.NodeName{"frontend001", "node001", "node002"}
	req := providers.LaunchRequest{ID: id, Name: "lab", Token: "token-1", Access: c.access()}
	req.Expires = time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, n := range names {
		req.Nodes = append(req.Nodes, c.node(n))
	}
	launchAll(t, d, req)

	nodes := map[cluster.NodeName]cluster.Instance{}
	for _, i := range mustList(t, d, id) {
		nodes[i.Node] = i
	}
	if len(nodes) != 3 || len(nodes["frontend001"].Endpoints) != 2 {
		t.Fatalf("listed: %+v", nodes)
	}
	dialer := &remote.Dialer{Key: c.user.PrivatePEM}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for name, endpoints := range map[cluster.NodeName][]cluster.Endpoint{
		"frontend001": nodes["frontend001"].Endpoints[1:], // the published port
		"node001":     nodes["node001"].Endpoints,
	} {
		conn, err := dialer.DialWait(ctx, remote.Target{
			Node: name, User: bootdata.AdminUser, Endpoints: endpoints, HostKeys: []string{c.host.Authorized},
		}, func(int, error) {})
		if err != nil {
			t.Fatal(err)
		}
		out, said, err := conn.Run(ctx, "hostname; sudo -n id -u; systemctl show -P NextElapseUSecRealtime ecluster-expiry.timer", nil)
		if err != nil || string(out) != string(name)+"\n0\nMon 2040-01-02 03:04:05 UTC\n" {
			t.Errorf("%s: %s%s, error %v", name, out, said, err)
		}
		conn.Close()
	}

	engine(t, "stop", "ecluster-"+string(id)+"-node001")
	engine(t, "rm", "-f", "ecluster-"+string(id)+"-node002")
	states := map[cluster.NodeName]cluster.InstanceState{}
	for _, i := range mustList(t, c.open(t), id) { // another process, which has not looked yet
		states[i.Node] = i.State
	}
	if len(states) != 2 || states["frontend001"] != cluster.InstanceRunning || states["node001"] != cluster.InstanceStopped {
		t.Errorf("states: %v", states)
	}

	// One more: neither does the node that is gone come back, nor does another change.
	req.Token, req.Nodes = "token-2", []providers.NodeRequest{c.node("node003")}
	launchAll(t, d, req)
	var after []string
	for _, i := range mustList(t, d, id) {
		after = append(after, string(i.Node))
		if old := nodes[i.Node]; old.ID != "" && old.ID != i.ID {
			t.Errorf("%s was %s and is %s", i.Node, old.ID, i.ID)
		}
	}
	slices.Sort(after)
	if !slices.Equal(after, []string{"frontend001", "node001", "node003"}) {
		t.Errorf("listed: %q", after)
	}
}

func mustList(t *testing.T, d *Driver, id cluster.ID) []cluster.Instance {
	t.Helper()
	list, err := d.List(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
