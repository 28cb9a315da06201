package engine

import (
	"math"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

func quoted(t *testing.T, w *fake.World, types ...string) Quote {
	t.Helper()
	plugin := fake.Plugin(w)
	plugin.NoPrices = "It tells none."
	driver, err := plugin.Open(schema.Values{})
	if err != nil {
		t.Fatal(err)
	}
	var nodes []providers.NodeRequest
	for i, machineType := range types {
		nodes = append(nodes, providers.NodeRequest{
			Name:  cluster.NewNodeName("compute", i+1),
			Group: cluster.Group{Name: "compute", MachineType: machineType},
		})
	}
	return askPrices(t.Context(), providers.New(driver, providers.Options{}), plugin, nodes)
}

func TestAskPrices(t *testing.T) {
	t.Parallel()
	prices := map[string]float64{"small": 0.5, "big": 2}
	q := quoted(t, fake.NewWorld(fake.Options{Prices: prices}), "big", "big", "small")
	if len(q.Groups) != 1 || q.Groups[0].Nodes != 3 || q.PerHour != 4.5 || q.Unknown != "" || q.Currency != "USD" {
		t.Errorf("%+v", q)
	}
	q = quoted(t, fake.NewWorld(fake.Options{Prices: prices}), "big", "odd")
	if q.PerHour != 2 || q.Unknown != `The provider "fake" told no price of 1 of 2 machines.` || q.failed {
		t.Errorf("one without a price: %+v", q)
	}
	if q = quoted(t, fake.NewWorld(fake.Options{}), "big"); q.Known() || q.Unknown != "It tells none." || q.failed {
		t.Errorf("no prices at all: %+v", q)
	}
	w := fake.NewWorld(fake.Options{Prices: prices})
	w.Inject(fake.Fault{Op: fake.OpPrice, Kind: providers.Permission, Message: "go away", Times: -1})
	if q = quoted(t, w, "big"); q.Known() || !q.failed || q.Unknown == "" {
		t.Errorf("refused: %+v", q)
	}
	if q = quoted(t, w); q.failed || q.Unknown != "" {
		t.Errorf("nothing to launch, and asked all the same: %+v", q)
	}
}

// What runs already belongs to the price, but not what is made anew; until the
// ttl counts from when the cluster began.
func TestQuoteOfARunningCluster(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	node := func(name cluster.NodeName) *cluster.Node {
		return &cluster.Node{Name: name, Meter: cluster.Meter{PerHour: 1, Since: now.Add(-time.Hour)}}
	}
	st := &state.State{
		Expires: now.Add(4 * time.Hour), Bill: state.Bill{Currency: "USD"},
		Nodes: map[cluster.NodeName]*cluster.Node{
			"frontend001": node("frontend001"), "compute001": node("compute001"),
			"compute002": {Name: "compute002", Meter: cluster.Meter{PerHour: 1}}, // paused
		},
	}
	spec := &cluster.Spec{Limits: cluster.Limits{TTL: 12 * time.Hour}}
	q := Quote{PerHour: 2, node: map[cluster.NodeName]float64{"compute001": 2}}
	q.add(st, spec, now)
	if q.Running != 1 || q.PerHour != 3 || q.Hours != 4 || q.Total != 12 || !q.Known() {
		t.Errorf("%+v", q)
	}
	fresh := Quote{PerHour: 2}
	fresh.add(&state.State{}, spec, now)
	if math.Abs(fresh.Hours-12) > 1e-9 || math.Abs(fresh.Total-24) > 1e-9 {
		t.Errorf("a new cluster: %+v", fresh)
	}
}

func TestLowerLimit(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]float64{{0, 0, 0}, {5, 0, 5}, {0, 5, 5}, {3, 5, 3}, {5, 3, 3}} {
		if got := lower(c[0], c[1]); got != c[2] {
			t.Errorf("of %v and %v: %v", c[0], c[1], got)
		}
	}
}
