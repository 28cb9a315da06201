package providers_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

// late is a cloud that accepts everything and refuses some of it a minute later.
type late struct {
	providers.Driver
	refuse func(providers.LaunchRequest) ([]providers.LaunchResult, error)
}

func (l late) Confirm(ctx context.Context, req providers.LaunchRequest) ([]providers.LaunchResult, error) {
	select {
	case <-time.After(time.Minute):
		return l.refuse(req)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (late) Places(cluster.Group) int { return 2 }

func lateRig(t *testing.T, refuse func(providers.LaunchRequest) ([]providers.LaunchResult, error)) *rig {
	t.Helper()
	r := newRig(t, fake.Options{}, providers.Options{})
	r.cloud = providers.New(late{r.world.Driver(), refuse}, providers.Options{
		Jitter: func(d time.Duration) time.Duration { return d }, Notify: func(what string) { *r.notes = append(*r.notes, what) },
	})
	return r
}

func TestLaunchTriesElsewhereWhatIsRefusedLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := lateRig(t, func(req providers.LaunchRequest) ([]providers.LaunchResult, error) {
			if req.Place == 1 {
				return nil, nil
			}
			return []providers.LaunchResult{
				{Node: "compute002", Err: &providers.Error{Op: "launch", Kind: providers.Capacity, Err: errors.New("none left")}},
				{Node: "compute003", Err: &providers.Error{Op: "launch", Kind: providers.Quota, Err: errors.New("too many")}},
			}, nil
		})
		if err := r.launch(t.Context(), nodes("compute", 3)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("compute003 quota", r.hooks.kinds()); diff != "" {
			t.Errorf("refused (-want +got)\n%s", diff)
		}
		if len(r.hooks.launched) != 2 || len(r.hooks.open) != 0 {
			t.Errorf("launched %v, unsettled %v", r.hooks.launched, r.hooks.open)
		}
	})
}

func TestBatchesDontWaitForConfirmations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := lateRig(t, func(providers.LaunchRequest) ([]providers.LaunchResult, error) { return nil, nil })
		if err := r.launch(t.Context(), nodes("compute", 100)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != time.Minute {
			t.Errorf("ten batches took %s", took)
		}
	})
}

func TestWhatCantBeConfirmedCountsAsLaunched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := lateRig(t, func(providers.LaunchRequest) ([]providers.LaunchResult, error) {
			return nil, &providers.Error{Op: "confirm", Kind: providers.Permission, Err: errors.New("may not list operations")}
		})
		if err := r.launch(t.Context(), nodes("compute", 2)); err != nil {
			t.Fatal(err)
		}
		if len(r.hooks.launched) != 2 || len(*r.notes) == 0 {
			t.Errorf("launched %v, notes %q", r.hooks.launched, *r.notes)
		}
	})
}
