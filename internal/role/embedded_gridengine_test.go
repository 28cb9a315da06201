package role_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
)

// TestGridEngineObjects renders what objects.sh gives to qmaster.
func TestGridEngineObjects(t *testing.T) {
	got := renderedAll(t, cluster.RoleUse{Name: "gridengine-master", Params: map[string]any{
		"groups": []any{"compute", "gpu"},
		"queues": []any{
			map[string]any{"name": "long", "groups": []any{"compute"}, "max_time": "48:00:00", "slots": 2.0},
			map[string]any{
				"name": "all.q", "groups": []any{"compute", "gpu"},
				"config": map[string]any{"seq_no": "10", "load_thresholds": "np_load_avg=2 mem_free=1G"},
			},
			map[string]any{"name": "empty", "groups": []any{}},
		},
		"parallel_environments": []any{
			map[string]any{"name": "four", "allocation": "4", "config": map[string]any{"control_slaves": "FALSE"}},
			map[string]any{"name": "mpi", "allocation": "$round_robin", "slots": 64.0},
		},
		"default_memory": 907.0,
		"config":         map[string]any{"max_u_jobs": "500"},
	}})[1]
	want := `group compute
group gpu
queue long hostlist @compute
queue long h_rt 48:00:00
queue long slots 2
queue all.q hostlist @compute @gpu
queue all.q h_rt INFINITY
queue all.q load_thresholds np_load_avg=2 mem_free=1G
queue all.q seq_no 10
queue empty hostlist NONE
queue empty h_rt INFINITY
pe four slots 9999
pe four allocation_rule 4
pe four control_slaves FALSE
pe mpi slots 64
pe mpi allocation_rule $round_robin
config - max_u_jobs 500
memory - default 907
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong lines (-want +got):\n%s", diff)
	}
}
