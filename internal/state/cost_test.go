package state

import (
	"math"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestVitals(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	st := testState(0)
	st.Created = began
	if v := st.Vitals(began.Add(time.Hour)); v.AgeSeconds != 3600 || v.TTLLeftSeconds != nil || v.Cost != nil {
		t.Errorf("without ttl and price: %+v", v)
	}
	node := func(name cluster.NodeName, perHour float64) *cluster.Node {
		n := &cluster.Node{Name: name, Group: name.Group(), Phase: cluster.Ready, Meter: cluster.Meter{PerHour: perHour}}
		n.Meter.Start(began)
		st.Nodes[name] = n
		return n
	}
	st.Nodes = map[cluster.NodeName]*cluster.Node{}
	node("frontend001", 1)
	paused := node("compute001", 2)
	node("compute002", 4)
	node("compute003", 0)
	st.Bill.Currency = "USD"
	st.Expires = began.Add(10 * time.Hour)

	paused.Meter.Stop(began.Add(time.Hour))
	paused.Meter.Stop(began.Add(2 * time.Hour)) // said twice
	st.Forget("compute002", began.Add(time.Hour))
	st.Forget("compute009", began)
	v := st.Vitals(began.Add(3 * time.Hour))
	// 3 h of the frontend, 1 h of the paused one, 1 h of the one that is gone.
	if c := v.Cost; c == nil || !near(c.SoFar, 3+2+4) || !near(c.PerHour, 1) || c.Currency != "USD" || c.Unpriced != 1 {
		t.Errorf("after 3 hours: %+v", v.Cost)
	}
	if v.TTLLeftSeconds == nil || *v.TTLLeftSeconds != 7*3600 {
		t.Errorf("ttl left: %v", v.TTLLeftSeconds)
	}

	paused.Meter.Start(began.Add(4 * time.Hour))
	paused.Meter.Start(began.Add(5 * time.Hour)) // said twice
	if c := st.Vitals(began.Add(5 * time.Hour)).Cost; !near(c.SoFar, 5+(2+2)+4) || !near(c.PerHour, 3) {
		t.Errorf("after a pause: %+v", c)
	}

	// What expired costs nothing more.
	v = st.Vitals(began.Add(100 * time.Hour))
	if c := v.Cost; !near(c.SoFar, 10+(2+12)+4) || c.PerHour != 0 || c.Unpriced != 0 || *v.TTLLeftSeconds != 0 {
		t.Errorf("after its end: %+v %d", c, *v.TTLLeftSeconds)
	}
	st.Extend(began.Add(200*time.Hour), began.Add(100*time.Hour))
	if c := st.Vitals(began.Add(101 * time.Hour)).Cost; !near(c.SoFar, 10+(2+12)+4) || c.PerHour != 0 {
		t.Errorf("after it was extended: %+v", c)
	}
}

func TestMeterOfAClockThatWentBack(t *testing.T) {
	t.Parallel()
	m := cluster.Meter{PerHour: 3}
	m.Start(time.Unix(7200, 0))
	if c := m.Cost(time.Unix(0, 0)); c != 0 {
		t.Errorf("cost %v", c)
	}
}
