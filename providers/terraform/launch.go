package terraform

import (
	"context"
	"errors"
	"fmt"
	"maps"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/ecluster/ecluster/providers"
)

// Launch implements providers.Driver: one batch is one run of Terraform. The
// same request again plans nothing.
func (d *Driver) Launch(ctx context.Context, req providers.LaunchRequest) ([]providers.LaunchResult, error) {
	if ctx.Err() != nil {
		return nil, canceled("launch", ctx)
	}
	w, known, err := d.workspace("launch", req.ID)
	if err == nil && !known {
		err = &providers.Error{Op: "launch", Kind: providers.Invalid, Err: errors.New("the cluster was never prepared")}
	}
	if err != nil {
		return nil, err
	}
	h, err := w.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer h.release()
	l := &launch{w: w, h: h, req: req, errs: map[string]error{}, pending: map[string]bool{}}
	if l.in, err = w.intent(); err != nil {
		return nil, err
	}
	if err := l.add(ctx); err != nil {
		return nil, err
	}
	if err := l.run(ctx); err != nil {
		return nil, err
	}
	return l.results(ctx)
}

// launch is one call of Launch.
type launch struct {
	w   *workspace
	h   *hold
	req providers.LaunchRequest
	in  *intent

	pending map[string]bool  // nodes that may still come to be
	errs    map[string]error // why the others won't
	dirty   bool             // parts of nodes that failed may exist
}

// add writes the nodes into the intent, as they were written the first time
// this launch was sent.
func (l *launch) add(ctx context.Context) error {
	now, err := l.w.read(ctx)
	if err != nil {
		return err
	}
	l.in.Access = access{
		AuthorizedKey: l.req.Access.AuthorizedKey, HostKey: l.req.Access.HostKey.Reveal(), HostKeyPublic: l.req.Access.HostKeyPublic,
	}
	for _, n := range l.req.Nodes {
		name := string(n.Name)
		old := l.in.Nodes[name]
		same := old != nil && old.Vars.Attempt == l.req.Token && !old.Leaving
		if _, exists := now.nodes[name]; exists && !same {
			l.errs[name] = &providers.Error{
				Op: "launch", Node: n.Name, Kind: providers.Conflict,
				Err: errors.New("a machine of this name exists and belongs to another launch"),
			}
			continue
		}
		l.pending[name] = true
		if same {
			continue
		}
		if l.in.Nodes[name], err = l.in.entry(l.req, n, l.w.d.now()); err != nil {
			return err
		}
	}
	return nil
}

// run applies until what is left has succeeded. Nodes that Terraform failed at
// are taken out again, with the parts of them that exist: while they are there
// a module can't say what became of the others.
func (l *launch) run(ctx context.Context) error {
	for len(l.pending) > 0 {
		touched := maps.Clone(l.pending)
		for name := range l.errs {
			touched[name] = true
		}
		m, err := l.w.converge(ctx, l.h, l.in, touched, nil)
		if err == nil {
			return nil
		}
		failure, is := errors.AsType[*runError](err)
		if !is {
			return err // of no node; what may exist is in the intent
		}
		l.dirty = l.dirty || failure.op == "apply"
		failed := l.blame(failure, m)
		l.in.forget(failed)
		if failure.op == "plan" && len(failed) == len(l.pending) && !l.dirty && len(l.errs) == 0 {
			return errors.Join(err, l.in.save(l.w.private("intent.json")))
		}
		for name := range failed {
			delete(l.pending, name)
		}
		for name := range failed {
			l.errs[name] = l.reason(name, failure)
		}
	}
	return l.tidy(ctx)
}

// tidy removes what nodes that failed left, when no other run did.
func (l *launch) tidy(ctx context.Context) error {
	if !l.dirty {
		return l.in.save(l.w.private("intent.json"))
	}
	_, err := l.w.converge(ctx, l.h, l.in, nil, nil)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	for name, cause := range l.errs {
		l.errs[name] = fmt.Errorf("%w (and what was left of it could not be removed: %w)", cause, err)
	}
	return nil
}

// blame returns the nodes that a failure concerns: those that it names, those
// whose making it cut short, else all.
func (l *launch) blame(failure *runError, m *messages) map[string]bool {
	failed := map[string]bool{}
	for name := range l.pending {
		if failure.only(l.concerns(name)) != nil {
			failed[name] = true
		}
	}
	if m != nil && failure.op == "apply" {
		for _, c := range m.changes {
			done := false
			for _, d := range m.done {
				done = done || d.address == c.address
			}
			for _, k := range keys(c.address) {
				if l.pending[k] && !done {
					failed[k] = true
				}
			}
		}
	}
	if len(failed) == 0 {
		return maps.Clone(l.pending)
	}
	return failed
}

// concerns tells the diagnostics about a node: about a resource that is keyed
// by its name, its image or its machine type.
func (l *launch) concerns(name string) func(tfjson.Diagnostic) bool {
	entry := l.in.Nodes[name]
	return func(d tfjson.Diagnostic) bool {
		return mentions(d, name) || entry != nil && (mentions(d, entry.Vars.Image) || mentions(d, entry.Vars.MachineType))
	}
}

// reason is what a failure says of one node, else all of it.
func (l *launch) reason(name string, failure *runError) error {
	if own := failure.only(func(d tfjson.Diagnostic) bool { return about(d.Address, name) }); own != nil {
		return own
	}
	return failure
}

// results are read from what the module says now.
func (l *launch) results(ctx context.Context) ([]providers.LaunchResult, error) {
	now, err := l.w.read(ctx)
	if err != nil {
		return nil, err
	}
	results := make([]providers.LaunchResult, len(l.req.Nodes))
	for i, n := range l.req.Nodes {
		results[i] = providers.LaunchResult{Node: n.Name, Err: l.errs[string(n.Name)]}
		if results[i].Err != nil {
			continue
		}
		out, listed := now.nodes[string(n.Name)]
		if !listed {
			results[i].Err = l.w.d.wrong("its output \"nodes\" does not list %s, which Terraform has made. Write it as:\n%s", n.Name, writeOutput)
			continue
		}
		results[i].Instance = instanceID(string(n.Name), out)
	}
	return results, nil
}
