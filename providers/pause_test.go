package providers_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

func TestPauseInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ids := booted(t, fake.Options{BootDelay: 20 * time.Second})
		r.world.Inject(
			fake.Fault{Op: fake.OpPause, Kind: providers.Throttled},
			fake.Fault{Op: fake.OpPause, Kind: providers.Permission, Node: "compute003", Times: -1},
			fake.Fault{Op: fake.OpResume, Kind: providers.Capacity, Node: "compute004", Times: -1},
		)
		refused, err := r.cloud.Pause(t.Context(), testID, append(ids, "fake-9999"))
		if err != nil || len(refused) != 1 || providers.KindOf(refused[ids[2]]) != providers.Permission {
			t.Fatalf("refused %v, error %v", refused, err)
		}
		if got := r.world.Count(fake.OpPause); got != 4 {
			t.Errorf("%d calls, want one for each batch of ten, and one again", got)
		}
		refused, err = r.cloud.Resume(t.Context(), testID, ids)
		if err != nil || len(refused) != 1 || providers.KindOf(refused[ids[3]]) != providers.Capacity {
			t.Errorf("refused %v, error %v", refused, err)
		}
		if got := r.world.Count(fake.OpResume); got != 3 {
			t.Errorf("%d calls, want 3: what is out of stock is not asked for again and again", got)
		}
	})
}

// slowDown shows machines as stopping for a while after they were paused.
type slowDown struct {
	*fake.Driver
	takes time.Duration
	since map[cluster.InstanceID]time.Time
}

func (s *slowDown) Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	for _, i := range ids {
		s.since[i] = time.Now()
	}
	return s.Driver.Pause(ctx, id, ids)
}

func (s *slowDown) Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	refused := map[cluster.InstanceID]error{}
	for _, i := range ids {
		if time.Since(s.since[i]) < s.takes {
			refused[i] = &fake.Error{Kind: providers.Invalid, Message: "it is stopping"}
		}
	}
	if len(refused) > 0 {
		return refused, nil
	}
	return s.Driver.Resume(ctx, id, ids)
}

func (s *slowDown) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	list, err := s.Driver.List(ctx, id)
	for n, i := range list {
		if at, was := s.since[i.ID]; was && time.Since(at) < s.takes {
			list[n].State = cluster.InstanceStopping
		}
	}
	return list, err
}

func TestMachinesThatTakeTheirTimeToStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ids := booted(t, fake.Options{})
		slow := &slowDown{Driver: r.world.Driver(), takes: time.Minute, since: map[cluster.InstanceID]time.Time{}}
		cloud := providers.New(slow, providers.Options{})
		hasty, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if refused, err := cloud.Pause(hasty, testID, ids[:2]); err != nil || len(refused) != 2 {
			t.Errorf("after ten seconds refused are %v, %v", refused, err)
		}
		if refused, err := cloud.Resume(t.Context(), testID, ids[:2]); err != nil || len(refused) != 0 {
			t.Errorf("machines on their way down were not waited for: %v, %v", refused, err)
		}
		start := time.Now()
		if refused, err := cloud.Pause(t.Context(), testID, ids[:2]); err != nil || len(refused) != 0 {
			t.Errorf("refused %v, %v", refused, err)
		}
		if took := time.Since(start); took < time.Minute {
			t.Errorf("it came back after %s, before the machines were stopped", took)
		}
	})
}

// A machine that hangs on its way down is refused after a while, and keeps no
// other from its start.
func TestMachineThatNeverStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ids := booted(t, fake.Options{})
		slow := &slowDown{Driver: r.world.Driver(), takes: 24 * time.Hour, since: map[cluster.InstanceID]time.Time{}}
		cloud := providers.New(slow, providers.Options{})
		if _, err := r.cloud.Pause(t.Context(), testID, ids[:2]); err != nil {
			t.Fatal(err)
		}
		slow.since[ids[0]] = time.Now()
		started := time.Now()
		refused, err := cloud.Resume(t.Context(), testID, ids[:2])
		if err != nil || len(refused) != 1 || !strings.Contains(fmt.Sprint(refused[ids[0]]), "still stopping after 10m") {
			t.Errorf("refused %v, error %v", refused, err)
		}
		if took := time.Since(started); took > providers.StopTime+time.Minute {
			t.Errorf("it took %s", took)
		}
		if got := r.world.Count(fake.OpResume); got != 1 {
			t.Errorf("the other machine was started %d times", got)
		}
		refused, err = cloud.Pause(t.Context(), testID, ids[:2])
		if err != nil || len(refused) != 2 && refused[ids[0]] == nil {
			t.Errorf("pause: refused %v, error %v", refused, err)
		}
		cut, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := cloud.Resume(cut, testID, ids[:1]); err == nil {
			t.Error("a resume that was cut off ended well")
		}
	})
}
