package plan_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/plan"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*cluster.Spec)
		want   []string
	}{
		{"nothing", func(*cluster.Spec) {}, nil},
		{
			"machine type", func(s *cluster.Spec) { s.Groups[1].MachineType = "big" },
			[]string{`node_group compute: machine_type "small" -> "big" (applies to new nodes only)`},
		},
		{
			"image", func(s *cluster.Spec) { s.Image = "debian-13" },
			[]string{`image unset -> "debian-13" (applies to new nodes only)`},
		},
		{
			"fewer nodes", func(s *cluster.Spec) { s.Groups[1].Count = 1 },
			[]string{`node_group compute: count 2 -> 1 (start never deletes nodes)`},
		},
		{
			"more nodes", func(s *cluster.Spec) { s.Groups[1].Count = 4 },
			[]string{`node_group compute: count 2 -> 4`},
		},
		{
			"boot disk", func(s *cluster.Spec) { s.Groups[1].BootDisk = &cluster.Disk{SizeGB: 50} },
			[]string{`node_group compute: boot_disk unset -> {"size_gb":50} (applies to new nodes only)`},
		},
		{
			"a group more, a group less", func(s *cluster.Spec) { s.Groups[1].Name = "gpu" },
			[]string{`node_group gpu: added, 2 nodes`, `node_group compute: removed (its nodes stay until they are removed with resize)`},
		},
		{"provider", func(s *cluster.Spec) { s.Provider.Kind = "docker" }, []string{`provider "fake" -> "docker"`}},
		{
			"provider settings", func(s *cluster.Spec) { s.Provider.Settings = map[string]any{"zone": "b", "size": 2} },
			[]string{`provider fake: zone "a" -> "b" (no effect on nodes that are there)`},
		},
		{
			"group settings", func(s *cluster.Spec) { s.Groups[1].Settings = map[string]any{"cpus": 4} },
			[]string{`node_group compute: cpus 2 -> 4 (applies to new nodes only)`},
		},
		{"roles", func(s *cluster.Spec) {
			s.Groups[1].Roles = []cluster.RoleUse{
				{Name: "base", Params: map[string]any{"timezone": "Europe/Zurich"}}, {Name: "packages", Label: "r"},
			}
		}, []string{
			`node_group compute: role base: timezone changed (applied by set-up)`,
			`node_group compute: role packages.r added (applied by set-up)`,
			`node_group compute: role munge removed (what it installed stays on nodes that are there)`,
		}},
		{
			"scheduler removed", func(s *cluster.Spec) { s.Scheduler = nil },
			[]string{`scheduler slurm removed (what it installed stays on nodes that are there)`},
		},
		{
			"accounting", func(s *cluster.Spec) { s.Scheduler = &cluster.Scheduler{Kind: "slurm", Accounting: true} },
			[]string{`scheduler.accounting false -> true (applied by set-up)`},
		},
		{"shares", func(s *cluster.Spec) {
			s.Shares = []cluster.Share{{Path: "/home", Type: "volume", Keep: true}, {Path: "/data", Type: "nfs"}}
		}, []string{`share "/home": keep false -> true`, `share "/data" added`}},
		{"a share removed", func(s *cluster.Spec) { s.Shares = nil }, []string{`share "/home" removed (nodes that are there keep it)`}},
		{
			"limits", func(s *cluster.Spec) { s.Limits = cluster.Limits{MaxNodes: 5, TTL: time.Hour} },
			[]string{`limits.ttl "0s" -> "1h0m0s"`, `limits.max_nodes 0 -> 5`},
		},
		{
			"login and network", func(s *cluster.Spec) { s.Login.Sudo, s.Network.SSHFrom = true, []string{"auto"} },
			[]string{`login.sudo false -> true (applied by set-up)`, `network.ssh_from unset -> ["auto"]`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			old, changed := stored(t, rich()), rich()
			tt.change(changed)
			var got []string
			for _, c := range plan.Diff(old, changed) {
				got = append(got, c.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func rich() *cluster.Spec {
	s := spec("frontend", 1, "compute", 2)
	s.Provider.Settings = map[string]any{"zone": "a", "size": 2}
	s.Groups[1].MachineType = "small"
	s.Groups[1].Settings = map[string]any{"cpus": 2}
	s.Groups[1].Roles = []cluster.RoleUse{{Name: "base", Params: map[string]any{"timezone": "UTC"}}, {Name: "munge"}}
	s.Scheduler = &cluster.Scheduler{Kind: "slurm"}
	s.Shares = []cluster.Share{{Path: "/home", Type: "volume"}}
	return s
}

// stored is a spec as it comes back from a state file.
func stored(t *testing.T, s *cluster.Spec) *cluster.Spec {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	out := &cluster.Spec{}
	if err := json.Unmarshal(data, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSchedulerAndFrontendCannotChange(t *testing.T) {
	t.Parallel()
	other := rich()
	other.Scheduler = &cluster.Scheduler{Kind: "gridengine"}
	other.Frontend = "compute"
	other.Groups[1].Needs.Devices = []string{"/dev/fuse"}
	p := plan.Make(plan.Input{
		Desired: other, Recorded: recorded(rich(), node("frontend001", cluster.Ready), node("compute001", cluster.Ready)),
		Live: running("frontend001", "compute001"), LiveKnown: true,
	})
	if len(p.Blocked) != 3 || !p.Empty() {
		t.Errorf("blocked by %q", p.Blocked)
	}
	for _, b := range p.Blocked {
		only(t, "block", "Take the change back, or `ecluster stop local` and start it anew.", []string{b.Why})
	}
}
