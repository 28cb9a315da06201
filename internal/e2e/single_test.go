package e2e

import "testing"

// TestSingleNode is a cluster whose frontend runs the jobs itself.
func TestSingleNode(t *testing.T) {
	needFull(t)
	u := newUser(t, "single")
	u.writeSpec(`cluster "single" {
  provider = provider.docker
  scheduler "slurm" { workers = ["frontend"] }
  node_group "frontend" {
    count  = 1
    cpus   = 2
    memory = "2GB"
  }
}`)
	u.run("start", "single")
	u.proveWorking(1)
	u.run("stop", "single", "--yes")
}
