// Package gc3pie writes the lines of gc3pie.conf by which GC3Pie runs its jobs
// on a cluster. It knows only what the record of the cluster tells.
package gc3pie

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// kind is what GC3Pie calls a scheduler, if it knows it.
func kind(scheduler string) (string, bool) {
	switch scheduler {
	case "slurm":
		return "slurm", true
	case "gridengine":
		return "sge", true
	}
	return "", false
}

// defaultWalltime is what a job may take where the cluster does not end.
const defaultWalltime = 30 * 24 * time.Hour

// Config returns the sections [resource/NAME] and [auth/NAME]. key is the path
// of the private key.
func Config(st *state.State, key string, now time.Time) (string, error) {
	if st.Spec.Scheduler == nil {
		return "", fmt.Errorf("cluster %q has no scheduler for GC3Pie to submit to", st.Name)
	}
	typ, known := kind(st.Spec.Scheduler.Kind)
	if !known {
		return "", fmt.Errorf("GC3Pie has no backend for %s, the scheduler of cluster %q", st.Spec.Scheduler.Kind, st.Name)
	}
	frontend := st.Nodes[st.Spec.FrontendNode()]
	if frontend == nil || len(frontend.Endpoints) == 0 {
		return "", fmt.Errorf("the frontend of cluster %q has no address yet; 'ecluster start %s' goes on with it", st.Name, st.Name)
	}
	size := sizeOf(st)
	if size.cores == 0 {
		return "", fmt.Errorf("cluster %q has no node that runs jobs, or their CPUs are not known yet", st.Name)
	}
	at := frontend.Endpoints[0]
	name := "ecluster-" + string(st.Name)
	var b strings.Builder
	fmt.Fprintf(&b, "# Cluster %s, by 'ecluster gc3pie-config'. Host keys are in its known_hosts file.\n", st.Name)
	fmt.Fprintf(&b, "[auth/%s]\ntype = ssh\nusername = %s\nkeyfile = %s\nport = %d\n\n", name, st.Spec.Login.User, percent(key), at.Port)
	fmt.Fprintf(&b, "[resource/%s]\nenabled = yes\ntype = %s\nauth = %s\ntransport = ssh\nfrontend = %s\n%s\n", name, typ, name, at.Host, architecture(st))
	fmt.Fprintf(&b, "max_cores = %d\nmax_cores_per_job = %d\nmax_memory_per_core = %dMiB\nmax_walltime = %dhours\n",
		size.cores, size.largest, size.memory/cluster.MiB, int(walltime(st, now).Hours()))
	return b.String(), nil
}

// architecture is the line that GC3Pie requires. Of processors it knows those of
// PCs alone, and what it is not told here the user has to decide.
func architecture(st *state.State) string {
	var of []string
	for _, n := range st.Nodes {
		if arch := n.Facts[cluster.FactArch]; st.Spec.IsWorker(n.Group) && !slices.Contains(of, arch) {
			of = append(of, arch)
		}
	}
	slices.Sort(of)
	switch {
	case len(of) == 1 && of[0] == "x86_64":
		return "architecture = x86_64"
	case slices.Contains(of, ""):
		return fmt.Sprintf("# architecture = x86_64, for example: GC3Pie requires this line. 'ecluster setup %s' finds out what the nodes are.", st.Name)
	default:
		return fmt.Sprintf("# architecture: GC3Pie requires this line and knows x86_64 and x86_32 only; the nodes are %s.", strings.Join(of, " and "))
	}
}

// size is what the workers of a cluster have to offer.
type size struct {
	cores, largest int           // of all nodes, and of the largest
	memory         cluster.Bytes // the least for a core
}

func sizeOf(st *state.State) size {
	var s size
	for _, n := range st.Nodes {
		if !st.Spec.IsWorker(n.Group) || n.Shape.CPUs == 0 {
			continue
		}
		s.cores += n.Shape.CPUs
		s.largest = max(s.largest, n.Shape.CPUs)
		if per := n.Shape.JobMemory() / cluster.Bytes(n.Shape.CPUs); s.memory == 0 || per < s.memory {
			s.memory = per
		}
	}
	return s
}

// walltime is until the machines go, at least an hour.
func walltime(st *state.State, now time.Time) time.Duration {
	if st.Expires.IsZero() {
		return defaultWalltime
	}
	return max(time.Hour, min(defaultWalltime, st.Expires.Sub(now)))
}

// percent escapes what ConfigParser would take for a reference.
func percent(s string) string { return strings.ReplaceAll(s, "%", "%%") }
