package cli

import (
	"fmt"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
)

// summaryOf tells how to use a cluster that is up.
func summaryOf(st *state.State, result *engine.RunResult) ui.Summary {
	s := ui.Summary{
		Cluster: st.Name, Frontend: st.Spec.FrontendNode(), User: st.Spec.Login.User,
		Cost: ui.Cost{Local: st.Spec.Provider.Kind == "docker" || st.Spec.Provider.Kind == "qemu"},
	}
	workers := 0
	for _, g := range st.Spec.Groups {
		wanted := st.WantedCount(g.Name)
		s.Wanted += wanted
		if st.Spec.IsWorker(g.Name) {
			workers += wanted
			if s.Grow == "" && g.Name != st.Spec.Frontend {
				s.Grow = g.Name
			}
		}
	}
	for _, n := range st.Nodes {
		if n.Phase == cluster.Ready {
			s.Ready++
		}
	}
	for _, f := range result.Failed {
		s.Failed = append(s.Failed, f.Node)
	}
	if st.Spec.Scheduler != nil && workers > 0 {
		s.Run, s.Submit = useOf(st.Spec.Scheduler.Kind, workers)
	}
	s.Cost.CPUs, s.Cost.Memory = limits(st)
	return s
}

// useOf gives example commands of a scheduler: one that runs at once, and one
// that submits a job.
func useOf(kind string, workers int) (run, submit string) {
	switch kind {
	case "slurm":
		return fmt.Sprintf("srun -N%d hostname", workers), "sbatch --wrap hostname"
	case "gridengine":
		return "qrsh hostname", "qsub -b y hostname"
	case "htcondor":
		return "condor_run hostname", "condor_submit executable=/bin/hostname output=out log=log -queue 1"
	default:
		return "", ""
	}
}

// limits sums what the nodes may take; zero when one of them is not limited.
func limits(st *state.State) (cpus int, memory cluster.Bytes) {
	cpusKnown, memoryKnown := true, true
	for _, n := range st.Nodes {
		group, known := st.Spec.Group(n.Group)
		if !known {
			continue
		}
		settings := schema.Values(group.Settings)
		cpusKnown = cpusKnown && settings.Int("cpus") > 0
		memoryKnown = memoryKnown && settings.Bytes("memory") > 0
		cpus += settings.Int("cpus")
		memory += settings.Bytes("memory")
	}
	if !cpusKnown {
		cpus = 0
	}
	if !memoryKnown {
		memory = 0
	}
	return cpus, memory
}
