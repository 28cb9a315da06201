package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

const slurmLaterSpec = `variable "accounting" {
  type    = bool
  default = false
}

cluster "slurmlater" {
  provider = provider.docker

  scheduler "slurm" {
    accounting = var.accounting
  }
  share "/home" {
    type = "volume"
  }
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count  = 1
    cpus   = 2
    memory = "1GB"
  }
}
`

// TestSlurmLater is what a user thinks of after the start: accounting, while a
// job runs, and a new node in the place of one that is kept for somebody.
func TestSlurmLater(t *testing.T) {
	needFull(t)
	u := newUser(t, "slurmlater")
	u.patience = patient
	u.write("ecluster.hcl", slurmLaterSpec)
	u.run("start", "slurmlater")

	id := u.submit(heldJob)
	u.runs(id)
	u.run("start", "slurmlater", "--var", "accounting=true")
	u.runs(id)
	u.ssh("touch released")
	u.eventually(2*time.Minute, func() error { return u.ended(id, 1) })
	u.settled()

	admin := func(words ...string) {
		u.run(append([]string{"ssh", "slurmlater", "--admin", "--", "scontrol"}, words...)...)
	}
	admin("create", "reservation", "ReservationName=course", "StartTime=now", "Duration=60", "Nodes=compute001", "Flags=MAINT", "Users=root")
	u.docker("rm", "-f", u.container("compute001"))
	u.says(u.ends(0, "start", "slurmlater"), "compute001: it has joined, but no job could be run on it", "reservation course")
	u.ready("frontend001", "compute001")
	admin("delete", "ReservationName=course")
	u.eventually(2*time.Minute, func() error {
		if out := strings.TrimSpace(u.ssh("sinfo -h -N -o %T")); out != "idle" {
			return fmt.Errorf("after the reservation the node is %q", out)
		}
		return nil
	})
	u.proveWorking(1)

	proved(t, "debian-13", roletest.Containers, "slurm-accounting", "slurm-controller", "slurm-worker")
	u.run("stop", "slurmlater", "--yes")
}
