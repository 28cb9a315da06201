package role_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/roles"
)

// TestSlurmConf renders what slurm.conf is made from; the wanted texts are in
// testdata/slurm-*.conf.
func TestSlurmConf(t *testing.T) {
	tests := map[string]map[string]any{
		// A group without a declared partition gets one of its own.
		"groups": {"groups": []any{"compute", "gpu"}},
		// The default is the one that says so; config replaces and adds lines.
		"partitions": {
			"accounting": true,
			"groups":     []any{"compute", "gpu", "big-mem"},
			"config":     map[string]any{"SlurmdTimeout": "300", "MaxArraySize": "5000"},
			"partitions": []any{
				map[string]any{"name": "all", "groups": []any{}, "config": map[string]any{"PriorityTier": "2"}},
				map[string]any{
					"name": "fast", "groups": []any{"compute", "gpu"}, "default": true,
					"max_time": "1:00:00", "default_time": "10:00", "def_mem_per_cpu": 2000.0,
				},
			},
		},
		// All that a block of SLURM can ask of slurm.conf.
		"everything": {
			"accounting": true, "enforce": []any{"limits", "qos"}, "rest": true,
			"prolog": "#!/bin/sh", "epilog": "#!/bin/sh", "mail_program": "/usr/bin/mail",
			"groups": []any{"compute"},
		},
		// A frontend without workers, as after a resize to none.
		"empty": {},
	}
	for name, params := range tests {
		t.Run(name, func(t *testing.T) {
			params["cluster_name"] = "demo"
			got := rendered(t, cluster.RoleUse{Name: "slurm-controller", Params: params})
			want, err := os.ReadFile(filepath.Join("testdata", "slurm-"+name+".conf"))
			if err != nil {
				t.Fatalf("%v; it renders as:\n%s", err, got)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("wrong slurm.conf (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSlurmGres renders what gres.conf is made from.
func TestSlurmGres(t *testing.T) {
	got := renderedAll(t, cluster.RoleUse{Name: "slurm-controller", Params: map[string]any{
		"cluster_name": "demo",
		"gpus": []any{
			map[string]any{"group": "gpu", "type": "t4", "files": "/dev/nvidia[0-1]"},
			map[string]any{"group": "big", "type": "a100", "files": "/dev/nvidia0"},
		},
	}})[1]
	want := `# Written by ecluster. conf.sh puts the highest number of a node for MAX, so
# that nodes come and go without a change of this file.
NodeName=gpu[001-MAX] Name=gpu Type=t4 File=/dev/nvidia[0-1]
NodeName=big[001-MAX] Name=gpu Type=a100 File=/dev/nvidia0
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong gres.conf (-want +got):\n%s", diff)
	}
}

// TestSlurmPolicies renders what policies.sh reads; tabs keep the words apart.
func TestSlurmPolicies(t *testing.T) {
	got := renderedAll(t, cluster.RoleUse{Name: "slurm-controller", Params: map[string]any{
		"cluster_name": "demo",
		"qos": []any{
			map[string]any{"name": "long", "settings": map[string]any{"MaxWall": "7-0", "Priority": "1"}},
			map[string]any{"name": "bare"},
		},
		"accounts": []any{
			map[string]any{"name": "physics", "users": []any{"ada"}, "settings": map[string]any{"Description": "all of it"}},
			map[string]any{"name": "optics", "parent": "physics", "users": []any{"ada", "bob"}},
		},
	}})[2]
	want := strings.ReplaceAll(`qos|long|MaxWall=7-0|Priority=1
qos|bare
account|physics|root|Description=all of it
account|optics|physics
user|ada|physics
user|ada|optics
user|bob|optics
`, "|", "\t")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong policies (-want +got):\n%s", diff)
	}
}

// rendered returns the first file of an embedded role.
func rendered(t *testing.T, use cluster.RoleUse) string {
	t.Helper()
	return renderedAll(t, use)[0]
}

// renderedAll returns the files of an embedded role, in their order.
func renderedAll(t *testing.T, use cluster.RoleUse) []string {
	t.Helper()
	lib := role.NewLibrary(roles.FS)
	uses, err := lib.Resolve([]cluster.RoleUse{use})
	if err != nil {
		t.Fatal(err)
	}
	node := role.Node{
		Cluster: "demo", ID: "demo-1", Name: "frontend001", Group: "frontend", Frontend: "frontend001",
		IsFrontend: true, Login: cluster.Login{User: "alice", UID: 1700},
	}
	bundle, err := role.Assemble(lib, node, uses, testSecrets)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	content := unpack(t, bundle)
	for i := 0; ; i++ {
		file, ok := content[fmt.Sprintf("out/%s/%d", use.Name, i)]
		if !ok {
			return files
		}
		files = append(files, file)
	}
}
