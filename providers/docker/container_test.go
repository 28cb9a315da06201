package docker

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/system"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

func launchRequest(nodes ...providers.NodeRequest) providers.LaunchRequest {
	return providers.LaunchRequest{
		ID: "c1", Name: "local", Token: "tok", Nodes: nodes,
		Access: providers.Access{AuthorizedKey: "ssh-ed25519 AAAAuser", HostKey: "HOSTSECRET"},
	}
}

func nodeRequest(name cluster.NodeName) providers.NodeRequest {
	return providers.NodeRequest{Name: name, Image: "debian-13", Group: cluster.Group{
		Name: "compute", Count: 1, Image: "debian-13",
		Settings: map[string]any{"cpus": 1.5, "memory": "2GB"},
		Needs: cluster.Needs{
			Devices: []string{"/dev/fuse"},
			Mounts:  []cluster.Mount{{Volume: "home", Path: "/home"}},
		},
	}}
}

// The host decides which options a container gets: an engine without AppArmor
// or SELinux may refuse theirs.
func TestSecurityOptionsFollowTheHost(t *testing.T) {
	for _, tc := range []struct {
		name    string
		options []string
		want    []string
	}{
		{"plain", []string{"name=seccomp,profile=default"}, []string{"seccomp=unconfined"}},
		{"AppArmor", []string{"name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"}, []string{"seccomp=unconfined", "apparmor=unconfined"}},
		{"SELinux", []string{"name=selinux"}, []string{"seccomp=unconfined", "label=disable"}},
		{"old form", []string{"apparmor"}, []string{"seccomp=unconfined", "apparmor=unconfined"}},
	} {
		got := securityOptions(factsFrom("unix:///x", system.Info{SecurityOptions: tc.options}))
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.name, diff)
		}
	}
}

func TestFactsTellALocalEngine(t *testing.T) {
	here := system.Info{KernelVersion: kernelRelease()}
	for _, tc := range []struct {
		host string
		info system.Info
		want bool
	}{
		{"unix:///var/run/docker.sock", here, true},
		{"unix:///var/run/docker.sock", system.Info{KernelVersion: "6.6.0-linuxkit"}, false},
		{"unix:///var/run/docker.sock", system.Info{}, false},
		{"tcp://lab:2376", here, false},
	} {
		if got := factsFrom(tc.host, tc.info).local; got != tc.want {
			t.Errorf("%s with kernel %q: local %t", tc.host, tc.info.KernelVersion, got)
		}
	}
}

func TestCreateOptions(t *testing.T) {
	_, d := newStub(t, nil)
	facts := engineFacts{size: cluster.Shape{CPUs: 4, Memory: 8 * cluster.GiB}, swapLimit: true}
	n := nodeRequest("compute001")
	req := launchRequest(n)
	worker := d.createOptions(facts, req, n)
	n.Frontend = true
	frontend := d.createOptions(facts, req, n)

	h := worker.HostConfig
	if h.NanoCPUs != 1.5e9 || h.Memory != 2<<30 || h.MemorySwap != 2<<30 || h.ShmSize != 1<<30 {
		t.Errorf("limits: %d CPUs, memory %d, swap %d, shm %d", h.NanoCPUs, h.Memory, h.MemorySwap, h.ShmSize)
	}
	if h.Privileged || !slices.Equal(h.CapAdd, []string{"SYS_ADMIN", "SYS_PTRACE"}) || !h.CgroupnsMode.IsPrivate() {
		t.Errorf("privileges: %t %v %s", h.Privileged, h.CapAdd, h.CgroupnsMode)
	}
	if len(h.Devices) != 1 || h.Devices[0].PathInContainer != "/dev/fuse" {
		t.Errorf("devices %v", h.Devices)
	}
	if len(h.Mounts) != 1 || h.Mounts[0].Source != "ecluster-c1-home" || h.Mounts[0].Target != "/home" {
		t.Errorf("mounts %v", h.Mounts)
	}
	if l := worker.Config.Labels; l[labelCPUs] != "1" || l[labelMemory] != "2147483648" || l[providers.TagAttempt] != "tok" {
		t.Errorf("labels %v", l)
	}
	if len(h.PortBindings) != 0 || len(frontend.HostConfig.PortBindings[sshPort()]) != 1 {
		t.Errorf("ports: worker %v, frontend %v", h.PortBindings, frontend.HostConfig.PortBindings)
	}
	if got := frontend.HostConfig.PortBindings[sshPort()][0].HostIP; !got.IsLoopback() {
		t.Errorf("published on %s", got)
	}
	if got := publishOn("tcp://lab:2376"); !got.IsUnspecified() {
		t.Errorf("a remote engine publishes on %s", got)
	}
	everything, err := json.Marshal(frontend)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"HOSTSECRET", "AAAAuser"} {
		if strings.Contains(string(everything), secret) {
			t.Errorf("%s can be read by everyone who may inspect the container", secret)
		}
	}
}

func TestShape(t *testing.T) {
	engine := cluster.Shape{CPUs: 4, Memory: 8 * cluster.GiB}
	for _, tc := range []struct {
		settings map[string]any
		want     cluster.Shape
	}{
		{nil, engine},
		{map[string]any{"cpus": 0.5}, cluster.Shape{CPUs: 1, Memory: 8 * cluster.GiB}},
		{map[string]any{"cpus": 2.0, "memory": "512MB"}, cluster.Shape{CPUs: 2, Memory: 512 * cluster.MiB}},
	} {
		if got := limitsOf(cluster.Group{Settings: tc.settings}).shape(engine); got != tc.want {
			t.Errorf("%v: %+v, want %+v", tc.settings, got, tc.want)
		}
	}
}

func TestState(t *testing.T) {
	for _, tc := range []struct {
		state container.ContainerState
		want  cluster.InstanceState
	}{
		{container.StateRunning, cluster.InstanceRunning},
		{container.StateCreated, cluster.InstanceError},
		{container.StateExited, cluster.InstanceStopped},
		{container.StatePaused, cluster.InstanceStopped},
		{container.StateRestarting, cluster.InstancePending},
		{container.StateRemoving, cluster.InstanceStopping},
		{container.StateDead, cluster.InstanceError},
		{"new", cluster.InstanceError},
	} {
		state, reason := stateOf(container.Summary{State: tc.state, Status: "status"})
		if state != tc.want {
			t.Errorf("%s is %s, want %s", tc.state, state, tc.want)
		}
		if state == cluster.InstanceError && reason == "" {
			t.Errorf("%s has no reason", tc.state)
		}
	}
}

func TestEndpoints(t *testing.T) {
	ports := []container.PortSummary{
		{IP: netip.MustParseAddr("127.0.0.1"), PrivatePort: 22, PublicPort: 4022, Type: "tcp"},
		{IP: netip.MustParseAddr("::"), PrivatePort: 22, PublicPort: 4022, Type: "tcp"},
		{PrivatePort: 80, Type: "tcp"},
	}
	direct, published := cluster.Endpoint{Host: "172.18.0.2", Port: 22}, cluster.Endpoint{Host: "127.0.0.1", Port: 4022}
	for _, tc := range []struct {
		name  string
		host  string
		local bool
		want  []cluster.Endpoint
	}{
		{"here", "unix:///x", true, []cluster.Endpoint{direct, published}},
		{"in a virtual machine", "unix:///x", false, []cluster.Endpoint{published, direct}},
		{"elsewhere", "tcp://lab:2376", false, []cluster.Endpoint{{Host: "lab", Port: 4022}, direct}},
	} {
		d := &Driver{host: tc.host, facts: &engineFacts{local: tc.local}}
		if diff := cmp.Diff(tc.want, d.endpoints("172.18.0.2", ports)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.name, diff)
		}
	}
}

func TestLaunchFindsItsOwnContainer(t *testing.T) {
	inspect := func(token, state string) http.HandlerFunc {
		return reply(`{"Id":"0123456789abcdef","Config":{"Labels":{"ecluster-cluster":"c1","ecluster-attempt":"` + token + `"}},"State":{"Status":"` + state + `"}}`)
	}
	const start, put = "POST /containers/0123456789abcdef/start", "PUT /containers/0123456789abcdef/archive"
	for _, tc := range []struct {
		name, token, state string
		started            bool
		kind               providers.Kind
	}{
		{"running", "tok", "running", false, ""},
		{"left by a killed run", "tok", "created", true, ""},
		{"of another launch", "other", "created", false, providers.Conflict},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, d := newStub(t, map[string]http.HandlerFunc{
				"POST /containers/create":                     refuse(http.StatusConflict, "name in use"),
				"GET /containers/ecluster-c1-compute001/json": inspect(tc.token, tc.state),
				start: reply(""), put: reply(""),
			})
			results, err := d.Launch(t.Context(), launchRequest(nodeRequest("compute001")))
			if err != nil {
				t.Fatal(err)
			}
			if r := results[0]; tc.kind != "" {
				if d.ErrorKind(r.Err) != tc.kind || r.Instance != "" {
					t.Errorf("instance %q, error %v", r.Instance, r.Err)
				}
			} else if r.Err != nil || r.Instance != "0123456789ab" {
				t.Errorf("instance %q, error %v", r.Instance, r.Err)
			}
			if s.sent(start) != tc.started || s.sent(put) != tc.started {
				t.Errorf("keys placed %t, started %t, want %t", s.sent(put), s.sent(start), tc.started)
			}
		})
	}
}

func TestLaunchUndoesItsFailure(t *testing.T) {
	s, d := newStub(t, map[string]http.HandlerFunc{
		"POST /containers/create":     reply(`{"Id":"abc"}`),
		"PUT /containers/abc/archive": reply(""),
		"POST /containers/abc/start":  refuse(http.StatusInternalServerError, "no such device"),
		"DELETE /containers/abc":      reply(""),
	})
	results, err := d.Launch(t.Context(), launchRequest(nodeRequest("compute001")))
	if err != nil || results[0].Err == nil || !s.sent("DELETE /containers/abc") {
		t.Errorf("results %+v, error %v, removed %t", results, err, s.sent("DELETE /containers/abc"))
	}
}
