package providertest

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// life follows one batch of three. Its steps build on each other: the first
// that fails ends it.
func (s *suite) life(t *testing.T) {
	c := s.cell(t, Life)
	req := c.request(3)
	var ids []cluster.InstanceID
	_ = t.Run("prepare is idempotent", func(t *testing.T) {
		c.prepare(t)
		c.prepare(t)
	}) &&
		t.Run("launch a batch", func(t *testing.T) { ids = c.launch(t, req) }) &&
		t.Run("the same launch makes the same machines", func(t *testing.T) {
			mark(t, Repeat)
			if reason, skip := s.h.Skip[Repeat]; skip {
				t.Skip(reason)
			}
			if diff := cmp.Diff(ids, c.launch(t, req)); diff != "" {
				t.Errorf("another driver got other machines (-first +second)\n%s", diff)
			}
			c.listed(t, 3)
		}) &&
		t.Run("list shows the tags", func(t *testing.T) {
			for i, m := range c.listed(t, 3) {
				want := cluster.Instance{ID: ids[i], Node: req.Nodes[i].Name, Group: req.Nodes[i].Group.Name, Attempt: req.Token}
				got := cluster.Instance{ID: m.ID, Node: m.Node, Group: m.Group, Attempt: m.Attempt}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("tags (-want +got)\n%s", diff)
				}
				if m.Created.IsZero() {
					t.Errorf("%s has no time of creation", m.Node)
				}
			}
		}) &&
		t.Run("the machines run", func(t *testing.T) { c.running(t, req) }) &&
		t.Run("a second driver sees the same", func(t *testing.T) {
			list, err := s.h.Open(t).List(t.Context(), c.id)
			if err != nil || len(list) != 3 {
				t.Errorf("%d machines, error %v", len(list), err)
			}
		}) &&
		t.Run("cleanup refuses while machines exist", func(t *testing.T) {
			c.wantKind(t, "Cleanup", c.driver.Cleanup(t.Context(), c.id, providers.Keep{}), providers.Conflict)
			c.listed(t, 3)
		}) &&
		t.Run("terminate one", func(t *testing.T) {
			c.terminate(t, ids[0])
			for _, m := range c.listed(t, 2) {
				if m.ID == ids[0] {
					t.Errorf("%s is still listed", m.ID)
				}
			}
		}) &&
		t.Run("terminate again, and what never was", func(t *testing.T) {
			gone := []cluster.InstanceID{ids[0], s.h.UnknownInstance}
			if refused, err := c.driver.Terminate(t.Context(), c.id, gone); err != nil || len(refused) != 0 {
				t.Errorf("refused %v, error %v", refused, err)
			}
			c.listed(t, 2)
		}) &&
		t.Run("terminate the rest", func(t *testing.T) {
			c.terminate(t, ids...)
			c.listed(t, 0)
		}) &&
		t.Run("cleanup leaves nothing, twice", func(t *testing.T) {
			c.cleanup(t)
			c.cleanup(t)
			if left := s.h.Leftovers(t, c.id); len(left) != 0 {
				t.Errorf("left: %q", left)
			}
		})
}

// running waits for the machines of a request and checks how they present
// themselves.
func (c *cell) running(t *testing.T, req providers.LaunchRequest) {
	t.Helper()
	var want []cluster.NodeName
	for _, n := range req.Nodes {
		want = append(want, n.Name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), c.h.Patience)
	defer cancel()
	var addresses []string
	err := c.cloud.WaitRunning(ctx, c.id, want, func(i cluster.Instance) {
		if i.State != cluster.InstanceRunning {
			t.Errorf("%s is %s: %s", i.Node, i.State, i.Reason)
			return
		}
		for _, e := range i.Endpoints {
			if e.Host == "" || e.Port <= 0 {
				t.Errorf("%s has the endpoint %+v", i.Node, e)
			}
		}
		if i.PrivateIP == "" || slices.Contains(addresses, i.PrivateIP) {
			t.Errorf("%s has the private address %q; others have %q", i.Node, i.PrivateIP, addresses)
		}
		addresses = append(addresses, i.PrivateIP)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// cleanup calls Cleanup until the machines that were just deleted are no
// longer in its way.
func (c *cell) cleanup(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), c.h.Patience)
	defer cancel()
	if err := c.cloud.Destroy(ctx, providers.DestroyRequest{ID: c.id}); err != nil {
		t.Fatalf("Cleanup: %v", err)
	}
}
