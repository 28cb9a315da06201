package docker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/providertest"
)

// realDriver returns a driver for the engine of this machine. Where there is
// none the test is skipped, unless ECLUSTER_REQUIRE_ENGINE=1 says that there
// must be one.
func realDriver(t *testing.T) *Driver {
	t.Helper()
	d, err := open(schema.Values{}, os.Getenv)
	if err == nil {
		_, err = d.engine(t.Context(), "test")
	}
	switch {
	case err == nil:
		return d
	case os.Getenv("ECLUSTER_REQUIRE_ENGINE") == "1":
		t.Fatalf("ECLUSTER_REQUIRE_ENGINE=1 and no engine: %v", err)
	}
	t.Skipf("no Docker engine (`make engine` starts one): %v", err)
	return nil
}

func newKeys(t *testing.T) (user, host remote.KeyPair) {
	t.Helper()
	user, err := remote.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	if host, err = remote.GenerateKey(); err != nil {
		t.Fatal(err)
	}
	return user, host
}

func newClusterID(t *testing.T) cluster.ID {
	t.Helper()
	var b [6]byte
	_, _ = rand.Read(b[:]) // it never fails
	return cluster.ID("test" + hex.EncodeToString(b[:]))
}

// leftovers names all that the engine has of a cluster. It looks at
// everything, not through the filters of the driver: what lost its label still
// has its name.
func leftovers(t *testing.T, d *Driver, id cluster.ID) []string {
	t.Helper()
	ctx, cancel := background(t.Context(), time.Minute)
	defer cancel()
	var left []string
	add := func(kind, name string, labels map[string]string) {
		if labels[providers.TagCluster] == string(id) || strings.Contains(name, string(id)) {
			left = append(left, kind+" "+name)
		}
	}
	containers, err := d.cli.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	networks, err := d.cli.NetworkList(ctx, client.NetworkListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	volumes, err := d.cli.VolumeList(ctx, client.VolumeListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range containers.Items {
		add("container", strings.Join(c.Names, ","), c.Labels)
	}
	for _, n := range networks.Items {
		add("network", n.Name, n.Labels)
	}
	for _, v := range volumes.Items {
		add("volume", v.Name, v.Labels)
	}
	return left
}

// destroyAtEnd takes a cluster away when the test ends and fails it when
// anything is left.
func destroyAtEnd(t *testing.T, d *Driver, id cluster.ID) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := background(t.Context(), time.Minute)
		defer cancel()
		cloud := providers.New(d, providers.Options{ConsistencyDelay: consistencyDelay})
		if err := cloud.Destroy(ctx, providers.DestroyRequest{ID: id}); err != nil {
			t.Errorf("destroy: %v", err)
		}
		if left := leftovers(t, d, id); len(left) != 0 {
			t.Errorf("left: %q", left)
		}
	})
}

func smallGroup(name cluster.GroupName) cluster.Group {
	return cluster.Group{Name: name, Count: 1, Image: defaultImage, Settings: map[string]any{"memory": "512MB"}}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Server(t, "Docker engine")
	d := realDriver(t)
	user, host := newKeys(t)
	providertest.Run(t, providertest.Harness{
		Open: func(t *testing.T) providers.Driver { t.Helper(); return realDriver(t) },
		Node: func(name cluster.NodeName, group cluster.GroupName) providers.NodeRequest {
			return providers.NodeRequest{Name: name, Group: smallGroup(group), Image: defaultImage}
		},
		Spoil: func(n providers.NodeRequest) providers.NodeRequest {
			n.Group.Settings = map[string]any{"memory": "1MB"} // less than any engine allows
			return n
		},
		UnknownImage:     "ecluster-test/no-such-image:1",
		UnknownInstance:  "0123456789ab",
		Access:           providers.Access{AuthorizedKey: user.Authorized, HostKey: host.PrivatePEM},
		Leftovers:        func(t *testing.T, id cluster.ID) []string { t.Helper(); return leftovers(t, d, id) },
		ConsistencyDelay: consistencyDelay,
	})
}

// lab is a small cluster on the real engine and the keys to it.
type lab struct {
	d          *Driver
	id         cluster.ID
	user, host remote.KeyPair
	dialer     *remote.Dialer
}

func newLab(t *testing.T, g cluster.Group, volumes ...string) *lab {
	t.Helper()
	l := &lab{d: realDriver(t), id: newClusterID(t)}
	l.user, l.host = newKeys(t)
	l.dialer = &remote.Dialer{Key: l.user.PrivatePEM}
	destroyAtEnd(t, l.d, l.id)
	err := l.d.Prepare(t.Context(), providers.PrepareRequest{
		ID: l.id, Name: "lab", Groups: []cluster.Group{g}, Volumes: volumes,
		Progress: func(task, message string) { t.Log(task + ": " + message) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lab) request(token string, nodes ...providers.NodeRequest) providers.LaunchRequest {
	return providers.LaunchRequest{
		ID: l.id, Name: "lab", Token: token, Nodes: nodes,
		Access: providers.Access{AuthorizedKey: l.user.Authorized, HostKey: l.host.PrivatePEM},
	}
}

func (l *lab) launch(t *testing.T, req providers.LaunchRequest) {
	t.Helper()
	results, err := l.d.Launch(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
}

func (l *lab) instance(t *testing.T, node cluster.NodeName) cluster.Instance {
	t.Helper()
	list, err := l.d.List(t.Context(), l.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if i.Node == node {
			return i
		}
	}
	t.Fatalf("no %s in %+v", node, list)
	return cluster.Instance{}
}

// dial waits for the sshd of a node, at one of its endpoints or all of them,
// and accepts no host key but the one that was placed.
func (l *lab) dial(t *testing.T, i cluster.Instance, endpoints ...cluster.Endpoint) *remote.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if len(endpoints) == 0 {
		endpoints = i.Endpoints
	}
	conn, err := l.dialer.DialWait(ctx, remote.Target{
		Node: i.Node, User: "root", Endpoints: endpoints, HostKeys: []string{l.host.Authorized},
	}, func(int, error) {})
	if err != nil {
		console, _ := l.d.Console(context.WithoutCancel(ctx), l.id, i.ID)
		t.Fatalf("%v; its console:\n%s", err, console)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func run(t *testing.T, conn *remote.Conn, command string) string {
	t.Helper()
	out, said, err := conn.Run(t.Context(), command, nil)
	if err != nil {
		t.Fatalf("%s: %s: %v\n%s%s", conn.Node(), command, err, out, said)
	}
	return strings.TrimSpace(string(out))
}
