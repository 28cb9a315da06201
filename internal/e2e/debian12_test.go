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

const debian12RolesSpec = `cluster "deb12r" {
  provider = provider.docker
  image    = "debian-12"

  scheduler "gridengine" {}
  share "/home" { type = "volume" }
  share "/shared" { type = "sshfs" }
  share "/data" {
    type   = "glusterfs"
    server = "frontend"
  }
  node_group "frontend" { count = 1 }
  node_group "compute" {
    count  = 1
    memory = "1GB"
  }
  role "mpi" { compilers = false }
  role "modules" {}
  role "users" {
    users = [{ name = "ada", uid = 1815 }]
  }
}
`

// TestDebian12Roles has what else works on Debian 12 in containers.
func TestDebian12Roles(t *testing.T) {
	needFull(t)
	u := newUser(t, "deb12r")
	u.patience = 15 * time.Minute
	u.write("ecluster.hcl", debian12RolesSpec)
	u.run("start", "deb12r")
	u.settled()
	for _, folder := range []string{"/shared", "/data"} {
		u.ssh("echo hello >" + folder + "/note")
		if got := u.run("ssh", "deb12r", "-n", "compute001", "--", "cat "+folder+"/note && umask 077 && echo mine >"+folder+"/mine && cat "+folder+"/mine"); got != "hello\nmine\n" {
			t.Errorf("compute001 reads %q from %s", got, folder)
		}
	}
	// Nothing says how many CPUs the node has, so no memory is booked.
	out := u.ssh("echo 'ulimit -v; id -u ada; bash -lc \"module avail openmpi\" 2>&1; mpirun -n 1 hostname' >job.sh; qsub -terse -cwd -j y -o out.txt -sync y job.sh >/dev/null; cat out.txt")
	u.says(out, "unlimited", "1815", "openmpi/4.1", "compute001")
	proved(t, "debian-12", roletest.Containers, "gridengine-master", "gridengine-exec", "gridengine-submit",
		"sshfs-server", "sshfs-client", "glusterfs-server", "glusterfs-client", "mpi", "modules", "users")
	u.run("stop", "deb12r", "--yes")
}

// TestDebian12 is a whole life on the release before the default one: SLURM
// 22.05, MariaDB 10.11, OpenSSH 9.2.
func TestDebian12(t *testing.T) {
	needFull(t)
	u := newUser(t, "deb12")
	u.patience = 15 * time.Minute
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
	u.run("pause", "deb12", "--yes")
	u.wakeElsewhere("compute002", "resume", u.cluster) // this SLURM would keep the addresses
	u.ready("frontend001", "compute001", "compute002")
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
