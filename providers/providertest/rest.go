package providertest

import (
	"context"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
)

// rest stops one machine of two and starts it again. Addresses may change, and
// nothing else of a machine does.
func (s *suite) rest(t *testing.T) {
	c := s.cell(t, Rest)
	if !c.cloud.CanPause() {
		t.Skip("does not apply: it can't stop machines and start them again")
	}
	c.prepare(t)
	req := c.request(2)
	ids := c.launch(t, req)
	c.running(t, req)
	one := []cluster.InstanceID{ids[0], s.h.UnknownInstance}

	for range 2 { // both ways it is safe to call again
		c.rested(t, "Pause", one, c.cloud.Pause)
		c.state(t, ids[0], cluster.InstanceStopped)
		c.state(t, ids[1], cluster.InstanceRunning)
	}
	for range 2 {
		c.rested(t, "Resume", one, c.cloud.Resume)
		c.running(t, req)
	}
	c.rested(t, "Pause", ids, c.cloud.Pause)
	c.terminate(t, ids[0]) // a machine that is stopped can be deleted
	c.rested(t, "Resume", ids, c.cloud.Resume)
	c.terminate(t, ids[1])
	c.listed(t, 0)
}

// rested calls Pause or Resume, which may refuse nothing.
func (c *cell) rested(t *testing.T, what string, ids []cluster.InstanceID, call func(context.Context, cluster.ID, []cluster.InstanceID) (map[cluster.InstanceID]error, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), c.h.Patience)
	defer cancel()
	if refused, err := call(ctx, c.id, ids); err != nil || len(refused) != 0 {
		t.Fatalf("%s: refused %v, error %v", what, refused, err)
	}
}

// state checks that a machine is listed in a state.
func (c *cell) state(t *testing.T, id cluster.InstanceID, want cluster.InstanceState) {
	t.Helper()
	list, err := c.cloud.List(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if i.ID == id {
			if i.State != want {
				t.Errorf("%s is %s (%s), not %s", i.Node, i.State, i.Reason, want)
			}
			return
		}
	}
	t.Errorf("the machine %s is not listed", id)
}
