package e2e

import (
	"fmt"
	"testing"
	"time"
)

// cuts are sets of roles, each with the moments at which its start is cut off,
// in the order in which they come.
var cuts = []struct {
	name    string
	cluster string // what stands in the cluster block
	at      []cut
}{
	{
		name:    "slurm",
		cluster: "scheduler \"slurm\" { accounting = true }",
		at: []cut{
			{"frontend001", "os"},
			{"frontend001", "munge"},
			{"frontend001", "slurm-accounting"},
			{"frontend001", "slurm-controller"},
			{"compute001", "slurm-worker"},
		},
	},
	{
		name:    "gridengine",
		cluster: "scheduler \"gridengine\" {}",
		at: []cut{
			{"frontend001", "os"},
			{"frontend001", "gridengine-master"},
			{"compute001", "gridengine-exec"},
		},
	},
	{
		name:    "htcondor",
		cluster: "scheduler \"htcondor\" {}",
		at: []cut{
			{"frontend001", "os"},
			{"frontend001", "htcondor-pool"},
			{"frontend001", "htcondor-manager"},
			{"compute001", "htcondor-execute"},
		},
	},
	{
		name:    "glusterfs",
		cluster: "share \"/data\" {\n type = \"glusterfs\"\n server = \"frontend\"\n }",
		at: []cut{
			{"frontend001", "os"},
			{"frontend001", "glusterfs-server.data"},
			{"compute001", "glusterfs-client.data"},
		},
	},
	{
		name:    "tools",
		cluster: "role \"mpi\" {}\n role \"modules\" {}\n role \"podman\" {}",
		at: []cut{
			{"compute001", "os"},
			{"compute001", "mpi"},
			{"compute001", "modules"},
			{"compute001", "podman"},
		},
	},
}

// cut is the first step of a role on a node.
type cut struct{ node, role string }

// TestCut kills ecluster, and with it the sessions of all nodes, in the middle
// of one role after the other of the same cluster. Each start goes on from
// there; the last one makes a cluster in which nothing is left to do.
func TestCut(t *testing.T) {
	needFull(t)
	for _, c := range cuts {
		t.Run(c.name, func(t *testing.T) {
			u := newUser(t, "cut"+c.name)
			u.patience = 15 * time.Minute
			u.write("ecluster.hcl", fmt.Sprintf(`cluster %q {
  provider = provider.docker
  %s
  node_group "frontend" { count = 1 }
  node_group "compute" {
    count  = 1
    memory = "512MB"
  }
}
`, u.cluster, c.cluster))
			for _, at := range c.at {
				u.killAt(step(at.node, at.role), "start", u.cluster)
			}
			u.run("start", u.cluster)
			u.ready("frontend001", "compute001")
			u.settled()
			u.run("stop", u.cluster, "--yes")
		})
	}
}
