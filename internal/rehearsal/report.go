package rehearsal

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/sim"
)

// Report tells how a rehearsal went.
type Report struct {
	Cluster  cluster.Name `json:"cluster"`
	Provider string       `json:"provider"`
	// Groups are what the real run would launch.
	Groups []Group `json:"groups"`
	Acts   []Act   `json:"acts"`
	// StandIns are what was not rehearsed as the spec says it.
	StandIns []StandIn `json:"stand_ins,omitempty"`
	// Creates is what exists after start, with the machines of the rehearsal.
	Creates []Kind `json:"creates"`
	// Requests counts what was asked of the cloud, by operation.
	Requests []Request `json:"requests"`
	// Objections are what the cloud's schema says against requests: bugs.
	Objections []string       `json:"objections,omitempty"`
	Left       []sim.Resource `json:"left,omitempty"`
}

// Group is a node group as the spec has it, and how much of it was rehearsed.
type Group struct {
	Name        cluster.GroupName `json:"name"`
	Count       int               `json:"count"`
	MachineType string            `json:"machine_type,omitempty"`
	Image       string            `json:"image,omitempty"`
	Spot        bool              `json:"spot,omitempty"`
}

// Act is one part of the life of the cluster.
type Act struct {
	Name   string        `json:"name"`
	Took   time.Duration `json:"took_ns"`
	Result string        `json:"result,omitempty"`
	Error  string        `json:"error,omitempty"`
}

// Kind is all resources of one kind.
type Kind struct {
	Kind    string   `json:"kind"`
	Count   int      `json:"count"`
	Details []string `json:"details,omitempty"` // different ones only
}

// Request counts the requests of one operation.
type Request struct {
	Op    string `json:"op"`
	Count int    `json:"count"`
}

func newReport(spec *cluster.Spec, standIns []StandIn) *Report {
	r := &Report{Cluster: spec.Name, Provider: spec.Provider.Kind, StandIns: standIns}
	for _, g := range spec.Groups {
		r.Groups = append(r.Groups, Group{
			Name: g.Name, Count: g.Count, MachineType: g.MachineType, Image: cmp.Or(g.Image, spec.Image), Spot: g.Spot,
		})
	}
	return r
}

func (r *Report) act(name string, took time.Duration, result string, err error) {
	a := Act{Name: name, Took: took, Result: result}
	if err != nil {
		a.Error = err.Error()
	}
	r.Acts = append(r.Acts, a)
}

// created notes what exists; the first call that finds anything counts.
func (r *Report) created(list []sim.Resource) {
	if len(r.Creates) > 0 {
		return
	}
	kinds := map[string]int{}
	for _, res := range list {
		i, seen := kinds[res.Kind]
		if !seen {
			i = len(r.Creates)
			kinds[res.Kind] = i
			r.Creates = append(r.Creates, Kind{Kind: res.Kind})
		}
		k := &r.Creates[i]
		k.Count++
		if res.Detail != "" && !slices.Contains(k.Details, res.Detail) {
			k.Details = append(k.Details, res.Detail)
		}
	}
	slices.SortFunc(r.Creates, func(a, b Kind) int { return strings.Compare(a.Kind, b.Kind) })
}

func (r *Report) requests(entries []sim.Entry) {
	counts := map[string]int{}
	for _, e := range entries {
		counts[e.Op]++
		for _, p := range e.Problems {
			r.Objections = append(r.Objections, e.Op+": "+p)
		}
	}
	for op, n := range counts {
		r.Requests = append(r.Requests, Request{Op: op, Count: n})
	}
	slices.SortFunc(r.Requests, func(a, b Request) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Op, b.Op))
	})
}
