package google

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
)

// recorder keeps what a launch reports.
type recorder struct {
	mu       sync.Mutex
	launched map[cluster.NodeName]cluster.InstanceID
	refused  map[cluster.NodeName]*providers.Error
}

func (*recorder) Intend(context.Context, string, []cluster.NodeName) error { return nil }
func (*recorder) Settled(context.Context, string) error                    { return nil }

func (r *recorder) Launched(n cluster.NodeName, id cluster.InstanceID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.launched[n] = id
}

func (r *recorder) Refused(n cluster.NodeName, err *providers.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused[n] = err
}

func launched(t *testing.T, c *providers.Cloud, nodes []providers.NodeRequest) *recorder {
	t.Helper()
	r := &recorder{launched: map[cluster.NodeName]cluster.InstanceID{}, refused: map[cluster.NodeName]*providers.Error{}}
	if err := c.Launch(t.Context(), providers.LaunchPlan{ID: testID, Name: "test", Nodes: nodes}, r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBatchesOfTenFlyTogetherAndOverlap(t *testing.T) {
	script := sim.NewScript()
	script.Inject(sim.Fault{Op: "compute.instances.insert", Node: "compute001", Never: true})
	r := newRig(t, sim.Options{Latency: 10 * time.Millisecond, Script: script})
	d := r.open(t, nil)
	var later atomic.Int64 // how far the clock was put forward
	d.clock.now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	c := portable(t, d)
	g := groupOf(nil)
	prepared(t, c, g)
	const op = "compute.instances.insert"
	go func() { // the operation of compute001 never ends, and no batch waits for it
		for len(r.cloud.Log().Entries(op)) < 25 && pause(t.Context(), time.Millisecond) == nil {
			continue
		}
		later.Store(int64(2 * confirmTime))
	}()
	got := launched(t, c, nodes(g, 25))
	if len(got.launched) != 25 {
		t.Errorf("launched %v, refused %v", got.launched, got.refused)
	}
	if n, most := len(r.cloud.Log().Entries(op)), r.cloud.Log().Highest(op); n != 25 || most > 10 || most < 2 {
		t.Errorf("%d inserts, %d at once", n, most)
	}
	if n := len(r.cloud.Log().Entries("compute.zoneOperations.get")); n != 0 {
		t.Errorf("%d operations were asked for one by one", n)
	}
	destroyed(t, c)
}

func TestStockOutGoesToTheNextZone(t *testing.T) {
	for name, o := range map[string]sim.Options{
		"of all": {Stock: map[string]int{"us-central1-a/n2-standard-2": 0}, OperationTime: 10 * time.Millisecond},
		"of two": {Stock: map[string]int{"us-central1-a/n2-standard-2": 1}, OperationTime: 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, o)
			c := portable(t, r.open(t, nil))
			g := groupOf(map[string]any{"zones": []any{"us-central1-a", "us-central1-b"}})
			prepared(t, c, g)
			got := launched(t, c, nodes(g, 3))
			if len(got.launched) != 3 {
				t.Fatalf("launched %v, refused %v", got.launched, got.refused)
			}
			second := 0
			for _, id := range got.launched {
				if strings.HasPrefix(string(id), "us-central1-b/") {
					second++
				}
			}
			if want := 3 - o.Stock["us-central1-a/n2-standard-2"]; second != want {
				t.Errorf("%d machines in the second zone, want %d: %v", second, want, got.launched)
			}
			destroyed(t, c)
		})
	}
}

func TestStockOutEverywhereIsCapacity(t *testing.T) {
	r := newRig(t, sim.Options{Stock: map[string]int{"us-central1-a/n2-standard-2": 0}, OperationTime: 5 * time.Millisecond})
	c := providers.New(r.open(t, nil), providers.Options{
		CapacityTries: 1, ConsistencyDelay: 20 * time.Millisecond, PollMin: 5 * time.Millisecond,
	})
	g := groupOf(nil)
	prepared(t, c, g)
	got := launched(t, c, nodes(g, 2))
	for _, n := range nodes(g, 2) {
		if e := got.refused[n.Name]; e == nil || e.Kind != providers.Capacity || !strings.Contains(e.Error(), "ZONE_RESOURCE_POOL_EXHAUSTED") {
			t.Errorf("%s: %v", n.Name, e)
		}
	}
	destroyed(t, c)
}

func TestARepeatedRequestIsTheSameRequest(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := r.open(t, nil)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	d.clock.now = func() time.Time { return now }
	c := portable(t, d)
	g := groupOf(map[string]any{"labels": map[string]any{"team": "x", "site": "y"}, "local_ssd": 1.0})
	prepared(t, c, g)
	req := providers.LaunchRequest{ID: testID, Name: "test", Token: "again", Nodes: nodes(g, 2), Expires: now.Add(12 * time.Hour)}
	first, err := d.Launch(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	second, err := d.Launch(t.Context(), req)
	if err != nil || !slices.Equal(first, second) {
		t.Errorf("%v, then %v, error %v", first, second, err)
	}
	destroyed(t, c)
}

func TestAFaultInTheMiddleOfABatch(t *testing.T) {
	for name, f := range map[string]sim.Fault{
		"a 500":                            {Status: 500, Code: "backendError"},
		"a reset after the request landed": {Reset: true, Lands: true},
		"throttling":                       {Status: 403, Code: "rateLimitExceeded", Times: 3},
	} {
		t.Run(name, func(t *testing.T) {
			script := sim.NewScript()
			f.Op, f.Call = "compute.instances.insert", 2
			script.Inject(f)
			r := newRig(t, sim.Options{Script: script})
			c := portable(t, r.open(t, nil))
			g := groupOf(nil)
			prepared(t, c, g)
			got := launched(t, c, nodes(g, 4))
			if list, err := c.List(t.Context(), testID); err != nil || len(list) != 4 || len(got.launched) != 4 {
				t.Errorf("%d machines, launched %v, refused %v, error %v", len(list), got.launched, got.refused, err)
			}
			destroyed(t, c)
		})
	}
}
