// Package rehearsal runs the whole life of a spec against a simulated cloud,
// with machines on this computer: it costs nothing, needs no account, and
// tells what the real run would create. It only puts an engine and a simulated
// cloud together; neither knows of it.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/sim"
)

// Simulator makes the simulated cloud of one kind of provider.
type Simulator func(sim.Options) (sim.Cloud, error)

// Stage makes what stands behind the simulated instances; it reports what takes
// long. closeStage removes all that is left of them, also what an earlier process
// of the same world has left.
type Stage func(ctx context.Context, q Requisites, report func(task, message string)) (machines sim.Machines, closeStage func(context.Context) error, err error)

// Requisites are what every machine on the stage has.
type Requisites struct {
	World   string   // on the name of all that is made: it is of one rehearsal
	GPUs    int      // pretended ones: device files
	Devices []string // real ones: "/dev/fuse"
}

// Options are what a rehearsal is made of.
type Options struct {
	Spec       *cluster.Spec
	Simulators map[string]Simulator // by kind of provider
	Machines   Stage
	// Engine is how the engine of the real run would be made; its SeenFrom is
	// replaced, and its Home by a folder in there.
	Engine engine.Options
	// Limit is the most nodes of a group that really boot here; default 2.
	Limit int
	// Told hears of each act as it begins.
	Told func(act string)
}

// simulated times: long enough for what must overlap to overlap, short enough
// not to be waited for.
const (
	operationTime = 300 * time.Millisecond
	bootTime      = time.Second
	lag           = 500 * time.Millisecond
)

// seenFrom is the address that a rehearsal is seen from (RFC 5737).
var seenFrom = netip.AddrFrom4([4]byte{198, 51, 100, 7})

// UnknownError says that there is no simulated cloud for a provider.
type UnknownError struct {
	Kind  string
	Known []string
}

// Error names what can be rehearsed.
func (e *UnknownError) Error() string {
	if e.Kind == "docker" {
		return `rehearse: the provider "docker" runs on this machine already and costs nothing: use 'ecluster start'`
	}
	return fmt.Sprintf("rehearse: there is no simulated cloud for the provider %q; there is one for %v", e.Kind, e.Known)
}

// Run rehearses. The report is there also when an act failed, up to that act.
// Whatever happens, nothing is left behind; what a kill leaves is removed by the
// next one in the same Home.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	simulate, known := o.Simulators[o.Spec.Provider.Kind]
	if !known {
		return nil, &UnknownError{Kind: o.Spec.Provider.Kind, Known: slices.Sorted(maps.Keys(o.Simulators))}
	}
	o.sweep(ctx)
	w, err := o.enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("rehearse: %w", err)
	}
	defer func() { err = errors.Join(err, w.leave()) }()
	u := &understudy{spec: copied(o.Spec)}
	if err := u.standIn(o.Engine.Plugins[o.Spec.Provider.Kind]); err != nil {
		return nil, err
	}
	needed := requisites(u.spec)
	needed.World = w.name
	machines, closeMachines, err := o.Machines(ctx, needed, o.progress)
	if err != nil {
		return nil, fmt.Errorf("rehearse: %w", err)
	}
	defer func() {
		closing := closeMachines(context.WithoutCancel(ctx))
		w.left = closing != nil
		err = errors.Join(err, closing)
	}()
	cloud, err := simulate(sim.Options{
		Machines: machines, OperationTime: operationTime, BootTime: bootTime, CreateLag: lag, DeleteLag: lag,
	})
	if err != nil {
		return nil, fmt.Errorf("rehearse: %w", err)
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	url, closeServer, err := sim.Serve(cloud, "127.0.0.1:0") //nolint:contextcheck // it serves until it is closed, also while the last act runs after an interrupt
	if err != nil {
		return nil, fmt.Errorf("rehearse: %w", err)
	}
	defer func() { err = errors.Join(err, closeServer()) }()

	u.places(cloud.Knows)
	o.Engine.Home = w.home
	o.Engine.SeenFrom = func(context.Context) (netip.Addr, error) { return seenFrom, nil }
	p := &play{
		o: o, cloud: cloud, spec: scaled(u.spec, o.Limit, cloud.Settings(url)), engine: engine.New(o.Engine),
		report: newReport(o.Spec, u.standIns),
	}
	err = p.run(ctx)
	return p.report, err
}

// scaled returns the spec with few nodes, and a provider that leads to the
// simulated cloud. Where the nodes are stays as the spec says. The nodes of a
// group that serves a share are as many as they are: its copies lie on them.
func scaled(spec *cluster.Spec, limit int, lead map[string]any) *cluster.Spec {
	if limit <= 0 {
		limit = 2
	}
	for name, value := range lead {
		_, given := spec.Provider.Settings[name]
		if place := slices.Contains(placeNames(), name); !given || !place {
			spec.Provider.Settings[name] = value
		}
	}
	for i := range spec.Groups {
		g := &spec.Groups[i]
		if slices.ContainsFunc(spec.Shares, func(s cluster.Share) bool { return s.Server == g.Name }) {
			continue
		}
		g.Count = min(g.Count, limit)
		g.MinCount = min(g.MinCount, g.Count)
	}
	return spec
}

// requisites are what the machines of a spec must have.
func requisites(spec *cluster.Spec) Requisites {
	var q Requisites
	for _, g := range spec.Groups {
		if g.GPU != nil {
			q.GPUs = max(q.GPUs, g.GPU.Count)
		}
		for _, d := range g.Needs.Devices {
			if !slices.Contains(q.Devices, d) {
				q.Devices = append(q.Devices, d)
			}
		}
	}
	return q
}
