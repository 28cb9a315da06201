package terraform

import (
	"context"
	"errors"
	"fmt"
	"os"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Check implements providers.Driver: it checks the module against the contract
// and has Terraform plan the whole request, in a folder that is thrown away. So
// far as the module asks the cloud while it plans (data sources), names and
// credentials are checked with it.
func (d *Driver) Check(ctx context.Context, req providers.CheckRequest) (_ []providers.Finding, err error) {
	if ctx.Err() != nil {
		return nil, canceled("check", ctx)
	}
	dir, err := os.MkdirTemp("", "ecluster-terraform-")
	if err != nil {
		return nil, fmt.Errorf("check module %s: %w", d.module, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	id := req.ID
	if id == "" {
		id = "check"
	}
	w := &workspace{d: d, id: id, dir: dir}
	if err := w.make(); err != nil {
		return nil, err
	}
	source, err := d.source()
	if err != nil {
		return finding(err), nil
	}
	if err := install(source, dir, w.private("module")); err != nil {
		return finding(d.wrong("%w", err)), nil
	}
	c, err := w.contract()
	if err != nil {
		return finding(err), nil
	}
	var findings []providers.Finding
	for _, p := range c.problems(d.variables, d.secrets) {
		findings = append(findings, providers.Finding{Fatal: true, Summary: p.summary, Detail: p.advice})
	}
	if len(findings) > 0 {
		return findings, nil
	}
	return w.tryOut(ctx, req)
}

// finding is a mistake in what the provider block says.
func finding(err error) []providers.Finding {
	return []providers.Finding{{Fatal: true, Summary: err.Error(), Detail: "Correct `module` in the provider block, or the module itself."}}
}

// tryOut plans the request.
func (w *workspace) tryOut(ctx context.Context, req providers.CheckRequest) ([]providers.Finding, error) {
	t, err := w.d.find()
	if err != nil {
		return nil, err
	}
	if err := w.d.initialize(ctx, t, w.dir); err != nil {
		return nil, err
	}
	in := newIntent(w.id, req.Name)
	for _, n := range req.Nodes {
		entry, err := in.entry(providers.LaunchRequest{Token: "check"}, n, w.d.now())
		if err != nil {
			return nil, err
		}
		in.Nodes[string(n.Name)] = entry
	}
	_, err = w.plan(ctx, in, apply)
	failure, is := errors.AsType[*runError](err)
	if !is || len(failure.diags) == 0 {
		return nil, err
	}
	if kind := classify(failure); kind == providers.Transient || kind == providers.Throttled {
		return nil, err
	}
	var findings []providers.Finding
	for _, diag := range failure.diags {
		findings = append(findings, in.explain(diag))
	}
	return findings, nil
}

// explain says which group and which of its attributes a diagnostic is about,
// as far as the key of its resource tells.
func (in *intent) explain(d tfjson.Diagnostic) providers.Finding {
	f := providers.Finding{
		Fatal: true, Summary: "Terraform: " + text(d),
		Detail: kindOf(d.Summary+" "+d.Detail, providers.Invalid).Advice(),
	}
	for name, n := range in.Nodes {
		switch {
		case mentions(d, name):
		case mentions(d, n.Vars.Image):
			f.Attr = "image"
		case mentions(d, n.Vars.MachineType):
			f.Attr = "machine_type"
		default:
			continue
		}
		f.Group = cluster.GroupName(n.Vars.Group)
		return f
	}
	return f
}
