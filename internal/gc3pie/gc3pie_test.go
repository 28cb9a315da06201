package gc3pie_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/gc3pie"
	"github.com/ecluster/ecluster/internal/state"
)

func lab(scheduler string) *state.State {
	return &state.State{
		Name: "lab",
		Spec: cluster.Spec{Frontend: "frontend", Login: cluster.Login{User: "ada"}, Scheduler: &cluster.Scheduler{Kind: scheduler, Workers: []cluster.GroupName{"compute"}}},
		Nodes: map[cluster.NodeName]*cluster.Node{
			"frontend001": {Name: "frontend001", Group: "frontend", Endpoints: []cluster.Endpoint{{Host: "203.0.113.7", Port: 2222}}, Shape: cluster.Shape{CPUs: 2, Memory: cluster.GiB}},
			"compute001":  {Name: "compute001", Group: "compute", Facts: map[string]string{"node.arch": "x86_64"}, Shape: cluster.Shape{CPUs: 8, Memory: 32 * cluster.GiB}},
			"compute002":  {Name: "compute002", Group: "compute", Facts: map[string]string{"node.arch": "x86_64"}, Shape: cluster.Shape{CPUs: 2, Memory: 4 * cluster.GiB}},
		},
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)
	st := lab("gridengine")
	st.Expires = now.Add(12 * time.Hour)
	got, err := gc3pie.Config(st, "/home/ada/100%/id_ed25519", now)
	if err != nil {
		t.Fatal(err)
	}
	want := `# Cluster lab, by 'ecluster gc3pie-config'. Host keys are in its known_hosts file.
[auth/ecluster-lab]
type = ssh
username = ada
keyfile = /home/ada/100%%/id_ed25519
port = 2222

[resource/ecluster-lab]
enabled = yes
type = sge
auth = ecluster-lab
transport = ssh
frontend = 203.0.113.7
architecture = x86_64
max_cores = 10
max_cores_per_job = 8
max_memory_per_core = 1913MiB
max_walltime = 12hours
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err := gc3pie.Config(lab("slurm"), "key", now); err != nil || !strings.Contains(got, "type = slurm\n") || !strings.Contains(got, "max_walltime = 720hours") {
		t.Error(got, err)
	}
}

// What is not known, or what GC3Pie has no word for, is not claimed.
func TestArchitecture(t *testing.T) {
	t.Parallel()
	arm, unknown, mixed := lab("slurm"), lab("slurm"), lab("slurm")
	for _, name := range []cluster.NodeName{"compute001", "compute002"} {
		arm.Nodes[name].Facts["node.arch"] = "aarch64"
	}
	unknown.Nodes["compute002"].Facts = nil
	mixed.Nodes["compute002"].Facts["node.arch"] = "aarch64"
	for want, st := range map[string]*state.State{
		"only; the nodes are aarch64.": arm, "the nodes are aarch64 and x86_64.": mixed, "'ecluster setup lab' finds out": unknown,
	} {
		got, err := gc3pie.Config(st, "key", time.Now())
		if err != nil || !strings.Contains(got, want) || strings.Contains(got, "\narchitecture") {
			t.Errorf("%v\n%s\nwant %q", err, got, want)
		}
	}
}

func TestNoConfig(t *testing.T) {
	t.Parallel()
	bare, lost, idle := lab("slurm"), lab("slurm"), lab("slurm")
	bare.Spec.Scheduler = nil
	delete(lost.Nodes, "frontend001")
	idle.Spec.Scheduler.Workers = nil
	for want, st := range map[string]*state.State{
		"no scheduler": bare, "no backend for htcondor": lab("htcondor"), "no address yet": lost, "no node that runs jobs": idle,
	} {
		if _, err := gc3pie.Config(st, "key", time.Now()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
