package providers_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

func TestLaunchCutsBatches(t *testing.T) {
	for _, test := range []struct {
		name     string
		inFlight int
		nodes    []providers.NodeRequest
		want     []int
	}{
		{"25 by ten", 0, nodes("compute", 25), []int{10, 10, 5}},
		{"25 by ten, two at once", 2, nodes("compute", 25), []int{10, 10, 5}},
		{"exactly one", 0, nodes("compute", 10), []int{10}},
		{"a batch holds one group", 0, append(nodes("frontend", 1), nodes("compute", 12)...), []int{1, 10, 2}},
		{"none", 0, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fake.Options{Latency: time.Second}, providers.Options{MaxInFlight: test.inFlight})
				if err := r.launch(t.Context(), test.nodes); err != nil {
					t.Fatal(err)
				}
				var sizes []int
				for _, c := range r.world.Calls(fake.OpLaunch) {
					sizes = append(sizes, len(c.Nodes))
				}
				if test.inFlight > 1 { // calls that leave together arrive in any order
					slices.Sort(sizes)
					slices.Reverse(sizes)
				}
				if diff := cmp.Diff(test.want, sizes); diff != "" {
					t.Errorf("sizes of the calls (-want +got)\n%s", diff)
				}
				if got := r.world.MaxInFlight(fake.OpLaunch); got > max(1, test.inFlight) {
					t.Errorf("%d calls were under way at once", got)
				}
				if len(r.hooks.launched) != len(test.nodes) || len(r.world.Machines(testID)) != len(test.nodes) {
					t.Errorf("%d reported, %d machines, want %d", len(r.hooks.launched), len(r.world.Machines(testID)), len(test.nodes))
				}
				if len(r.hooks.open) != 0 {
					t.Errorf("unsettled: %v", r.hooks.open)
				}
			})
		})
	}
}

func TestLaunchUsesTheBatchSizeOfThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		plan := providers.LaunchPlan{ID: testID, Nodes: nodes("compute", 5), BatchSize: 2}
		if err := r.cloud.Launch(t.Context(), plan, r.hooks); err != nil {
			t.Fatal(err)
		}
		if got := r.world.Count(fake.OpLaunch); got != 3 {
			t.Errorf("%d calls, want 3", got)
		}
	})
}

func TestLaunchIntendsBeforeEachCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		r.world.Inject(fake.Fault{Op: fake.OpLaunch, Call: 1, Node: "compute002", Kind: providers.Capacity})
		if err := r.launch(t.Context(), nodes("compute", 3)); err != nil {
			t.Fatal(err)
		}
		tokens := r.tokens()
		if len(tokens) != 2 || tokens[0] == tokens[1] {
			t.Fatalf("tokens %q, want two different ones", tokens)
		}
		want := []string{
			"intend A 3", "call A 3", "launched compute001", "launched compute003", "settled A",
			"intend B 1", "call B 1", "launched compute002", "settled B",
		}
		got := r.hooks.order()
		for i := range got {
			got[i] = strings.NewReplacer(tokens[0], "A", tokens[1], "B").Replace(got[i])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("order (-want +got)\n%s", diff)
		}
		for _, token := range tokens {
			if !regexp.MustCompile(`^[a-z0-9-]{20,40}$`).MatchString(token) {
				t.Errorf("token %q", token)
			}
		}
	})
}

// What each kind of error means for a launch: how many calls, under how many
// tokens, and what the engine is told in the end.
func TestLaunchByKind(t *testing.T) {
	for _, test := range []struct {
		kind   providers.Kind
		times  int // how many calls fail, -1 for all
		calls  int // 0: more than one
		tokens int
		fails  bool // refused in the end
	}{
		{providers.Quota, 1, 1, 1, true},
		{providers.Permission, 1, 1, 1, true},
		{providers.NotFound, 1, 1, 1, true},
		{providers.Invalid, 1, 1, 1, true},
		{providers.Unknown, 1, 1, 1, true},
		{providers.Transient, 3, 4, 1, false},
		{providers.Transient, -1, 0, 1, true},
		{providers.Throttled, 5, 6, 1, false},
		{providers.Throttled, -1, 0, 1, true},
		{providers.Conflict, 2, 3, 1, false},
		{providers.Conflict, -1, 0, 1, true},
		{providers.Capacity, 2, 3, 3, false},
		{providers.Capacity, -1, 3, 3, true},
	} {
		for _, scope := range []string{"request", "node"} {
			name := string(test.kind) + " of a " + scope
			if test.times < 0 {
				name += " for ever"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, fake.Options{}, providers.Options{})
					f := fake.Fault{Op: fake.OpLaunch, Times: test.times, Kind: test.kind}
					if scope == "node" {
						f.Node = "compute002"
					}
					r.world.Inject(f)
					if err := r.launch(t.Context(), nodes("compute", 2)); err != nil {
						t.Fatal(err)
					}
					tokens := r.tokens()
					if test.calls != 0 && len(tokens) != test.calls || len(tokens) < 2 && test.calls == 0 {
						t.Errorf("%d calls, want %d", len(tokens), test.calls)
					}
					if got := len(slices.Compact(tokens)); got != test.tokens {
						t.Errorf("%d tokens, want %d", got, test.tokens)
					}
					want := ""
					switch {
					case test.fails && scope == "node":
						want = "compute002 " + string(test.kind)
					case test.fails:
						want = "compute001 " + string(test.kind) + ", compute002 " + string(test.kind)
					}
					if got := r.hooks.kinds(); got != want {
						t.Errorf("refused %q, want %q", got, want)
					}
					if got := len(r.hooks.launched) + len(r.hooks.refused); got != 2 {
						t.Errorf("%d nodes reported, want 2", got)
					}
					if len(r.hooks.open) != 0 {
						t.Errorf("unsettled: %v", r.hooks.open)
					}
				})
			})
		}
	}
}

func TestLaunchPartialSuccessGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{Quota: 7}, providers.Options{})
		if err := r.launch(t.Context(), nodes("compute", 10)); err != nil {
			t.Fatal(err)
		}
		if len(r.hooks.launched) != 7 || len(r.hooks.refused) != 3 {
			t.Errorf("launched %d, refused %d; want 7 and 3", len(r.hooks.launched), len(r.hooks.refused))
		}
		e := r.hooks.refused["compute010"]
		if e == nil || e.Kind != providers.Quota || e.Error() != "launch compute010: the quota of 7 machines is used up" {
			t.Errorf("error %v", e)
		}
	})
}

// A batch that the cloud throttles waits by itself; the others go past it.
func TestLaunchThrottledBatchBlocksNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		r.world.Inject(fake.Fault{Op: fake.OpLaunch, Call: 1, Kind: providers.Throttled})
		if err := r.launch(t.Context(), nodes("compute", 30)); err != nil {
			t.Fatal(err)
		}
		tokens := r.tokens()
		if len(tokens) != 4 || tokens[3] != tokens[0] {
			t.Errorf("calls %q, want the first again as the last", tokens)
		}
		if r.world.MaxInFlight(fake.OpLaunch) != 1 {
			t.Error("calls overlapped")
		}
	})
}

func TestLaunchAdoptsAfterLostAnswers(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault fake.Fault
		calls int
	}{
		{"the same token finds them", fake.Fault{Op: fake.OpLaunch, Kind: providers.Transient, Lands: true}, 2},
		{"a listing finds them", fake.Fault{Op: fake.OpLaunch, Kind: providers.Unknown, Lands: true}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fake.Options{CreateLag: 5 * time.Second}, providers.Options{})
				r.world.Inject(test.fault)
				if err := r.launch(t.Context(), nodes("compute", 4)); err != nil {
					t.Fatal(err)
				}
				if len(r.hooks.launched) != 4 || len(r.world.Machines(testID)) != 4 {
					t.Errorf("reported %d of %d machines, want 4", len(r.hooks.launched), len(r.world.Machines(testID)))
				}
				if got := r.world.Count(fake.OpLaunch); got != test.calls {
					t.Errorf("%d calls, want %d", got, test.calls)
				}
				if len(r.hooks.open) != 0 {
					t.Errorf("unsettled: %v", r.hooks.open)
				}
			})
		})
	}
}

// A machine of another attempt is not taken for this one's.
func TestLaunchAdoptsOnlyItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		if err := r.launch(t.Context(), nodes("compute", 1)); err != nil {
			t.Fatal(err)
		}
		r.world.Inject(fake.Fault{Op: fake.OpLaunch, Kind: providers.Unknown})
		if err := r.launch(t.Context(), nodes("compute", 1)); err != nil {
			t.Fatal(err)
		}
		if got := r.hooks.kinds(); got != "compute001 unknown" {
			t.Errorf("refused %q", got)
		}
	})
}

// Who can't say what became of an attempt leaves it open.
func TestLaunchLeavesUnclearAttemptsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		r.world.Inject(
			fake.Fault{Op: fake.OpLaunch, Kind: providers.Unknown},
			fake.Fault{Op: fake.OpList, Times: -1, Kind: providers.Permission},
		)
		if err := r.launch(t.Context(), nodes("compute", 2)); err != nil {
			t.Fatal(err)
		}
		if len(r.hooks.refused) != 2 || len(r.hooks.open) != 1 {
			t.Errorf("refused %v, open %v", r.hooks.refused, r.hooks.open)
		}
	})
}

func TestLaunchStopsWhenAHookFails(t *testing.T) {
	full := errors.New("no space left on device")
	for _, hook := range []string{"intend", "settled"} {
		t.Run(hook, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fake.Options{}, providers.Options{})
				n := 0
				r.hooks.fail = func(what string) error {
					if what == hook {
						n++
					}
					if what == hook && n == 2 {
						return full
					}
					return nil
				}
				err := r.launch(t.Context(), nodes("compute", 40))
				if !errors.Is(err, full) {
					t.Fatalf("error %v, want that of the hook", err)
				}
				want := map[string]int{"intend": 10, "settled": 20}[hook]
				if got := len(r.world.Machines(testID)); got != want {
					t.Errorf("%d machines, want %d", got, want)
				}
			})
		})
	}
}

func TestLaunchCanceled(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault fake.Fault
	}{
		{"during a call", fake.Fault{Op: fake.OpLaunch, Call: 2, Hang: true, Lands: true}},
		{"during a pause", fake.Fault{Op: fake.OpLaunch, Call: 2, Times: -1, Kind: providers.Throttled}},
		{"while it waits for capacity", fake.Fault{Op: fake.OpLaunch, Call: 2, Times: -1, Kind: providers.Capacity}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fake.Options{}, providers.Options{})
				r.world.Inject(test.fault)
				ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
				defer cancel()
				start := time.Now()
				err := r.launch(ctx, nodes("compute", 20))
				if providers.KindOf(err) != providers.Canceled || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v (%s), want canceled", err, providers.KindOf(err))
				}
				if d := time.Since(start); d != 4*time.Second {
					t.Errorf("returned after %s", d)
				}
				if len(r.hooks.launched) != 10 || len(r.hooks.refused) != 0 {
					t.Errorf("launched %d, refused %d", len(r.hooks.launched), len(r.hooks.refused))
				}
			})
		})
	}
	t.Run("before", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fake.Options{}, providers.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			err := r.launch(ctx, nodes("compute", 20))
			if providers.KindOf(err) != providers.Canceled || r.world.Count(fake.OpLaunch) != 0 || len(r.hooks.order()) != 0 {
				t.Errorf("error %v, log %v", err, r.hooks.order())
			}
		})
	})
}

// A driver that breaks the contract makes no node disappear.
func TestLaunchMistrustsTheDriver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		c := providers.New(forgetful{r.world.Driver()}, providers.Options{})
		if err := c.Launch(t.Context(), providers.LaunchPlan{ID: testID, Nodes: nodes("compute", 3)}, r.hooks); err != nil {
			t.Fatal(err)
		}
		// The listing knows the one that the result left out.
		if len(r.hooks.launched) != 3 {
			t.Errorf("launched %v, refused %v", r.hooks.launched, r.hooks.refused)
		}
	})
}

// forgetful leaves the first node out of its results.
type forgetful struct{ providers.Driver }

func (f forgetful) Launch(ctx context.Context, req providers.LaunchRequest) ([]providers.LaunchResult, error) {
	results, err := f.Driver.Launch(ctx, req)
	return append(results[1:], providers.LaunchResult{Node: "stranger001", Instance: "x"}), err
}

func TestLaunchNeedsRandomness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{Random: strings.NewReader("short")})
		if err := r.launch(t.Context(), nodes("compute", 1)); err == nil {
			t.Error("launched with a token that is not random")
		}
		if got := r.world.Machines(testID); len(got) != 0 {
			t.Errorf("machines %v", got)
		}
	})
}

var _ providers.LaunchHooks = (*recorder)(nil)
