package scheduler

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
)

func idleNodes(partition string, names ...string) string {
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "NodeName=%s State=IDLE CPUTot=2 CPUAlloc=0 RealMemory=1 Partitions=%s\n", n, partition)
	}
	return b.String()
}

func probeCauses(t *testing.T, f *frontend, nodes ...cluster.NodeName) map[cluster.NodeName]string {
	t.Helper()
	causes, err := f.client(t).Probe(t.Context(), nodes)
	if err != nil {
		t.Fatal(err)
	}
	got := map[cluster.NodeName]string{}
	for name, cause := range causes {
		got[name] = cause.Error()
	}
	return got
}

func TestProbeJudgesByState(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "slurm-nodes.txt")}}
	got := probeCauses(t, f, "compute001", "compute002", "compute003", "compute004")
	want := map[cluster.NodeName]string{
		"compute003": "the scheduler has it as drained: ecluster: a | b = c State=x",
		"compute004": "slurmctld does not know the node: its slurmd has not registered",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong causes (-want +got):\n%s", diff)
	}
	if len(f.scripts) != 1 {
		t.Errorf("%d scripts; a job was started for a node that runs jobs", len(f.scripts))
	}
}

func TestProbeRunsOneJobAPartition(t *testing.T) {
	f := &frontend{answers: []string{
		idleNodes("compute", "compute001", "compute002") + idleNodes("gpu,all", "gpu001") + sep + "\n",
		"0 proved compute002\n0 proved compute001\n0 proved gpu001\n",
	}}
	if got := probeCauses(t, f, "compute001", "compute002", "gpu001"); len(got) != 0 {
		t.Errorf("not proved: %v", got)
	}
	if len(f.scripts) != 2 {
		t.Fatalf("%d scripts, want 2", len(f.scripts))
	}
	for _, call := range []string{"'compute' 2 'compute001,compute002' &", "'gpu' 1 'gpu001' &"} {
		if !strings.Contains(f.scripts[1], call) {
			t.Errorf("the script lacks %s:\n%s", call, f.scripts[1])
		}
	}
}

func TestProbeTellsTheBadNodeFromTheGood(t *testing.T) {
	f := &frontend{answers: []string{
		idleNodes("compute", "compute001", "compute002", "compute003") + sep + "\n",
		"0 proved compute002\n0 srun: error: Unable to allocate resources: Requested nodes are not available\n",
		"0 proved compute001\n1 sh: 1: cd: can't cd to /home/alice\n",
	}}
	got := probeCauses(t, f, "compute001", "compute002", "compute003")
	want := map[cluster.NodeName]string{"compute003": "a job for it did not run: sh: 1: cd: can't cd to /home/alice"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong causes (-want +got):\n%s", diff)
	}
}

func TestProbeWithoutAnAnswer(t *testing.T) {
	f := &frontend{answers: []string{idleNodes("compute", "compute001") + sep + "\n", ""}}
	got := probeCauses(t, f, "compute001")
	want := map[cluster.NodeName]string{"compute001": "a job for it did not run: srun gave no answer within 20 seconds"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong causes (-want +got):\n%s", diff)
	}
}

func TestScriptsAreShell(t *testing.T) {
	for name, script := range map[string]string{"probe": probeScript, "remove": removeScript} {
		cmd := exec.CommandContext(t.Context(), "sh", "-n")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
