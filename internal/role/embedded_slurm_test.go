package role_test

import (
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

// rendered returns the first file of an embedded role.
func rendered(t *testing.T, use cluster.RoleUse) string {
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
	for name, content := range unpack(t, bundle) {
		if strings.HasPrefix(name, "out/"+use.Name) {
			return content
		}
	}
	t.Fatalf("role %s writes no file", use.Name)
	return ""
}
