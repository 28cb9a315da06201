package providers_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

var kinds = []providers.Kind{
	providers.Unknown, providers.Quota, providers.Capacity, providers.Throttled, providers.Permission,
	providers.NotFound, providers.Invalid, providers.Conflict, providers.Transient, providers.Canceled,
}

func TestEachKindHasMeaningAndAdvice(t *testing.T) {
	meanings := map[string]providers.Kind{}
	for _, k := range kinds {
		if other, twice := meanings[k.Meaning()]; twice {
			t.Errorf("%s and %s mean the same", k, other)
		}
		meanings[k.Meaning()] = k
		if k.Meaning() == "" || !strings.HasSuffix(k.Advice(), ".") {
			t.Errorf("%s: meaning %q, advice %q", k, k.Meaning(), k.Advice())
		}
	}
	if k := providers.Kind("odd"); k.Meaning() != providers.Unknown.Meaning() || k.Advice() != providers.Unknown.Advice() {
		t.Error("a kind that nobody knows is not treated as unknown")
	}
}

// Which errors a single call survives.
func TestDoRetriesByKind(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fake.Options{}, providers.Options{})
				r.world.Inject(fake.Fault{Op: fake.OpList, Times: 2, Kind: kind, Message: "no"})
				_, err := r.cloud.List(t.Context(), testID)
				if kind == providers.Transient || kind == providers.Throttled {
					if err != nil || r.world.Count(fake.OpList) != 3 || len(*r.notes) != 1 {
						t.Errorf("error %v after %d calls, notes %q", err, r.world.Count(fake.OpList), *r.notes)
					}
					return
				}
				var e *providers.Error
				if !errors.As(err, &e) || e.Kind != kind || e.Op != "list" || r.world.Count(fake.OpList) != 1 {
					t.Errorf("error %#v after %d calls", err, r.world.Count(fake.OpList))
				}
			})
		})
	}
}

func TestDoKeepsToItsBudget(t *testing.T) {
	for kind, budget := range map[providers.Kind]time.Duration{
		providers.Transient: time.Minute, providers.Throttled: 5 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fake.Options{}, providers.Options{Budget: time.Minute})
			r.world.Inject(fake.Fault{Op: fake.OpPrepare, Times: -1, Kind: kind})
			start := time.Now()
			err := r.cloud.Prepare(t.Context(), providers.PrepareRequest{ID: testID})
			if d := time.Since(start); providers.KindOf(err) != kind || d > budget || d < budget/2 {
				t.Errorf("%s: error %v after %s, budget %s", kind, err, d, budget)
			}
			if n := r.world.Count(fake.OpPrepare); n > 25 {
				t.Errorf("%s: %d calls", kind, n)
			}
		})
	}
}

// stub answers every call with one error.
type stub struct {
	providers.Driver
	err error
}

func (s stub) List(context.Context, cluster.ID) ([]cluster.Instance, error) { return nil, s.err }
func (s stub) ErrorKind(error) providers.Kind                               { return "" }

func TestClassification(t *testing.T) {
	ended, end := context.WithCancelCause(t.Context())
	end(errors.New("lock lost"))
	for _, test := range []struct {
		name string
		ctx  context.Context
		err  error
		want providers.Kind
		text string
	}{
		{"the driver has no word for it", t.Context(), errors.New("boom"), providers.Unknown, "list: boom"},
		{"already classified", t.Context(), fmt.Errorf("sdk: %w", &providers.Error{Op: "describe", Kind: providers.Quota, Err: errors.New("full")}), providers.Quota, "describe: full"},
		{"our context ended", ended, errors.New("connection closed"), providers.Canceled, "list: lock lost"},
		{"a deadline inside the driver", t.Context(), context.DeadlineExceeded, providers.Transient, "list: context deadline exceeded"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := providers.New(stub{err: test.err}, providers.Options{Budget: 1}) // too short for any retry
			_, err := c.List(test.ctx, testID)
			if providers.KindOf(err) != test.want || err.Error() != test.text {
				t.Errorf("error %v (%s), want %s (%s)", err, providers.KindOf(err), test.text, test.want)
			}
		})
	}
}

func TestCheckFindsQuotaAndImages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{Quota: 2, Images: []string{"ubuntu"}}, providers.Options{})
		r.world.Inject(fake.Fault{Op: fake.OpCheck, Kind: providers.Throttled})
		findings, err := r.cloud.Check(t.Context(), providers.CheckRequest{Nodes: nodes("compute", 3)})
		if err != nil || len(findings) != 2 || !findings[0].Fatal || findings[0].Attr != "image" {
			t.Errorf("findings %+v, error %v", findings, err)
		}
	})
}

func TestCapability(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fake.Options{}, providers.Options{})
		if _, ok := providers.Capability[providers.Baker](r.cloud); ok {
			t.Error("the fake cloud can't bake")
		}
		orphans, ok := providers.Capability[providers.OrphanLister](r.cloud)
		if !ok {
			t.Fatal("the fake cloud lists orphans")
		}
		if err := r.launch(t.Context(), nodes("compute", 2)); err != nil {
			t.Fatal(err)
		}
		r.world.Inject(fake.Fault{Op: fake.OpClusters, Kind: providers.Transient})
		var refs []providers.ClusterRef
		err := r.cloud.Do(t.Context(), "list orphans", func(ctx context.Context) (err error) {
			refs, err = orphans.Clusters(ctx)
			return err
		})
		if err != nil || len(refs) != 1 || refs[0].ID != testID || refs[0].Name != "test" || refs[0].Machines != 2 || len(refs[0].Resources) != 2 {
			t.Errorf("clusters %+v, error %v", refs, err)
		}
	})
}
