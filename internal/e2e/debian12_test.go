package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

const debian12Spec = `cluster "deb12" {
  provider = provider.docker
  image    = "debian-12"

  scheduler "slurm" {
    accounting = true
  }
  share "/home" {
    type = "volume"
  }
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count  = 1
    cpus   = 1
    memory = "1GB"
  }
  role "packages" {
    install = ["tree"]
  }
  role "script" {
    run = "step.sh"
  }
}
`

// TestDebian12 is a whole life on the release before the default one: SLURM
// 22.05, MariaDB 10.11, OpenSSH 9.2.
func TestDebian12(t *testing.T) {
	needFull(t)
	u := newUser(t, "deb12")
	u.write("ecluster.hcl", debian12Spec)
	u.write("step.sh", "tree --version\n")
	u.run("start", "deb12")
	u.settled()
	if version := u.ssh("sinfo --version"); !strings.Contains(version, " 22.05") {
		t.Errorf("the SLURM of Debian 12 is %q", version)
	}
	u.proveWorking(1)
	id := firstNumber(u.ssh("sbatch --parsable --wrap 'sleep 1; hostname'"))

	u.run("resize", "deb12", "-a", "1:compute")
	u.proveWorking(2)
	u.run("resize", "deb12", "-r", "1:compute", "--yes")
	u.ready("frontend001", "compute001")
	u.proveWorking(1)

	u.eventually(time.Minute, func() error {
		if out := u.ssh("sacct -X -n -o state -j " + id); !strings.Contains(out, "COMPLETED") {
			return fmt.Errorf("sacct says %q of the job", out)
		}
		return nil
	})
	proved(t, "debian-12", roletest.Containers, "base", "munge", "slurm-accounting", "slurm-controller", "slurm-worker",
		"share-volume", "packages", "script")
	u.run("stop", "deb12", "--yes")
}
