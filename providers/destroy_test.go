package providers_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

func (r *rig) destroy(t *testing.T, req providers.DestroyRequest) {
	t.Helper()
	req.ID = testID
	if err := r.cloud.Destroy(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if got := r.world.Machines(testID); len(got) != 0 {
		t.Errorf("machines are left: %v", got)
	}
}

func TestDestroyLeavesNothing(t *testing.T) {
	lags := fake.Options{CreateLag: 5 * time.Second, DeleteLag: 7 * time.Second}
	for _, test := range []struct {
		name   string
		fo     fake.Options
		faults []fake.Fault
	}{
		{"at once", fake.Options{}, nil},
		{"with lag", lags, nil},
		{"throttled", lags, []fake.Fault{{Op: fake.OpTerminate, Times: 3, Kind: providers.Throttled}}},
		{"listing stumbles", lags, []fake.Fault{{Op: fake.OpList, Call: 2, Times: 2, Kind: providers.Transient}}},
		{"a machine is busy", lags, []fake.Fault{{Op: fake.OpTerminate, Node: "compute003", Times: 2, Kind: providers.Conflict}}},
		{"the answer is lost", lags, []fake.Fault{{Op: fake.OpTerminate, Kind: providers.Transient, Lands: true}}},
		{"the network is in use", lags, []fake.Fault{{Op: fake.OpCleanup, Times: 3, Kind: providers.Conflict}}},
		{"cleanup stumbles", lags, []fake.Fault{{Op: fake.OpCleanup, Times: 3, Kind: providers.Transient}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, test.fo, providers.Options{})
				r.world.Inject(test.faults...)
				if err := r.launch(t.Context(), nodes("compute", 25)); err != nil {
					t.Fatal(err)
				}
				var left []int
				r.destroy(t, providers.DestroyRequest{Progress: func(l []cluster.Instance) { left = append(left, len(l)) }})
				if got := r.world.Leftovers(testID); len(got) != 0 {
					t.Errorf("left: %q", got)
				}
				if len(left) == 0 || left[len(left)-1] != 0 {
					t.Errorf("progress %v", left)
				}
				calls := r.world.Count(fake.OpList) + r.world.Count(fake.OpTerminate)
				if calls > 40 {
					t.Errorf("%d calls to delete 25 machines", calls)
				}
				r.destroy(t, providers.DestroyRequest{}) // once more, with nothing to do
			})
		})
	}
}

func TestDestroyKeepsVolumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		r.destroy(t, providers.DestroyRequest{Keep: providers.Keep{Volumes: []string{"home"}}})
		if diff := cmp.Diff([]string{"volume ecluster-c1-home"}, r.world.Leftovers(testID)); diff != "" {
			t.Error(diff)
		}
	})
}

// A run was killed while a launch was on its way: nobody knows the machines,
// and the cloud shows them only later.
func TestDestroyAfterALostLaunch(t *testing.T) {
	for _, test := range []struct {
		name string
		open bool // the intention was on disk
	}{{"intention known", true}, {"intention lost", false}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fake.Options{CreateLag: 8 * time.Second}, providers.Options{})
				r.world.Inject(fake.Fault{Op: fake.OpLaunch, Hang: true, Lands: true})
				ctx, kill := context.WithTimeout(t.Context(), time.Second)
				defer kill()
				if err := r.launch(ctx, nodes("compute", 3)); providers.KindOf(err) != providers.Canceled {
					t.Fatalf("error %v", err)
				}
				if len(r.hooks.open) != 1 || len(r.hooks.launched) != 0 {
					t.Fatalf("open %v, launched %v", r.hooks.open, r.hooks.launched)
				}
				req := providers.DestroyRequest{}
				if test.open {
					req.Open = r.hooks.open
				}
				r.destroy(t, req)
				if got := r.world.Leftovers(testID); len(got) != 0 {
					t.Errorf("left: %q", got)
				}
			})
		})
	}
}

// What may still land has its own consistency delay before the two listings
// are counted.
func TestDestroyWaitsForOpenAttempts(t *testing.T) {
	for _, test := range []struct {
		name string
		open []providers.Attempt
		want time.Duration
	}{
		{"none", nil, 8 * time.Second},
		{"cut off just now", []providers.Attempt{{Token: "lost", Since: time.Now()}}, 16 * time.Second},
		{"cut off long ago", []providers.Attempt{{Token: "lost", Since: time.Unix(0, 0)}}, 8 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fake.Options{CreateLag: 8 * time.Second}, providers.Options{})
				start := time.Now()
				r.destroy(t, providers.DestroyRequest{Open: test.open})
				if d := time.Since(start); d != test.want {
					t.Errorf("took %s, want %s", d, test.want)
				}
			})
		})
	}
}

func TestDestroyRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{DeleteLag: time.Second}, providers.Options{})
		if err := r.launch(t.Context(), nodes("compute", 3)); err != nil {
			t.Fatal(err)
		}
		r.world.Inject(fake.Fault{Op: fake.OpTerminate, Node: "compute002", Times: -1, Kind: providers.Permission, Message: "deletion protection is on"})
		err := r.cloud.Destroy(t.Context(), providers.DestroyRequest{ID: testID})
		want := "delete machine fake-0002 of compute002: deletion protection is on"
		if err == nil || err.Error() != want || providers.KindOf(err) != providers.Permission {
			t.Errorf("error %v, want %s", err, want)
		}
		if got := r.world.Machines(testID); len(got) != 1 {
			t.Errorf("left %v, want compute002 alone", got)
		}
		if r.world.Count(fake.OpCleanup) != 0 {
			t.Error("cleaned up under a living machine")
		}
	})
}

// deaf accepts every deletion and does nothing.
type deaf struct{ providers.Driver }

func (deaf) Terminate(context.Context, cluster.ID, []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return nil, nil
}

func TestDestroyGivesUpMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		if err := r.launch(t.Context(), nodes("compute", 1)); err != nil {
			t.Fatal(err)
		}
		err := providers.New(deaf{r.world.Driver()}, providers.Options{}).Destroy(t.Context(), providers.DestroyRequest{ID: testID})
		if err == nil || !strings.Contains(err.Error(), "of compute001: the provider accepted the deletion 8 times") {
			t.Errorf("error %v", err)
		}
	})
}

func TestDestroyGivesUpCleanup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		r.world.Inject(fake.Fault{Op: fake.OpCleanup, Times: -1, Kind: providers.Conflict, Message: "the network is in use by somebody else"})
		start := time.Now()
		err := r.cloud.Destroy(t.Context(), providers.DestroyRequest{ID: testID})
		if providers.KindOf(err) != providers.Conflict || !strings.Contains(err.Error(), "somebody else") {
			t.Errorf("error %v", err)
		}
		if d := time.Since(start); d > 2*time.Minute {
			t.Errorf("gave up after %s, the budget is 2m", d)
		}
	})
}

// What comes up between the last listing and the cleanup is deleted too.
func TestDestroyLateMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{CreateLag: 5 * time.Second}, providers.Options{})
		hasty := providers.New(r.world.Driver(), providers.Options{Jitter: func(d time.Duration) time.Duration { return d }})
		if err := r.launch(t.Context(), nodes("compute", 2)); err != nil {
			t.Fatal(err)
		}
		if err := hasty.Destroy(t.Context(), providers.DestroyRequest{ID: testID}); err != nil {
			t.Fatal(err)
		}
		if got := r.world.Leftovers(testID); len(got) != 0 {
			t.Errorf("left: %q", got)
		}
	})
}

// Each machine that shows up begins the count of empty listings anew.
func TestDestroyCountsEmptyListingsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{CreateLag: 8 * time.Second}, providers.Options{})
		if err := r.launch(t.Context(), nodes("early", 1)); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(7*time.Second, func() {
			if err := r.launch(t.Context(), nodes("late", 1)); err != nil {
				t.Error(err)
			}
		})
		r.destroy(t, providers.DestroyRequest{})
		if n := r.world.Count(fake.OpCleanup); n != 1 {
			t.Errorf("cleaned up %d times: the first came too early", n)
		}
	})
}

func TestDestroyCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{DeleteLag: time.Hour}, providers.Options{})
		if err := r.launch(t.Context(), nodes("compute", 1)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := r.cloud.Destroy(ctx, providers.DestroyRequest{ID: testID})
		if providers.KindOf(err) != providers.Canceled || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

func TestSettle(t *testing.T) {
	for _, test := range []struct {
		name  string
		lands bool
		known bool // the attempt names its nodes
		since func() time.Time
		want  int
		after time.Duration
	}{
		{"landed: no longer than it takes to show", true, true, time.Now, 3, 8200 * time.Millisecond},
		{"landed, nodes unknown", true, false, time.Now, 3, 8200 * time.Millisecond},
		{"never landed", false, true, time.Now, 0, 8 * time.Second},
		{"long ago", false, true, func() time.Time { return time.Now().Add(-time.Hour) }, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fake.Options{CreateLag: 8 * time.Second}, providers.Options{})
				if test.lands {
					if err := r.launch(t.Context(), nodes("compute", 3)); err != nil {
						t.Fatal(err)
					}
				}
				a := providers.Attempt{Token: "lost", Since: test.since()}
				if test.lands {
					a.Token = r.tokens()[0]
				}
				if test.known {
					a.Nodes = nodeNames("compute", 3)
				}
				start := time.Now()
				list, err := r.cloud.Settle(t.Context(), testID, []providers.Attempt{a})
				if err != nil || len(list) != test.want {
					t.Errorf("%d machines, error %v; want %d", len(list), err, test.want)
				}
				if d := time.Since(start); d > test.after {
					t.Errorf("took %s, want at most %s", d, test.after)
				}
			})
		})
	}
	t.Run("answered just before, not listed yet", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fake.Options{CreateLag: 8 * time.Second}, providers.Options{})
			if err := r.launch(t.Context(), nodes("compute", 3)); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			a := providers.Attempt{Token: r.tokens()[0], Nodes: nodeNames("compute", 3), Since: start, Known: start}
			if list, err := r.cloud.Settle(t.Context(), testID, []providers.Attempt{a}); err != nil || len(list) != 3 {
				t.Errorf("%d machines, error %v", len(list), err)
			}
			a.Nodes, a.Known = append(a.Nodes, "gone001"), start.Add(-time.Minute)
			before := time.Now()
			if _, err := r.cloud.Settle(t.Context(), testID, []providers.Attempt{a}); err != nil || !time.Now().Equal(before) {
				t.Errorf("error %v; it waited %s for what was known a minute ago", err, time.Since(before))
			}
		})
	})
	t.Run("nothing open", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fake.Options{CreateLag: 8 * time.Second}, providers.Options{})
			start := time.Now()
			if _, err := r.cloud.Settle(t.Context(), testID, nil); err != nil || time.Since(start) != 0 {
				t.Errorf("error %v after %s", err, time.Since(start))
			}
		})
	})
	t.Run("seen whole early", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fake.Options{DeleteLag: time.Hour}, providers.Options{})
			if err := r.launch(t.Context(), nodes("compute", 3)); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			a := providers.Attempt{Token: r.tokens()[0], Nodes: nodeNames("compute", 3), Since: start}
			if _, err := r.cloud.Settle(t.Context(), testID, []providers.Attempt{a}); err != nil || time.Since(start) != 0 {
				t.Errorf("error %v after %s", err, time.Since(start))
			}
		})
	})
}
