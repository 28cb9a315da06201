package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// lookTime is how long the frontend may take to tell what its shares hold.
const lookTime = 5 * time.Second

// StopPreview is what a stop would take away.
type StopPreview struct {
	Cluster cluster.Name
	Nodes   int
	Data    []string // shares that go, with what is in them
	Kept    []string // shares that stay
}

// StopPreview looks at what a stop would take away. A frontend that does not
// answer keeps nobody from stopping: then the shares are only named.
func (e *Engine) StopPreview(ctx context.Context, name cluster.Name) (*StopPreview, error) {
	st, err := e.store.Load(name)
	if err != nil {
		return nil, err
	}
	p := &StopPreview{Cluster: name, Nodes: len(st.Nodes)}
	var paths []string
	for _, share := range st.Spec.Shares {
		if share.Keep {
			p.Kept = append(p.Kept, share.Path)
		} else {
			paths = append(paths, share.Path)
		}
	}
	contents := e.contents(ctx, st, paths)
	for _, path := range paths {
		p.Data = append(p.Data, "the shared "+path+contents[path])
	}
	return p, nil
}

// contents says what is in shares: " (12 files, 3.4M)".
func (e *Engine) contents(ctx context.Context, st *state.State, paths []string) map[string]string {
	contents := map[string]string{}
	if len(paths) == 0 {
		return contents
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	conn, err := e.connect(ctx, st, "", true)
	if err != nil {
		return contents
	}
	defer conn.Close()
	var script strings.Builder
	for _, path := range paths {
		quoted := "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
		fmt.Fprintf(&script, "echo $(find %s -type f -not -path '*/.*' | wc -l) $(du -sh %s | cut -f1)\n", quoted, quoted)
	}
	command := "sh -s"
	if e.sudo(st.Spec.Provider.Kind) {
		command = "sudo -n sh -s"
	}
	out, _, err := conn.Run(ctx, command, strings.NewReader(script.String()))
	if err != nil {
		return contents
	}
	for i, line := range bytes.Split(bytes.TrimSpace(out), []byte("\n")) {
		if files, size, ok := strings.Cut(string(line), " "); ok && i < len(paths) && files != "0" {
			contents[paths[i]] = fmt.Sprintf(" (%s files, %s)", files, size)
		}
	}
	return contents
}

// PlanReport is what start would do.
type PlanReport struct {
	Plan     *plan.Plan          `json:"plan"`
	Findings []providers.Finding `json:"findings,omitempty"`
	New      bool                `json:"new"` // no such cluster is recorded yet
	Price    *Quote              `json:"price,omitempty"`
}

// Plan works out what Start would do, and asks the cloud whether it could. It
// changes nothing and takes no lock.
func (e *Engine) Plan(ctx context.Context, spec *cluster.Spec, o StartOptions) (*PlanReport, error) {
	if err := plan.CheckCounts(spec, o.Counts); err != nil {
		return nil, err
	}
	st, err := e.store.Load(spec.Name)
	isNew := errors.Is(err, state.ErrNotFound)
	if err != nil && !isNew {
		return nil, err
	}
	kind := spec.Provider
	if !isNew {
		kind = st.Spec.Provider
	}
	cloud, plugin, err := e.cloud(spec.Name, kind, spec.BatchSize)
	if err != nil {
		return nil, err
	}
	report := &PlanReport{New: isNew}
	in := plan.Input{Desired: spec}
	if !isNew {
		w := &work{Engine: e, name: spec.Name, own: st.OwnName(), plugin: plugin}
		in = w.input(spec, st, o)
		in.Recorded = st
		if in.Live, err = cloud.List(ctx, st.ID); err != nil {
			return nil, fmt.Errorf("list the machines of cluster %q: %w", spec.Name, err)
		}
	}
	in.Name, in.LiveKnown = spec.Name, true
	_, in.CanWake = providers.Capability[providers.Pauser](cloud)
	p := plan.Make(in)
	report.Plan = &p
	if launches := report.Plan.Nodes(plan.Launch); len(launches) > 0 {
		report.Findings, err = cloud.Check(ctx, providers.CheckRequest{Name: spec.Name, Nodes: nodeRequests(spec, launches), TTL: spec.Limits.TTL})
		if err != nil {
			return nil, fmt.Errorf("provider %q: %w", spec.Provider.Kind, err)
		}
		quote := askPrices(ctx, cloud, plugin, nodeRequests(spec, launches))
		if isNew {
			st = &state.State{}
		}
		quote.add(st, spec, time.Now())
		report.Price = &quote
	}
	return report, nil
}
