package qemu

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// lab is a cluster of machines without an operating system, with one machine.
type lab struct {
	*testing.T
	d   *Driver
	id  cluster.ID
	req providers.LaunchRequest
}

func newLab(t *testing.T) *lab {
	t.Helper()
	needQEMU(t)
	disk := bareDisk(t)
	l := &lab{T: t, d: testDriver(t), id: "tlab"}
	g := cluster.Group{Name: "node", Image: disk, Settings: map[string]any{
		"disks": []any{map[string]any{"size_gb": float64(1)}},
	}}
	l.req = providers.LaunchRequest{
		ID: l.id, Name: "lab", Token: "one", Access: testAccess,
		Nodes: []providers.NodeRequest{{Name: "node001", Group: g, Image: disk}},
	}
	if err := l.d.Prepare(t.Context(), providers.PrepareRequest{ID: l.id, Name: "lab", Groups: []cluster.Group{g}, Progress: func(string, string) {}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := background(t.Context(), time.Minute)
		defer cancel()
		if err := providers.New(l.d, providers.Options{}).Destroy(ctx, providers.DestroyRequest{ID: l.id}); err != nil {
			t.Error(err)
		}
		if left := leftovers(t, l.d, l.id); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	})
	return l
}

func (l *lab) launch() cluster.InstanceID {
	l.Helper()
	results, err := l.d.Launch(l.Context(), l.req)
	if err != nil || results[0].Err != nil {
		l.Fatal(err, results[0].Err)
	}
	return results[0].Instance
}

// is checks the state of the machine.
func (l *lab) is(want cluster.InstanceState, reason string) cluster.Instance {
	l.Helper()
	list, err := l.d.List(l.Context(), l.id)
	if err != nil || len(list) != 1 {
		l.Fatalf("%v, %+v", err, list)
	}
	if list[0].State != want || !strings.Contains(list[0].Reason, reason) {
		l.Fatalf("the machine is %s (%s), not %s (%s)", list[0].State, list[0].Reason, want, reason)
	}
	return list[0]
}

func (l *lab) resume(id cluster.InstanceID) {
	l.Helper()
	if refused, err := l.d.Resume(l.Context(), l.id, []cluster.InstanceID{id}); err != nil || len(refused) > 0 {
		l.Fatal(err, refused)
	}
}

// signal sends one to a process of the cluster and waits for its end if that
// is what the signal is for.
func (l *lab) signal(p process, s syscall.Signal) {
	l.Helper()
	text, err := os.ReadFile(p.path("pid"))
	if err != nil {
		l.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		l.Fatal(err)
	}
	if err := syscall.Kill(pid, s); err != nil {
		l.Fatal(err)
	}
	for s == syscall.SIGKILL {
		if alive, err := p.alive(); err != nil || !alive {
			return
		}
	}
}

// A machine that is switched off inside comes back where it was.
func TestSwitchedOff(t *testing.T) {
	l := newLab(t)
	id := l.launch()
	before := l.is(cluster.InstanceRunning, "")
	m := process{l.d.place(l.id).folder("node001")}
	l.signal(m, syscall.SIGKILL)
	l.is(cluster.InstanceStopped, "switched off")
	l.resume(id)
	after := l.is(cluster.InstanceRunning, "")
	if before.PrivateIP != after.PrivateIP || before.Endpoints[0] != after.Endpoints[0] {
		t.Errorf("it was at %v and %v, and is at %v and %v", before.PrivateIP, before.Endpoints, after.PrivateIP, after.Endpoints)
	}
	l.resume(id) // of one that runs
	l.is(cluster.InstanceRunning, "")
}

// Without the process that is their network, machines are of no use: they are
// shown as stopped, and are started again together with it.
func TestNetworkDied(t *testing.T) {
	l := newLab(t)
	id := l.launch()
	l.signal(l.d.place(l.id).network().process, syscall.SIGKILL)
	l.is(cluster.InstanceStopped, "cut off")
	l.resume(id)
	l.is(cluster.InstanceRunning, "")
}

// A QEMU that hangs does not hear that it is to end.
func TestHungMachineGoes(t *testing.T) {
	l := newLab(t)
	id := l.launch()
	l.signal(process{l.d.place(l.id).folder("node001")}, syscall.SIGSTOP)
	if refused, err := l.d.Terminate(t.Context(), l.id, []cluster.InstanceID{id}); err != nil || len(refused) > 0 {
		t.Fatal(err, refused)
	}
	if list, err := l.d.List(t.Context(), l.id); err != nil || len(list) > 0 {
		t.Error(err, list)
	}
}

// What a launch left that was killed is finished by the same launch, and in
// the way of another.
func TestInterruptedLaunch(t *testing.T) {
	l := newLab(t)
	r := record{Node: "node001", Group: "node", Attempt: "one", Address: firstNode, CPUs: 1, Memory: minMemory, Disks: 1, Image: l.req.Nodes[0].Image, Accel: accelTCG, Created: time.Now()}
	var err error
	if r.Port, err = freePort(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.d.place(l.id).add(r); err != nil {
		t.Fatal(err)
	}
	l.is(cluster.InstanceError, "interrupted")
	l.req.Token = "two"
	results, err := l.d.Launch(t.Context(), l.req)
	if err != nil || l.d.ErrorKind(results[0].Err) != providers.Conflict {
		t.Errorf("%v, %v", err, results)
	}
	l.req.Token = "one"
	if id := l.launch(); id != r.instance() {
		t.Errorf("the launch made %s, not %s", id, r.instance())
	}
	l.is(cluster.InstanceRunning, "")
}

// Two places never run one machine.
func TestLockIsTheProcess(t *testing.T) {
	l := newLab(t)
	l.launch()
	m := process{l.d.place(l.id).folder("node001")}
	if lock, err := m.acquire(t.Context()); !errors.Is(err, errBusy) {
		t.Errorf("the lock of a machine that runs: %v, %v", lock, err)
	}
}

// A Cleanup that was killed half way is finished by the next.
func TestInterruptedCleanup(t *testing.T) {
	needQEMU(t)
	d := testDriver(t)
	p := d.place("tlab")
	for _, dir := range []string{p.nodes(), p.dir + oldSuffix + "/network"} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := d.Clusters(t.Context()); err != nil || len(list) != 1 || list[0].ID != "tlab" || len(list[0].Resources) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	if err := d.Cleanup(t.Context(), "tlab", providers.Keep{}); err != nil {
		t.Fatal(err)
	}
	if left := leftovers(t, d, "tlab"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}
