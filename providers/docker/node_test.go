package docker

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// TestNodesOfACluster boots three nodes and looks at them from inside, as a
// role would.
func TestNodesOfACluster(t *testing.T) {
	t.Parallel()
	g := smallGroup("compute")
	g.Settings["cpus"] = 1.0
	g.Needs.Mounts = []cluster.Mount{{Volume: "home", Path: "/home"}}
	l := newLab(t, g, "home")
	names := []cluster.NodeName{"compute001", "compute002", "compute003"}
	var nodes []providers.NodeRequest
	for i, name := range names {
		nodes = append(nodes, providers.NodeRequest{Name: name, Group: g, Image: g.Image, Frontend: i == 0})
	}
	l.launch(t, l.request("one", nodes...))
	for _, name := range names {
		conn := l.dial(t, l.instance(t, name))
		if got := run(t, conn, "systemctl is-system-running --wait || systemctl --failed"); got != "running" {
			t.Errorf("%s: systemd is %s", name, got)
		}
		if got := run(t, conn, "hostname"); got != string(name) {
			t.Errorf("hostname %q, want %s", got, name)
		}
		for _, other := range names {
			run(t, conn, "getent hosts "+string(other))
		}
		run(t, conn, "touch /home/"+string(name))
		if got := run(t, conn, "ls /etc/ssh/ssh_host_*_key; stat -c %a /etc/ssh/ssh_host_ed25519_key /root/.ssh/authorized_keys; ls /usr/sbin/policy-rc.d 2>/dev/null || true"); got != "/etc/ssh/ssh_host_ed25519_key\n600\n600" {
			t.Errorf("keys and policy-rc.d:\n%s", got)
		}
		if got := run(t, conn, "test -n \"$(find /var/lib/apt/lists -name '*_Packages*')\" && stat -f -c %T /tmp /sys/fs/cgroup"); !strings.HasSuffix(got, "cgroup2fs") || strings.HasPrefix(got, "tmpfs") {
			t.Errorf("file systems of /tmp and cgroups: %q", got)
		}
	}

	frontend := l.instance(t, "compute001")
	t.Run("list", func(t *testing.T) {
		if want := (cluster.Shape{CPUs: 1, Memory: 512 * cluster.MiB}); frontend.Shape != want || frontend.State != cluster.InstanceRunning {
			t.Errorf("shape %+v, state %s", frontend.Shape, frontend.State)
		}
		if other := l.instance(t, "compute002"); len(frontend.Endpoints) != 2 || len(other.Endpoints) != 1 {
			t.Errorf("endpoints: frontend %v, other %v", frontend.Endpoints, other.Endpoints)
		}
	})
	t.Run("the volume is shared", func(t *testing.T) {
		conn := l.dial(t, frontend, frontend.Endpoints[1]) // and the published port works
		if got := run(t, conn, "ls /home"); got != "compute001\ncompute002\ncompute003" {
			t.Errorf("/home holds %q", got)
		}
	})
	t.Run("keys can't be inspected", func(t *testing.T) {
		c, err := l.d.cli.ContainerInspect(t.Context(), string(frontend.ID), client.ContainerInspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(c)
		if err != nil || strings.Contains(string(data), "OPENSSH PRIVATE") || strings.Contains(string(data), l.user.Authorized) {
			t.Errorf("error %v, %s", err, data)
		}
		if h := c.Container.HostConfig; h.Memory != 512<<20 || h.NanoCPUs != 1e9 {
			t.Errorf("limits: memory %d, CPUs %d", h.Memory, h.NanoCPUs)
		}
	})
	t.Run("console", func(t *testing.T) {
		out, err := l.d.Console(t.Context(), l.id, frontend.ID)
		if err != nil || !strings.Contains(string(out), "systemd") {
			t.Errorf("console %q, error %v", out, err)
		}
	})
	t.Run("orphans", func(t *testing.T) {
		refs, err := l.d.Clusters(t.Context())
		i := slices.IndexFunc(refs, func(r providers.ClusterRef) bool { return r.ID == l.id })
		if err != nil || i < 0 || refs[i].Machines != 3 || refs[i].Name != "lab" || len(refs[i].Resources) != 2 {
			t.Errorf("clusters %+v, error %v", refs, err)
		}
	})
	t.Run("pause and resume", func(t *testing.T) {
		ids := []cluster.InstanceID{frontend.ID}
		for range 2 {
			if refused, err := l.d.Pause(t.Context(), l.id, ids); err != nil || len(refused) != 0 {
				t.Fatal(refused, err)
			}
		}
		if i := l.instance(t, "compute001"); i.State != cluster.InstanceStopped {
			t.Errorf("paused: %s", i.State)
		}
		for range 2 {
			if refused, err := l.d.Resume(t.Context(), l.id, ids); err != nil || len(refused) != 0 {
				t.Fatal(refused, err)
			}
		}
		run(t, l.dial(t, l.instance(t, "compute001")), "systemctl is-system-running --wait; ls /home/compute003")
	})
	t.Run("cut off the network and resume", func(t *testing.T) {
		_, err := l.d.cli.NetworkDisconnect(t.Context(), resourceName(l.id, ""), client.NetworkDisconnectOptions{Container: string(frontend.ID), Force: true})
		if err != nil {
			t.Fatal(err)
		}
		if i := l.instance(t, "compute001"); i.State != cluster.InstanceStopped || !strings.Contains(i.Reason, "cut off") {
			t.Errorf("cut off: %s (%s)", i.State, i.Reason)
		}
		if refused, err := l.d.Resume(t.Context(), l.id, []cluster.InstanceID{frontend.ID}); err != nil || len(refused) != 0 {
			t.Fatal(refused, err)
		}
		run(t, l.dial(t, l.instance(t, "compute001")), "getent hosts compute001")
	})
}

// TestKilledLaunch: what a run leaves that was killed between the creation of
// a container and its start.
func TestKilledLaunch(t *testing.T) {
	t.Parallel()
	g := smallGroup("compute")
	l := newLab(t, g)
	n := providers.NodeRequest{Name: "compute001", Group: g, Image: g.Image}
	facts, err := l.d.engine(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.d.createContainer(t.Context(), l.d.createOptions(facts, l.request("one", n), n)); err != nil {
		t.Fatal(err)
	}
	if i := l.instance(t, "compute001"); i.State != cluster.InstanceError || i.Reason == "" || i.Attempt != "one" {
		t.Errorf("what a killed launch left is %s (%s) of attempt %q", i.State, i.Reason, i.Attempt)
	}
	results, err := l.d.Launch(t.Context(), l.request("two", n))
	if err != nil || l.d.ErrorKind(results[0].Err) != providers.Conflict {
		t.Errorf("another attempt: %+v, error %v", results, err)
	}
	l.launch(t, l.request("one", n))
	run(t, l.dial(t, l.instance(t, "compute001")), "true")
}

// TestBootOnCgroup2 shows a node what a host with pure cgroup v2 shows it: the
// new hierarchy, read-only.
func TestBootOnCgroup2(t *testing.T) {
	t.Parallel()
	g := smallGroup("compute")
	l := newLab(t, g)
	n := providers.NodeRequest{Name: "compute001", Group: g, Image: g.Image}
	facts, err := l.d.engine(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	opts := l.d.createOptions(facts, l.request("one", n), n)
	opts.Config.Entrypoint[2] = "umount -R /sys/fs/cgroup; mount -t cgroup2 -o ro,nosuid,nodev,noexec cgroup2 /sys/fs/cgroup\n" + bootScript
	if _, err := l.d.createContainer(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	l.launch(t, l.request("one", n))
	if got := run(t, l.dial(t, l.instance(t, "compute001")), "systemctl is-system-running --wait; findmnt -n -o FSTYPE,OPTIONS /sys/fs/cgroup; findmnt /sys/fs/cgroup | wc -l"); !strings.HasPrefix(got, "running\ncgroup2 rw") || !strings.HasSuffix(got, "\n2") {
		t.Errorf("%q", got)
	}
}

// TestBake makes an image of a node and boots another one from it.
func TestBake(t *testing.T) {
	t.Parallel()
	g := smallGroup("compute")
	l := newLab(t, g)
	l.launch(t, l.request("one", providers.NodeRequest{Name: "compute001", Group: g, Image: g.Image}))
	first := l.instance(t, "compute001")
	run(t, l.dial(t, first), "echo frozen >/etc/frozen")
	image, err := l.d.Bake(t.Context(), providers.BakeRequest{
		ID: l.id, Instance: first.ID, Name: string(l.id), Labels: map[string]string{"recipe": `a "b" $c`},
		Progress: func(message string) { t.Log(message) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := background(t.Context(), time.Minute)
		defer cancel()
		for range 2 {
			if err := l.d.DeleteImage(ctx, image); err != nil {
				t.Error(err)
			}
		}
	})
	found, err := l.d.cli.ImageInspect(t.Context(), image)
	if err != nil || found.Config.Labels["recipe"] != `a "b" $c` || len(found.RootFS.Layers) != 1 {
		t.Errorf("image %+v, error %v", found, err)
	}
	g.Image = image
	second := providers.NodeRequest{Name: "compute002", Group: g, Image: image}
	l.launch(t, l.request("two", second))
	i := l.instance(t, "compute002")
	if got := run(t, l.dial(t, i), "systemctl is-system-running --wait; cat /etc/frozen"); got != "running\nfrozen" {
		t.Errorf("the baked node: %q", got)
	}
	if a, b := run(t, l.dial(t, first), "cat /etc/machine-id"), run(t, l.dial(t, i), "cat /etc/machine-id"); a == b {
		t.Errorf("both nodes are the machine %s", a)
	}
	// The image is still in use; it goes when its node is gone.
	if refused, err := l.d.Terminate(t.Context(), l.id, []cluster.InstanceID{i.ID}); err != nil || len(refused) != 0 {
		t.Error(refused, err)
	}
}

// TestBuildFromBase takes the node image itself for the bare Debian that can't
// be pulled everywhere.
func TestBuildFromBase(t *testing.T) {
	t.Parallel()
	l := newLab(t, smallGroup("compute"))
	r := mustRecipe(t, defaultImage)
	r.base, r.alias = r.ref(""), "test-"+string(l.id)
	image := r.ref("")
	t.Cleanup(func() {
		ctx, cancel := background(t.Context(), time.Minute)
		defer cancel()
		if err := l.d.DeleteImage(ctx, image); err != nil {
			t.Error(err)
		}
	})
	if err := l.d.build(t.Context(), r, func(task, message string) { t.Log(task + ": " + message) }); err != nil {
		t.Fatal(err)
	}
	found, err := l.d.cli.ImageInspect(t.Context(), image)
	if err != nil || found.Config.Labels[labelImage] != r.alias {
		t.Errorf("image %+v, error %v", found, err)
	}
}
