package providers_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

// One waits for all, or each for its own: the cloud is listed as often.
func TestWaitRunningSharesOneListing(t *testing.T) {
	counts := map[string]int{}
	for name, test := range map[string]struct{ n, callers int }{
		"one node":                  {1, 1},
		"hundred nodes, one caller": {100, 1},
		"hundred nodes, by itself":  {100, 100},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fake.Options{BootDelay: 30 * time.Second, Latency: 10 * time.Millisecond}, providers.Options{BatchSize: 100})
				if err := r.launch(t.Context(), nodes("compute", test.n)); err != nil {
					t.Fatal(err)
				}
				var wg sync.WaitGroup
				var mu sync.Mutex
				running := 0
				all, each := nodeNames("compute", test.n), test.n/test.callers
				for i := range test.callers {
					wg.Go(func() {
						err := r.cloud.WaitRunning(t.Context(), testID, all[i*each:(i+1)*each], func(m cluster.Instance) {
							mu.Lock()
							defer mu.Unlock()
							if m.State != cluster.InstanceRunning || len(m.Endpoints) == 0 || m.ID != r.hooks.launched[m.Node] {
								t.Errorf("reported %+v", m)
							}
							running++
						})
						if err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if running != test.n {
					t.Errorf("%d of %d reported", running, test.n)
				}
				if r.world.MaxInFlight(fake.OpList) != 1 {
					t.Error("listings overlapped")
				}
				counts[name] = r.world.Count(fake.OpList)
			})
		})
	}
	for name, n := range counts {
		// One more for those who came while the first was under way.
		if n > counts["one node"]+1 {
			t.Errorf("%s: %d listings; for one node %d", name, n, counts["one node"])
		}
	}
	if n := counts["one node"]; n < 10 || n > 25 {
		t.Errorf("%d listings in 30 s, want them to become rarer up to one in 2 s", n)
	}
}

// Who comes later is not kept waiting by the pace of those before, and who
// leaves takes nobody along.
func TestWaitRunningCallersComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{BootDelay: time.Second}, providers.Options{PollMax: time.Minute})
		r.world.Doom("compute001", fake.Fate{State: cluster.InstancePending})
		if err := r.launch(t.Context(), nodes("compute", 1)); err != nil {
			t.Fatal(err)
		}
		first, leave := context.WithTimeout(t.Context(), 10*time.Minute)
		defer leave()
		var wg sync.WaitGroup
		wg.Go(func() {
			err := r.cloud.WaitRunning(first, testID, nodeNames("compute", 1), func(cluster.Instance) { t.Error("a machine that never boots was reported") })
			if providers.KindOf(err) != providers.Canceled || !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		})
		if err := r.cloud.Do(t.Context(), "rest", func(ctx context.Context) error { return sleep(ctx, 9*time.Minute) }); err != nil {
			t.Fatal(err)
		}
		if err := r.launch(t.Context(), nodes("late", 1)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := r.cloud.WaitRunning(t.Context(), testID, nodeNames("late", 1), func(cluster.Instance) {}); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("a machine that boots in 1 s was reported after %s", d)
		}
		if err := r.launch(t.Context(), nodes("later", 1)); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if err := r.cloud.WaitRunning(t.Context(), testID, nodeNames("later", 1), func(cluster.Instance) {}); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		leave()
		wg.Wait()
	})
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestWaitRunningReportsWhatWillNeverRun(t *testing.T) {
	lag := fake.Options{CreateLag: 4 * time.Second, DeleteLag: 4 * time.Second, BootDelay: time.Second}
	for _, test := range []struct {
		name  string
		fate  fake.Fate
		gone  bool
		state cluster.InstanceState
		why   string
		after time.Duration
	}{
		{name: "error", fate: fake.Fate{State: cluster.InstanceError, Reason: "disk lost"}, state: cluster.InstanceError, why: "disk lost", after: 4100 * time.Millisecond},
		{name: "halted", fate: fake.Fate{State: cluster.InstanceStopped, Reason: "host maintenance"}, state: cluster.InstanceStopped, why: "host maintenance", after: 4100 * time.Millisecond},
		{name: "never made", gone: true, state: cluster.InstanceGone, why: providers.ReasonGone, after: 6 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, lag, providers.Options{PollMax: 100 * time.Millisecond})
				if !test.gone {
					r.world.Doom("compute002", test.fate)
				}
				want := nodes("compute", 2)
				if test.gone {
					want = want[:1]
				}
				if err := r.launch(t.Context(), want); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				got := map[cluster.NodeName]cluster.Instance{}
				if err := r.cloud.WaitRunning(t.Context(), testID, nodeNames("compute", 2), func(i cluster.Instance) { got[i.Node] = i }); err != nil {
					t.Fatal(err)
				}
				if got["compute001"].State != cluster.InstanceRunning {
					t.Errorf("the sound machine: %+v", got["compute001"])
				}
				if i := got["compute002"]; i.State != test.state || i.Reason != test.why {
					t.Errorf("reported %+v", i)
				}
				if d := time.Since(start); d > test.after {
					t.Errorf("returned after %s", d)
				}
			})
		})
	}
}

// A machine that the cloud has forgotten to delete, of the same node, is not
// mistaken for the new one.
func TestWaitRunningPrefersTheLivingMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{BootDelay: time.Second}, providers.Options{})
		r.world.Doom("compute001", fake.Fate{State: cluster.InstanceError, Reason: "first"})
		var ids []cluster.InstanceID
		for range 2 {
			if err := r.launch(t.Context(), nodes("compute", 1)); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, r.hooks.launched["compute001"])
		}
		err := r.cloud.WaitRunning(t.Context(), testID, nodeNames("compute", 1), func(i cluster.Instance) {
			if i.ID != ids[1] || i.State != cluster.InstanceRunning {
				t.Errorf("reported %+v, want %s", i, ids[1])
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// flapping shows machines in every second listing only.
type flapping struct {
	providers.Driver
	n *int
}

func (f flapping) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	if *f.n++; *f.n%2 == 0 {
		return nil, nil
	}
	return f.Driver.List(ctx, id)
}

// A machine that was seen and is missing again is given the delay anew.
func TestWaitRunningForgivesAFlappingListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{BootDelay: time.Minute}, providers.Options{})
		if err := r.launch(t.Context(), nodes("compute", 1)); err != nil {
			t.Fatal(err)
		}
		c := providers.New(flapping{r.world.Driver(), new(int)}, providers.Options{ConsistencyDelay: 10 * time.Second})
		err := c.WaitRunning(t.Context(), testID, nodeNames("compute", 1), func(i cluster.Instance) {
			if i.State != cluster.InstanceRunning {
				t.Errorf("reported %+v", i)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestWaitRunningListingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		r.world.Inject(
			fake.Fault{Op: fake.OpList, Call: 1, Times: 3, Kind: providers.Transient},
			fake.Fault{Op: fake.OpList, Call: 4, Kind: providers.Permission, Message: "token expired"},
		)
		err := r.cloud.WaitRunning(t.Context(), testID, nodeNames("compute", 1), func(cluster.Instance) {})
		if providers.KindOf(err) != providers.Permission || err.Error() != "list: token expired" {
			t.Errorf("error %v", err)
		}
		if len(*r.notes) != 1 {
			t.Errorf("notes %q", *r.notes)
		}
	})
}

func TestWaitRunningForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		if err := r.cloud.WaitRunning(t.Context(), testID, nil, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(0, r.world.Count(fake.OpList)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWaitDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		if err := r.launch(t.Context(), nodes("compute", 2)); err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithTimeout(t.Context(), time.Hour)
		defer leave()
		start := time.Now()
		found := make(chan cluster.Instance, 1)
		go func() {
			i, err := r.cloud.WaitDown(ctx, testID, "compute002")
			if err != nil {
				t.Error(err)
			}
			found <- i
		}()
		if _, err := r.cloud.WaitDown(ctx, testID, "nobody"); err != nil {
			t.Errorf("a machine that is not listed: %v", err)
		}
		if err := r.cloud.Do(ctx, "rest", func(ctx context.Context) error { return sleep(ctx, 10*time.Minute) }); err != nil {
			t.Fatal(err)
		}
		if _, err := r.cloud.Terminate(ctx, testID, []cluster.InstanceID{r.hooks.launched["compute002"]}); err != nil {
			t.Fatal(err)
		}
		if i := <-found; i.Node != "compute002" || i.State == cluster.InstanceRunning || time.Since(start) > 11*time.Minute {
			t.Errorf("after %s: %+v", time.Since(start), i)
		}
		if _, err := r.cloud.WaitDown(ctx, testID, "compute001"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a machine that runs: %v", err)
		}
	})
}

// inward is a cloud whose machines have no address outside their network.
type inward struct{ providers.Driver }

func (d inward) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	list, err := d.Driver.List(ctx, id)
	for i := range list {
		list[i].Endpoints = nil
	}
	return list, err
}

// A machine that is only reached through the frontend is running all the same.
func TestWaitRunningNeedsNoEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{BootDelay: 5 * time.Second}, providers.Options{})
		r.cloud = providers.New(inward{r.world.Driver()}, providers.Options{})
		if err := r.launch(t.Context(), nodes("compute", 1)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var got cluster.Instance
		err := r.cloud.WaitRunning(ctx, testID, nodeNames("compute", 1), func(i cluster.Instance) { got = i })
		if err != nil || got.State != cluster.InstanceRunning || got.PrivateIP == "" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
