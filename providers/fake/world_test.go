package fake_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

const id cluster.ID = "c1"

func prepared(t *testing.T, w *fake.World) *fake.Driver {
	t.Helper()
	d := w.Driver()
	if err := d.Prepare(t.Context(), providers.PrepareRequest{ID: id, Name: "test", Progress: func(string, string) {}}); err != nil {
		t.Fatal(err)
	}
	return d
}

func request(token string, n int) providers.LaunchRequest {
	r := providers.LaunchRequest{ID: id, Token: token}
	for i := range n {
		g := cluster.Group{Name: "n", Settings: map[string]any{"cpus": 4.0, "memory": "2GB"}}
		r.Nodes = append(r.Nodes, providers.NodeRequest{Name: cluster.NewNodeName("n", i+1), Group: g})
	}
	return r
}

// outcome renders results as "ok quota ok".
func outcome(results []providers.LaunchResult) (out []string) {
	for _, r := range results {
		var e *fake.Error
		switch {
		case errors.As(r.Err, &e):
			out = append(out, string(e.Kind))
		case r.Instance != "":
			out = append(out, "ok")
		}
	}
	return out
}

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		name     string
		faults   []fake.Fault
		want     [][]string // of each call; nil for a refused one
		machines int
	}{
		{"none", nil, [][]string{{"ok", "ok", "ok"}}, 3},
		{"the second call", []fake.Fault{{Op: fake.OpLaunch, Call: 2, Kind: providers.Throttled}}, [][]string{{"ok", "ok", "ok"}, nil, {"ok", "ok", "ok"}}, 6},
		{"the next two", []fake.Fault{{Op: fake.OpLaunch, Times: 2, Kind: providers.Transient}}, [][]string{nil, nil, {"ok", "ok", "ok"}}, 3},
		{"from the second node on", []fake.Fault{{Op: fake.OpLaunch, From: 2, Kind: providers.Capacity}}, [][]string{{"ok", "capacity", "capacity"}}, 1},
		{"one node", []fake.Fault{{Op: fake.OpLaunch, Node: "n002", Kind: providers.Quota}}, [][]string{{"ok", "quota", "ok"}}, 2},
		{"one node lands", []fake.Fault{{Op: fake.OpLaunch, Node: "n002", Kind: providers.Transient, Lands: true}}, [][]string{{"ok", "transient", "ok"}}, 3},
		{"a lost answer", []fake.Fault{{Op: fake.OpLaunch, Kind: providers.Transient, Lands: true}}, [][]string{nil}, 3},
		{"another method", []fake.Fault{{Op: fake.OpList, Kind: providers.Transient}}, [][]string{{"ok", "ok", "ok"}}, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := fake.NewWorld(fake.Options{})
			d := prepared(t, w)
			w.Inject(test.faults...)
			for i, want := range test.want {
				results, err := d.Launch(t.Context(), request(fmt.Sprintf("token-%d", i), 3))
				if (err != nil) != (want == nil) {
					t.Errorf("call %d: error %v", i+1, err)
				}
				if diff := cmp.Diff(want, outcome(results)); diff != "" {
					t.Errorf("call %d (-want +got)\n%s", i+1, diff)
				}
			}
			if got := len(w.Machines(id)); got != test.machines {
				t.Errorf("%d machines, want %d", got, test.machines)
			}
		})
	}
}

func TestHang(t *testing.T) {
	for _, lands := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := fake.NewWorld(fake.Options{})
			d := prepared(t, w)
			w.Inject(fake.Fault{Op: fake.OpLaunch, Hang: true, Lands: lands})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := d.Launch(ctx, request("token", 1))
			if d.ErrorKind(err) != providers.Canceled {
				t.Errorf("error %v", err)
			}
			if got := len(w.Machines(id)); (got == 1) != lands {
				t.Errorf("lands %v: %d machines", lands, got)
			}
		})
	}
}

// The life of machines follows from the clock: lag, boot, fate.
func TestMachinesFollowTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := fake.NewWorld(fake.Options{BootDelay: 10 * time.Second, CreateLag: 2 * time.Second, DeleteLag: 3 * time.Second})
		d := prepared(t, w)
		w.Doom("n002", fake.Fate{State: cluster.InstanceError, Reason: "no disk"})
		if _, err := d.Launch(t.Context(), request("token", 2)); err != nil {
			t.Fatal(err)
		}
		check := func(after time.Duration, want ...cluster.InstanceState) {
			t.Helper()
			<-time.After(after)
			list, err := d.List(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			var got []cluster.InstanceState
			for _, i := range list {
				got = append(got, i.State)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("states (-want +got)\n%s", diff)
			}
		}
		check(time.Second)
		check(time.Second, cluster.InstancePending, cluster.InstanceError)
		check(8*time.Second, cluster.InstanceRunning, cluster.InstanceError)
		if got := w.Machines(id)[0]; got.Shape != (cluster.Shape{CPUs: 4, Memory: 2 * cluster.GiB}) || got.Endpoints[0] != (cluster.Endpoint{Host: "10.0.0.3", Port: 22}) {
			t.Errorf("machine %+v", got)
		}
		w.Strike(id, "n001", fake.Fate{State: cluster.InstanceStopped, Reason: "crash"})
		check(0, cluster.InstanceStopped, cluster.InstanceError)
		w.Vanish(id, "n001")
		if _, err := d.Terminate(t.Context(), id, []cluster.InstanceID{"fake-0002"}); err != nil {
			t.Fatal(err)
		}
		check(2*time.Second, cluster.InstanceStopping, cluster.InstanceStopping)
		check(time.Second)
	})
}

func TestPauseResumeConsole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := fake.NewWorld(fake.Options{BootDelay: time.Second})
		d := prepared(t, w)
		results, err := d.Launch(t.Context(), request("token", 1))
		if err != nil {
			t.Fatal(err)
		}
		machine := []cluster.InstanceID{results[0].Instance}
		states := func() (out []cluster.InstanceState) {
			for _, i := range w.Machines(id) {
				out = append(out, i.State)
			}
			return out
		}
		if _, err := d.Pause(t.Context(), id, machine); err != nil || states()[0] != cluster.InstanceStopped {
			t.Errorf("paused: %v, error %v", states(), err)
		}
		if _, err := d.Resume(t.Context(), id, machine); err != nil || states()[0] != cluster.InstancePending {
			t.Errorf("resumed: %v, error %v", states(), err)
		}
		text, err := d.Console(t.Context(), id, machine[0])
		if err != nil || string(text) != "fake machine fake-0001 of n001: pending\n" {
			t.Errorf("console %q, error %v", text, err)
		}
		if _, err := d.Console(t.Context(), id, "none"); d.ErrorKind(err) != providers.NotFound {
			t.Errorf("console of no machine: %v", err)
		}
	})
}

// Another process finds the cloud in its file.
func TestFileKeepsTheCloud(t *testing.T) {
	file := t.TempDir() + "/cloud.json"
	plugin := fake.Plugin(fake.NewWorld(fake.Options{}))
	open := func() providers.Driver {
		d, err := plugin.Open(schema.Values{"file": file})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if err := open().Prepare(t.Context(), providers.PrepareRequest{ID: id, Progress: func(string, string) {}}); err != nil {
		t.Fatal(err)
	}
	first, err := open().Launch(t.Context(), request("token", 2))
	if err != nil {
		t.Fatal(err)
	}
	again, err := open().Launch(t.Context(), request("token", 2))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same launch in another process (-first +second)\n%s", diff)
	}
	if list, err := open().List(t.Context(), id); err != nil || len(list) != 2 {
		t.Errorf("list %v, error %v", list, err)
	}
}

// servers stands in for SSH servers in the process of a test.
type servers struct{ running map[cluster.InstanceID]bool }

func (s *servers) Boot(m fake.Machine) (cluster.Endpoint, error) {
	if m.Node == "n002" {
		return cluster.Endpoint{}, errors.New("no port is free")
	}
	s.running[m.ID] = true
	return cluster.Endpoint{Host: "127.0.0.1", Port: 2200}, nil
}

func (s *servers) Halt(id cluster.InstanceID) { delete(s.running, id) }

func TestMachinesHook(t *testing.T) {
	s := &servers{running: map[cluster.InstanceID]bool{}}
	w := fake.NewWorld(fake.Options{Machines: s})
	d := prepared(t, w)
	results, err := d.Launch(t.Context(), request("token", 2))
	if err != nil {
		t.Fatal(err)
	}
	list := w.Machines(id)
	if list[0].Endpoints[0].Port != 2200 || list[1].State != cluster.InstanceError || list[1].Reason != "no port is free" {
		t.Errorf("machines %+v", list)
	}
	if _, err := d.Terminate(t.Context(), id, []cluster.InstanceID{results[0].Instance}); err != nil || len(s.running) != 0 {
		t.Errorf("running %v, error %v", s.running, err)
	}
}

func TestTokenOfAnotherRequest(t *testing.T) {
	d := prepared(t, fake.NewWorld(fake.Options{}))
	if _, err := d.Launch(t.Context(), request("token", 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Launch(t.Context(), request("token", 3)); d.ErrorKind(err) != providers.Conflict {
		t.Errorf("error %v", err)
	}
}
