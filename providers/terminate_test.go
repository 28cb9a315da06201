package providers_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

// booted is a rig with 25 machines.
func booted(t *testing.T, fo fake.Options) (*rig, []cluster.InstanceID) {
	t.Helper()
	r := newRig(t, fo, providers.Options{})
	if err := r.launch(t.Context(), nodes("compute", 25)); err != nil {
		t.Fatal(err)
	}
	var ids []cluster.InstanceID
	for _, i := range r.world.Machines(testID) {
		ids = append(ids, i.ID)
	}
	return r, ids
}

func TestTerminateInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ids := booted(t, fake.Options{DeleteLag: 20 * time.Second})
		refused, err := r.cloud.Terminate(t.Context(), testID, append(ids, "fake-9999"))
		if err != nil || len(refused) != 0 {
			t.Fatalf("refused %v, error %v", refused, err)
		}
		if got := r.world.Count(fake.OpTerminate); got != 3 {
			t.Errorf("%d calls, want 3", got)
		}
		start := time.Now()
		if err := r.cloud.WaitGone(t.Context(), testID, ids); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d < 20*time.Second || d > 23*time.Second {
			t.Errorf("gone after %s, want the cloud's 20 s", d)
		}
		if n := r.world.Count(fake.OpList); n > 20 {
			t.Errorf("%d listings", n)
		}
	})
}

func TestTerminateByKind(t *testing.T) {
	for _, test := range []struct {
		fault   fake.Fault
		calls   int
		refused int
		fails   bool
	}{
		{fake.Fault{Kind: providers.Throttled, Times: 2}, 5, 0, false},
		{fake.Fault{Kind: providers.Permission}, 1, 0, true},
		{fake.Fault{Kind: providers.Transient, Times: 2, Node: "compute003"}, 5, 0, false},
		{fake.Fault{Kind: providers.Conflict, Times: 2, Node: "compute003"}, 5, 0, false},
		{fake.Fault{Kind: providers.NotFound, Node: "compute003"}, 3, 0, false},
		{fake.Fault{Kind: providers.Permission, Node: "compute003"}, 3, 1, false},
		{fake.Fault{Kind: providers.Unknown, Node: "compute003"}, 3, 1, false},
		{fake.Fault{Kind: providers.Transient, Times: -1, Node: "compute003"}, 0, 1, false},
	} {
		name := string(test.fault.Kind)
		if test.fault.Node != "" {
			name += " of one machine"
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, ids := booted(t, fake.Options{})
				test.fault.Op = fake.OpTerminate
				r.world.Inject(test.fault)
				refused, err := r.cloud.Terminate(t.Context(), testID, ids)
				if (err != nil) != test.fails || len(refused) != test.refused {
					t.Errorf("refused %v, error %v", refused, err)
				}
				for id, e := range refused {
					if id != ids[2] || providers.KindOf(e) != test.fault.Kind {
						t.Errorf("refused %s: %v", id, e)
					}
				}
				if got := r.world.Count(fake.OpTerminate); test.calls != 0 && got != test.calls {
					t.Errorf("%d calls, want %d", got, test.calls)
				}
				if got := len(r.world.Machines(testID)); !test.fails && test.fault.Kind != providers.NotFound && got != test.refused {
					t.Errorf("%d machines are left", got)
				}
			})
		})
	}
}

func TestTerminateAsksAgainOnlyForTheRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ids := booted(t, fake.Options{})
		r.world.Inject(fake.Fault{Op: fake.OpTerminate, Kind: providers.Throttled, From: 8})
		if _, err := r.cloud.Terminate(t.Context(), testID, ids[:10]); err != nil {
			t.Fatal(err)
		}
		calls := r.world.Calls(fake.OpTerminate)
		if len(calls) != 2 || len(calls[1].Instances) != 3 {
			t.Errorf("calls %+v", calls)
		}
	})
}

func TestWaitGoneCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ids := booted(t, fake.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := r.cloud.WaitGone(ctx, testID, ids[:1]); providers.KindOf(err) != providers.Canceled {
			t.Errorf("error %v", err)
		}
	})
}
