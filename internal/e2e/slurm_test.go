package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

const slurmLifeSpec = `cluster "slurm" {
  provider = provider.docker

  scheduler "slurm" {
    accounting = true
  }
  share "/home" {
    type = "volume"
  }
  node_group "frontend" {
    count = 1
    role "mpi" {}
  }
  node_group "compute" {
    count  = 2
    cpus   = 1
    memory = "1GB"
    role "mpi" {
      compilers = false
    }
  }
}
`

// sumOfRanks adds the ranks up; its processes say where they ran.
const sumOfRanks = `#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
    int rank, size, sum, n;
    char host[MPI_MAX_PROCESSOR_NAME];
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Get_processor_name(host, &n);
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    printf("%s: rank %d of %d, sum %d\n", host, rank, size, sum);
    MPI_Finalize();
    return 0;
}
`

// patient is how long a command of a whole scheduler may take on a busy machine.
const patient = 15 * time.Minute

// TestSlurmLife is what befalls a cluster while jobs run: it grows and shrinks,
// and a node dies. No job is lost.
func TestSlurmLife(t *testing.T) {
	needFull(t)
	u := newUser(t, "slurm")
	u.patience = patient
	u.write("ecluster.hcl", slurmLifeSpec)
	u.run("start", "slurm")
	u.settled()
	var all []string // every job

	t.Run("array", func(t *testing.T) {
		u := u.within(t)
		id := u.submit("--array=1-20 --wrap 'sleep 0.5'")
		all = append(all, id)
		u.eventually(5*time.Minute, func() error { return u.ended(id, 20) })
		began := u.ssh("sacct -X -n -P -o start -j " + id + " | sort | head -n 1")
		ended := u.ssh("sacct -X -n -P -o end -j " + id + " | sort | tail -n 1")
		t.Logf("20 tasks of half a second on two nodes: %s to %s", strings.TrimSpace(began), strings.TrimSpace(ended))
	})

	t.Run("mpi", func(t *testing.T) {
		u := u.within(t)
		u.ssh("cat >sum.c <<'END'\n" + sumOfRanks + "END\nmpicc -o sum sum.c")
		for _, how := range []string{
			"salloc -Q -N2 -n2 mpirun ./sum",
			"srun -N2 -n2 --mpi=pmix ./sum",
			"srun -N2 -n2 ./sum", // PMIx is the default
		} {
			out := u.mpi(how)
			if !strings.Contains(out, "compute001: rank") || !strings.Contains(out, "compute002: rank") || strings.Count(out, "of 2, sum 1") != 2 {
				t.Errorf("%s answered %q", how, out)
			}
		}
	})

	t.Run("resize while jobs run", func(t *testing.T) {
		u := u.within(t)
		started := u.controllerStart()
		// Two nodes of one CPU each: the third job waits for the third node, and
		// all of them for the test.
		ids := []string{u.submit(heldJob), u.submit(heldJob), u.submit(heldJob)}
		all = append(all, ids...)
		u.run("resize", "slurm", "-a", "1:compute")
		for _, id := range ids {
			u.runs(id)
		}
		u.run("resize", "slurm", "-r", "1:compute", "--yes", "--force")
		u.ssh("touch released")
		for _, id := range ids {
			u.eventually(10*time.Minute, func() error { return u.ended(id, 1) })
		}
		if now := u.controllerStart(); now != started {
			t.Errorf("slurmctld was restarted: %q, then %q", started, now)
		}
	})

	t.Run("a node is killed and replaced", func(t *testing.T) {
		u := u.within(t)
		id := u.submit("-w compute002 --wrap 'hostname; sleep 30'")
		all = append(all, id)
		u.runs(id)
		u.docker("rm", "-f", u.container("compute002"))
		u.run("start", "slurm")
		u.ready("frontend001", "compute001", "compute002")
		u.eventually(10*time.Minute, func() error { return u.ended(id, 1) })
		if out := u.ssh("sacct -X -n -D -o state%20 -j " + id); !strings.Contains(out, "REQUEUED") && !strings.Contains(out, "NODE_FAIL") {
			t.Errorf("sacct knows nothing of the job's first node: %q", out)
		}
	})

	t.Run("the record", func(t *testing.T) {
		u := u.within(t)
		out := u.ssh("sacct -X -n -P -o jobid,state,nodelist -j " + strings.Join(all, ","))
		if n := strings.Count(out, "|COMPLETED|"); n != 20+len(all)-1 {
			t.Errorf("sacct lists %d jobs as completed, not %d:\n%s", n, 20+len(all)-1, out)
		}
		if out := u.ssh("sacct -n -P -o maxrss -j " + all[len(all)-1] + ".batch"); !strings.Contains(out, "K") {
			t.Errorf("sacct does not say what memory the last job took: %q", out)
		}
	})

	u.settled()
	proved(t, "debian-13", roletest.Containers, "base", "munge", "slurm-accounting", "slurm-controller", "slurm-worker", "share-volume", "mpi")
	u.run("stop", "slurm", "--yes")
}

// heldJob is a job that ends when the file released is there.
const heldJob = "--wrap 'until [ -e released ]; do sleep 1; done'"

// runs waits until a job runs.
func (u *user) runs(id string) {
	u.Helper()
	u.eventually(2*time.Minute, func() error {
		if state := u.jobState(id); state != "RUNNING" {
			return fmt.Errorf("job %s is %q", id, state)
		}
		return nil
	})
}

// submit gives sbatch its arguments and returns the number of the job.
func (u *user) submit(args string) string {
	u.Helper()
	return firstNumber(u.ssh("sbatch --parsable " + args))
}

// ended says why not all n tasks of a job have completed.
func (u *user) ended(id string, n int) error {
	u.Helper()
	out := u.ssh("sacct -X -n -P -o state -j " + id)
	if done := strings.Count(out, "COMPLETED"); done != n {
		return fmt.Errorf("%d of %d tasks of job %s have completed: %q; %s", done, n, id, out, u.ssh("squeue"))
	}
	return nil
}
