package providertest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// nothing: calls about what does not exist succeed and change nothing.
func (s *suite) nothing(t *testing.T) {
	c := s.cell(t, Nothing)
	if list, err := c.driver.List(t.Context(), c.id); err != nil || len(list) != 0 {
		t.Errorf("List: %v, error %v", list, err)
	}
	if err := c.driver.Cleanup(t.Context(), c.id, providers.Keep{Volumes: []string{"home"}}); err != nil {
		t.Errorf("Cleanup: %v", err)
	}
	refused, err := c.driver.Terminate(t.Context(), c.id, []cluster.InstanceID{s.h.UnknownInstance})
	if err != nil || len(refused) != 0 {
		t.Errorf("Terminate: refused %v, error %v", refused, err)
	}
	if refused, err := c.driver.Terminate(t.Context(), c.id, nil); err != nil || len(refused) != 0 {
		t.Errorf("Terminate of none: refused %v, error %v", refused, err)
	}
}

func (s *suite) check(t *testing.T) {
	c := s.cell(t, Check)
	good := c.request(1).Nodes[0]
	findings, err := c.driver.Check(t.Context(), providers.CheckRequest{ID: c.id, Name: c.name, Nodes: []providers.NodeRequest{good}})
	if err != nil {
		t.Fatalf("Check: %v", err)
	}
	for _, f := range findings {
		if f.Fatal {
			t.Errorf("a request that boots is refused: %s; %s", f.Summary, f.Detail)
		}
	}
	bad := good
	bad.Image, bad.Group.Image = s.h.UnknownImage, s.h.UnknownImage
	findings, err = c.driver.Check(t.Context(), providers.CheckRequest{Name: c.name, Nodes: []providers.NodeRequest{bad}})
	if err != nil {
		t.Fatalf("Check: %v", err)
	}
	found := false
	for _, f := range findings {
		found = found || f.Fatal && f.Attr == "image" && f.Group == bad.Group.Name && f.Summary != "" && f.Detail != ""
	}
	if !found {
		t.Errorf("no fatal finding with a summary and a detail for the image %q of group %q: %+v", s.h.UnknownImage, bad.Group.Name, findings)
	}
	if left := s.h.Leftovers(t, c.id); len(left) != 0 {
		t.Errorf("Check made %q", left)
	}
}

func (s *suite) unknownImage(t *testing.T) {
	c := s.cell(t, UnknownName)
	c.prepare(t)
	req := c.request(1)
	req.Nodes[0].Image, req.Nodes[0].Group.Image = s.h.UnknownImage, s.h.UnknownImage
	results, err := c.driver.Launch(t.Context(), req)
	if err == nil && len(results) == 1 {
		err = results[0].Err
	}
	c.wantKind(t, "Launch of an unknown image", err, providers.NotFound, providers.Invalid)
	c.listed(t, 0)
}

func (s *suite) partial(t *testing.T) {
	c := s.cell(t, Partial)
	c.prepare(t)
	req := c.request(2)
	if s.h.Scarce != nil {
		s.h.Scarce(t, 1)
	} else {
		req.Nodes[0] = s.h.Spoil(req.Nodes[0])
	}
	results, err := c.driver.Launch(t.Context(), req)
	if err != nil || len(results) != 2 {
		t.Fatalf("%d results, error %v; a refused node is no error of the request", len(results), err)
	}
	for i, r := range results {
		if r.Node != req.Nodes[i].Name {
			t.Errorf("result %d is for %q; results must have the order of the request", i, r.Node)
		}
	}
	bad, good := results[0], results[1]
	if s.h.Scarce != nil && bad.Err == nil {
		bad, good = good, bad // which of them got the machine is the cloud's business
	}
	if bad.Instance != "" || bad.Err == nil {
		t.Errorf("the refused node: instance %q, error %v", bad.Instance, bad.Err)
	} else if kind := c.driver.ErrorKind(bad.Err); kind == providers.Unknown || kind == "" {
		t.Errorf("the refused node: %v has no kind", bad.Err)
	}
	if good.Instance == "" || good.Err != nil {
		t.Errorf("the good node: instance %q, error %v", good.Instance, good.Err)
	}
	list := c.listed(t, 1)
	if list[0].ID != good.Instance || list[0].Node != good.Node {
		t.Errorf("List shows %s as %q, want %s as %q", list[0].ID, list[0].Node, good.Instance, good.Node)
	}
}

func (s *suite) twoClusters(t *testing.T) {
	a, b := s.cell(t, TwoClusters), s.cell(t, TwoClusters)
	a.prepare(t)
	b.prepare(t)
	inA, inB := a.launch(t, a.request(1))[0], b.launch(t, b.request(1))[0]
	if inA == inB {
		t.Fatalf("both clusters have the machine %s", inA)
	}
	if got := a.listed(t, 1)[0].ID; got != inA {
		t.Errorf("cluster %s lists %s, want its own %s", a.id, got, inA)
	}
	if got := b.listed(t, 1)[0].ID; got != inB {
		t.Errorf("cluster %s lists %s, want its own %s", b.id, got, inB)
	}
	// Whether it refuses or passes over it, it must not delete it.
	_, _ = a.driver.Terminate(t.Context(), a.id, []cluster.InstanceID{inB})
	a.cleanup(t)
	a.listed(t, 0)
	b.running(t, b.request(1))
	if got := b.listed(t, 1)[0].ID; got != inB {
		t.Errorf("the end of %s left %s to cluster %s, want %s", a.id, got, b.id, inB)
	}
}

// parallel sends one request twice and another at the same time.
func (s *suite) parallel(t *testing.T) {
	c := s.cell(t, Parallel)
	c.prepare(t)
	one, other := c.request(1), c.request(2)
	other.Nodes = other.Nodes[1:]
	var wg sync.WaitGroup
	requests := []providers.LaunchRequest{one, one, other}
	ids := make([]cluster.InstanceID, len(requests))
	errs := make([]error, len(requests))
	for i, req := range requests {
		wg.Go(func() {
			results, err := c.driver.Launch(t.Context(), req)
			if err == nil && len(results) == 1 {
				ids[i], err = results[0].Instance, results[0].Err
			}
			errs[i] = err
		})
	}
	wg.Wait()
	if errs[2] != nil {
		t.Errorf("a launch beside another one: %v", errs[2])
	}
	for _, err := range errs[:2] {
		if err != nil { // the two may be in each other's way for a moment
			c.wantKind(t, "the same launch twice at once", err, providers.Conflict, providers.Transient, providers.Throttled)
		}
	}
	if errs[0] != nil && errs[1] != nil {
		t.Errorf("both of the same launch failed: %v; %v", errs[0], errs[1])
	}
	if errs[0] == nil && errs[1] == nil && ids[0] != ids[1] {
		t.Errorf("the same launch made %s and %s", ids[0], ids[1])
	}
	c.listed(t, 2)
}

func (s *suite) volumes(t *testing.T) {
	c := s.cell(t, Volumes)
	c.prepare(t, "home", "scratch")
	before := len(s.h.Leftovers(t, c.id))
	keep := providers.Keep{Volumes: []string{"home"}}
	for range 2 {
		if err := c.driver.Cleanup(t.Context(), c.id, keep); err != nil {
			t.Fatalf("Cleanup that keeps a volume: %v", err)
		}
		if left := s.h.Leftovers(t, c.id); len(left) != 1 || before < 2 {
			t.Errorf("of %d things Cleanup left %q, want the volume home alone", before, left)
		}
	}
	c.prepare(t, "home") // it is found again
	if err := c.driver.Cleanup(t.Context(), c.id, providers.Keep{}); err != nil {
		t.Fatalf("Cleanup: %v", err)
	}
	if left := s.h.Leftovers(t, c.id); len(left) != 0 {
		t.Errorf("Cleanup left %q", left)
	}
}

// canceled: a context that ended is an answer of its own, and a quick one.
func (s *suite) canceled(t *testing.T) {
	c := s.cell(t, CanceledCtx)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"Prepare": func() error { return c.driver.Prepare(ctx, c.shared()) },
		"Launch": func() error {
			results, err := c.driver.Launch(ctx, c.request(1))
			if err == nil && len(results) == 1 {
				err = results[0].Err
			}
			return err
		},
		"List":    func() error { _, err := c.driver.List(ctx, c.id); return err },
		"Cleanup": func() error { return c.driver.Cleanup(ctx, c.id, providers.Keep{}) },
		"Check": func() error {
			_, err := c.driver.Check(ctx, providers.CheckRequest{Nodes: c.request(1).Nodes})
			return err
		},
		"Terminate": func() error { return s.terminateCanceled(ctx, c) },
	} {
		if returned, err := within(s.h.Patience, call); returned {
			c.wantKind(t, name, err, providers.Canceled)
		} else {
			t.Errorf("%s goes on after its context ended", name)
		}
	}
}

func (s *suite) terminateCanceled(ctx context.Context, c *cell) error {
	refused, err := c.driver.Terminate(ctx, c.id, []cluster.InstanceID{s.h.UnknownInstance})
	if err == nil {
		err = refused[s.h.UnknownInstance]
	}
	return err
}

// cutOff ends the context in the middle of a launch, wherever that is: the
// call returns soon, and Destroy finds what it may have made.
func (s *suite) cutOff(t *testing.T) {
	c := s.cell(t, CutOff)
	c.prepare(t)
	req := c.request(1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	returned, _ := within(s.h.Patience, func() error {
		_, err := c.driver.Launch(ctx, req)
		return err
	})
	if !returned {
		t.Fatal("Launch goes on after its context ended")
	}
	end, stop := context.WithTimeout(t.Context(), s.h.Patience)
	defer stop()
	err := c.cloud.Destroy(end, providers.DestroyRequest{
		ID:   c.id,
		Open: []providers.Attempt{{Token: req.Token, Nodes: []cluster.NodeName{req.Nodes[0].Name}, Since: time.Now()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if left := s.h.Leftovers(t, c.id); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// within runs a call and reports whether it returned in time.
func within(d time.Duration, call func() error) (returned bool, err error) {
	done := make(chan error, 1)
	go func() { done <- call() }()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case err := <-done:
		return true, err
	case <-timer.C:
		return false, nil
	}
}
