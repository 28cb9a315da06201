package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/sim"
)

// stopTime is for how long a rehearsal that was interrupted takes its cluster
// away before the machines are removed by force.
const stopTime = 2 * time.Minute

// play is one rehearsal under way.
type play struct {
	o      Options
	cloud  sim.Cloud
	spec   *cluster.Spec
	engine *engine.Engine
	report *Report
}

// run goes through the acts, and through the last one in any case.
func (p *play) run(ctx context.Context) error {
	err := p.acts(ctx)
	p.report.created(p.cloud.Inventory())
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if e := p.act("stop", func() (string, error) { return p.stop(end) }); e != nil {
		err = errors.Join(err, e)
	}
	p.report.requests(p.cloud.Log().Entries())
	return err
}

func (p *play) acts(ctx context.Context) error {
	err := p.act("start", func() (string, error) {
		r, err := p.engine.Start(ctx, p.spec, engine.StartOptions{From: "rehearsal"})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d nodes ready", len(r.Ready)), nil
	})
	if err != nil {
		return err
	}
	p.report.created(p.cloud.Inventory())
	group, workers := p.workers()
	if group == nil {
		return nil
	}
	job := func() (string, error) { return p.job(ctx, workers) }
	if err := p.act("job", job); err != nil {
		return err
	}
	if group.Spot {
		if err := p.act("spot reclaim", func() (string, error) { return p.reclaim(ctx, group) }); err != nil {
			return err
		}
	}
	if p.spec.Limits.MaxNodes > 0 && p.nodes() >= p.spec.Limits.MaxNodes {
		return nil
	}
	return p.act("resize", func() (string, error) { return p.resize(ctx, group.Name) })
}

// act does one part and notes how long it took.
func (p *play) act(name string, do func() (string, error)) error {
	if p.o.Told != nil {
		p.o.Told(name)
	}
	began := time.Now()
	result, err := do()
	p.report.act(name, time.Since(began), result, err)
	if err != nil {
		return fmt.Errorf("rehearse %s: %w", name, err)
	}
	return nil
}

// workers returns the first group that runs jobs beside the frontend, and how
// many nodes run jobs.
func (p *play) workers() (group *cluster.Group, n int) {
	for i := range p.spec.Groups {
		g := &p.spec.Groups[i]
		if !p.spec.IsWorker(g.Name) {
			continue
		}
		n += g.Count
		if group == nil && g.Name != p.spec.Frontend {
			group = g
		}
	}
	return group, n
}

func (p *play) nodes() int {
	n := 0
	for _, g := range p.spec.Groups {
		n += g.Count
	}
	return n
}

// job runs a command on the workers, as the user would.
func (p *play) job(ctx context.Context, workers int) (string, error) {
	conn, err := p.engine.Connect(ctx, p.spec.Name, "", false)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	command := jobCommand(p.spec.Scheduler, workers)
	out, stderr, err := conn.Run(ctx, command, nil)
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", command, err, strings.TrimSpace(string(stderr)))
	}
	ran := strings.Fields(string(out))
	slices.Sort(ran)
	return "ran on " + strings.Join(slices.Compact(ran), ", "), nil
}

// jobCommand runs hostname as often as there are workers, and prints what they
// answer. Each of the other schedulers puts its tasks where it likes.
func jobCommand(s *cluster.Scheduler, workers int) string {
	const results = "cat rehearsal.out.*"
	switch {
	case s.Kind == "gridengine":
		return fmt.Sprintf("qsub -sync y -b y -cwd -j y -o 'rehearsal.out.$TASK_ID' -t 1-%d hostname >&2 </dev/null && %s", workers, results)
	case s.Kind == "htcondor":
		return fmt.Sprintf(`printf '%%s\n' 'executable = /bin/hostname' 'output = rehearsal.out.$(Process)' `+
			`'log = rehearsal.log' 'request_memory = 32' 'queue %d' | condor_submit - >&2 && condor_wait -wait 300 rehearsal.log >&2 && %s`, workers, results)
	case len(s.Workers) > 1: // a job runs in one partition, and a group may have its own
		return "srun --immediate=60 hostname </dev/null"
	default:
		return fmt.Sprintf("srun --immediate=60 -N%d hostname </dev/null", workers)
	}
}

// reclaim lets the cloud take a spot machine back, and repairs the cluster.
func (p *play) reclaim(ctx context.Context, g *cluster.Group) (string, error) {
	node := cluster.NewNodeName(g.Name, 1)
	if p.machine(string(node)) == (sim.Resource{}) {
		return "", fmt.Errorf("the cloud has no machine for %s", node)
	}
	if err := p.cloud.Strike(string(node), sim.Fate{Event: sim.Reclaim}); err != nil {
		return "", err
	}
	if err := p.awaitLoss(ctx, string(node)); err != nil {
		return "", err
	}
	_, err := p.engine.Start(ctx, p.spec, engine.StartOptions{From: "rehearsal"})
	if _, is := errors.AsType[*engine.IncompleteError](err); is { // a listing still showed the machine: repeat, as the message says
		_, err = p.engine.Start(ctx, p.spec, engine.StartOptions{From: "rehearsal"})
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s was taken back and replaced", node), nil
}

// awaitLoss waits until the machine of a node is on its way out.
func (p *play) awaitLoss(ctx context.Context, node string) error {
	before := p.machine(node)
	tick := time.NewTicker(lag)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if p.machine(node) != before {
			return nil
		}
	}
}

// machineKinds are what the clouds call a machine.
var machineKinds = []string{"instance", "virtual-machine"}

// machine is the instance of a node with its state, as the cloud has it.
func (p *play) machine(node string) sim.Resource {
	for _, r := range p.cloud.Inventory() {
		if r.Node == node && slices.Contains(machineKinds, r.Kind) {
			return r
		}
	}
	return sim.Resource{}
}

// resize adds a node and takes it away again.
func (p *play) resize(ctx context.Context, group cluster.GroupName) (string, error) {
	one := map[cluster.GroupName]int{group: 1}
	if _, err := p.engine.Resize(ctx, p.spec.Name, engine.ResizeOptions{Add: one}); err != nil {
		return "", err
	}
	var gone string
	_, err := p.engine.Resize(ctx, p.spec.Name, engine.ResizeOptions{
		Remove: one, DrainTimeout: time.Minute,
		Confirm: func(removals []plan.Removal) error {
			for _, r := range removals {
				gone = string(r.Node)
			}
			return nil
		},
	})
	return fmt.Sprintf("one node more, then %s removed", gone), err
}

// stop takes all away and looks whether it is gone.
func (p *play) stop(ctx context.Context) (string, error) {
	if err := p.engine.Stop(ctx, p.spec.Name); err != nil {
		return "", err
	}
	if left := p.cloud.Inventory(); len(left) > 0 {
		p.report.Left = left
		return "", fmt.Errorf("%d resources are left: %s", len(left), names(left))
	}
	return "nothing is left", nil
}

func names(list []sim.Resource) string {
	var out []string
	for _, r := range list {
		out = append(out, r.Kind+" "+r.Name)
	}
	return strings.Join(out, ", ")
}
