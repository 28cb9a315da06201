package terraform

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/providers"
)

// planTries bounds how often a plan is made anew because machines had vanished.
const planTries = 3

// converge has Terraform make what the intent says. Only the nodes in touched,
// and those that are leaving, may be made or removed by that: a plan that would
// remove another one, or make it anew, is not carried out. A node whose machine
// was deleted by somebody else is forgotten rather than made again behind the
// caller's back.
//
// The intention is on disk before Terraform starts. The messages are those of
// the last run, also of one that failed; nil when there was none.
func (w *workspace) converge(ctx context.Context, h *hold, in *intent, touched map[string]bool, say func(string)) (*messages, error) {
	if err := w.ready(ctx); err != nil {
		return nil, err
	}
	touched = maps.Clone(touched)
	if touched == nil {
		touched = map[string]bool{}
	}
	maps.Copy(touched, in.leaving())
	in.Applied = false
	for range planTries {
		before, err := w.read(ctx)
		if err != nil {
			return nil, err
		}
		if err := in.save(w.private("intent.json")); err != nil {
			return nil, err
		}
		m, err := w.plan(ctx, in, apply)
		if err != nil {
			return m, err
		}
		vanished := w.vanished(before, in, m, touched)
		if len(vanished) > 0 {
			in.forget(vanished)
			maps.Copy(touched, vanished)
			continue
		}
		if err := w.allowed(in, m, touched); err != nil {
			return nil, err
		}
		m.progress = say
		return m, w.carryOut(ctx, h, in, m)
	}
	return nil, &providers.Error{
		Op: "terraform plan", Kind: providers.Conflict,
		Err: fmt.Errorf("machines vanish while Terraform looks at them; somebody else deletes them"),
	}
}

// carryOut applies a plan and, once all of it is done, forgets who left.
func (w *workspace) carryOut(ctx context.Context, h *hold, in *intent, m *messages) error {
	began := w.d.now()
	if err := w.apply(ctx, h, m); err != nil {
		return err
	}
	in.forget(in.leaving())
	in.Applied = true
	if err := in.save(w.private("intent.json")); err != nil {
		return err
	}
	w.looked(began)
	_, err := w.read(ctx)
	return err
}

// vanished are nodes that the plan would make although nobody asked for it:
// their machine was deleted, or never was.
func (w *workspace) vanished(before *snapshot, in *intent, m *messages, touched map[string]bool) map[string]bool {
	out := map[string]bool{}
	for _, c := range m.changes {
		if c.action != "create" {
			continue
		}
		for _, node := range in.among(keys(c.address)) {
			_, listed := before.nodes[node]
			listed = listed && before.keyed[node]
			deleted := slices.Contains(m.drift, change{c.address, "delete"}) && before.isMachine(c.address, node)
			if !touched[node] && (!listed || deleted) {
				out[node] = true
			}
		}
	}
	return out
}

// allowed refuses a plan that would take away what nobody asked to take away.
func (w *workspace) allowed(in *intent, m *messages, touched map[string]bool) error {
	var bad []string
	for _, c := range m.changes {
		nodes := in.among(keys(c.address))
		hit := slices.ContainsFunc(nodes, func(n string) bool { return !touched[n] })
		switch {
		case hit && (c.action == "delete" || c.action == "replace"):
		case len(nodes) == 0 && c.action == "replace" && len(in.Nodes) > len(touched):
		default:
			continue
		}
		bad = append(bad, c.action+" "+c.address)
	}
	if len(bad) == 0 {
		return nil
	}
	slices.Sort(bad)
	return &providers.Error{
		Op: "terraform plan", Kind: providers.Conflict,
		Err: fmt.Errorf("nodes that are in use would be lost: Terraform wants to %s. Nothing was changed; the module, one of its variables "+
			"or a version of a provider has changed: undo that, or stop the cluster and start it anew", strings.Join(bad, ", ")),
	}
}

// among returns the keys that are names of nodes.
func (in *intent) among(keys []string) []string {
	return slices.DeleteFunc(keys, func(k string) bool { return in.Nodes[k] == nil })
}
