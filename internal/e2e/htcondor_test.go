package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

// condorSpec is a pool with compute nodes of one CPU and a shared home.
func condorSpec(name string, nodes int, more string) string {
	return fmt.Sprintf(`cluster %q {
  provider = provider.docker
  scheduler "htcondor" {
    accounting_group "physics" {
      quota = 0.5
    }
  }
  share "/home" {
    type = "volume"
  }
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count  = %d
    cpus   = 1
    memory = "1GB"
  }
%s}
`, name, nodes, more)
}

// condorRoles are what these tests prove.
var condorRoles = []string{"htcondor-pool", "htcondor-manager", "htcondor-execute"}

// condorSubmit submits a job as the login user and returns the number of its
// cluster. Its log is NAME.log in the home.
func (u *user) condorSubmit(name, text string) string {
	u.Helper()
	out := u.ssh(fmt.Sprintf("cat >%[1]s.sub <<'END'\nlog = %[1]s.log\nrequest_memory = 64\n%[2]s\nEND\ncondor_submit -terse %[1]s.sub", name, text))
	id := firstNumber(out)
	if id == "" {
		u.Fatalf("condor_submit of %s said %q", name, out)
	}
	return id
}

// condorEnds waits until all jobs of a log have ended.
func (u *user) condorEnds(name string) {
	u.Helper()
	if out, err := u.try("ssh", u.cluster, "--", "condor_wait -wait 240 "+name+".log"); err != nil {
		u.Fatalf("%s has not ended: %s\n%s", name, out, u.ssh("condor_q -nobatch; condor_q -hold; condor_status; tail -n 20 "+name+".log"))
	}
}

// condorDone is how many jobs of a cluster condor_history lists as ended well.
func (u *user) condorDone(id string) string {
	u.Helper()
	return strings.TrimSpace(u.ssh("condor_history " + id + " -constraint 'JobStatus == 4 && ExitCode == 0' -af ProcId | wc -l"))
}

// TestHTCondor is a pool of one node.
func TestHTCondor(t *testing.T) {
	needEngine(t)
	u := newUser(t, "condor")
	u.writeSpec(condorSpec("condor", 1, ""))
	u.run("start", "condor")
	u.condorSubmit("three", "executable = /bin/hostname\ntransfer_executable = false\noutput = three.$(Process)\nqueue 3")
	u.condorSubmit("held", "executable = /bin/hostname\nhold = true\nqueue")
	u.condorEnds("three")
	if out := u.ssh("cat three.*[0-9]"); strings.Count(out, "compute001") != 3 {
		t.Errorf("three jobs said %q", out)
	}
	u.says(u.run("status", "condor"), "0 running, 1 pending", "1 pending: held: submitted on hold at user's request", "compute001 idle")
	if out, err := u.try("ssh", "condor", "--", "cat /etc/condor/passwords.d/* /etc/condor/tokens.d/*"); err == nil {
		t.Errorf("the login user reads the key of the pool: %d bytes", len(out))
	}
	proved(t, "debian-13", roletest.Containers, condorRoles...)
	u.run("stop", "condor", "--yes")
}

// TestHTCondorLife is what a group of users does with a pool.
func TestHTCondorLife(t *testing.T) {
	needFull(t)
	u := newUser(t, "condorlife")
	u.writeSpec(condorSpec("condorlife", 2, `  role "mpi" {
    on = ["frontend"]
  }
  role "mpi" {
    on        = ["compute"]
    compilers = false
  }
`))
	u.run("start", "condorlife")
	var jobs []string // the clusters that condor_history must know at the end

	t.Run("twenty jobs in the shared home", func(t *testing.T) {
		u := u.within(t)
		id := u.condorSubmit("twenty", "executable = /bin/hostname\ntransfer_executable = false\noutput = twenty.$(Process).out\naccounting_group = physics\nqueue 20")
		jobs = append(jobs, id)
		u.condorEnds("twenty")
		if n := strings.TrimSpace(u.ssh("cat twenty.*.out | grep -c compute")); n != "20" {
			t.Errorf("%s of 20 outputs are there", n)
		}
		if n := u.condorDone(id); n != "20" {
			t.Errorf("condor_history lists %s of 20", n)
		}
	})

	t.Run("files are transferred", func(t *testing.T) {
		u := u.within(t)
		u.ssh("mkdir -p sub && echo 42 >sub/answer")
		jobs = append(jobs, u.condorSubmit("files", `executable = /bin/sh
transfer_executable = false
should_transfer_files = YES
transfer_input_files = sub/answer
transfer_output_files = result
arguments = "-c 'pwd; cat answer; cp answer result'"
output = files.out
queue`))
		u.condorEnds("files")
		if out := u.ssh("cat files.out result"); !strings.HasPrefix(out, "/var/lib/condor/execute/") || !strings.HasSuffix(out, "42\n42\n") {
			t.Errorf("the job and its result say %q", out)
		}
	})

	t.Run("DAG", func(t *testing.T) {
		u := u.within(t)
		u.ssh(`cat >step.sub <<'END'
executable = /bin/sh
transfer_executable = false
arguments = "-c 'echo $(step) >>dag.order'"
request_memory = 64
queue
END
cat >four.dag <<'END'
JOB a step.sub
JOB b step.sub
JOB c step.sub
JOB d step.sub
VARS a step="a"
VARS b step="b"
VARS c step="c"
VARS d step="d"
PARENT a CHILD b c
PARENT b c CHILD d
END
condor_submit_dag four.dag`)
		if out, err := u.try("ssh", "condorlife", "--", "condor_wait -wait 240 four.dag.dagman.log"); err != nil {
			t.Fatalf("the DAG has not ended: %s\n%s", out, u.ssh("condor_q -nobatch; tail -n 30 four.dag.dagman.out"))
		}
		order := strings.Fields(u.ssh("cat dag.order"))
		if len(order) != 4 || order[0] != "a" || order[3] != "d" {
			t.Errorf("the steps of the DAG ran as %v", order)
		}
	})

	t.Run("MPI over two nodes", func(t *testing.T) {
		u := u.within(t)
		u.ssh(`cat >ring.c <<'END'
#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
    int rank, sum, size; char host[MPI_MAX_PROCESSOR_NAME];
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Get_processor_name(host, &sum);
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    printf("rank %d of %d on %s, sum %d\n", rank, size, host, sum);
    MPI_Finalize();
}
END
mpicc -o ring ring.c`)
		jobs = append(jobs, u.condorSubmit("mpi", `universe = parallel
executable = /usr/local/bin/condor_mpirun
transfer_executable = false
arguments = ./ring
machine_count = 2
output = mpi.out.$(Node)
error = mpi.err.$(Node)
queue`))
		u.condorEnds("mpi")
		out := u.ssh("cat mpi.out.* mpi.err.*")
		for _, want := range []string{"of 2 on compute001, sum 1", "of 2 on compute002, sum 1"} {
			if !strings.Contains(out, want) {
				t.Errorf("the MPI program does not say %q, but %q", want, out)
			}
		}
	})

	t.Run("resize while jobs run", func(t *testing.T) {
		u := u.within(t)
		id := u.condorSubmit("long", "executable = /bin/sleep\ntransfer_executable = false\narguments = 15\nqueue 6")
		jobs = append(jobs, id)
		u.condorRuns(id)
		u.run("resize", "condorlife", "-a", "1:compute")
		u.run("resize", "condorlife", "-r", "2:compute", "--yes")
		u.ready("frontend001", "compute001")
		u.condorEnds("long")
		if n := u.condorDone(id); n != "6" {
			t.Errorf("condor_history lists %s of 6 jobs as ended well", n)
		}
		if n := strings.TrimSpace(u.ssh("condor_history " + id + " -af NumJobStarts | sort -u")); n != "1" {
			t.Errorf("jobs were started %s times: a node went while they ran", strings.Fields(n))
		}
		if out := u.ssh("condor_status -af Machine | sort -u"); strings.TrimSpace(out) != "compute001.ecluster" {
			t.Errorf("condor_status lists %q", out)
		}
		u.run("resize", "condorlife", "-a", "1:compute")
	})

	t.Run("a node is killed and replaced", func(t *testing.T) {
		u := u.within(t)
		id := u.condorSubmit("pinned", "executable = /bin/sleep\ntransfer_executable = false\narguments = 20\nrequirements = Machine == \"compute002.ecluster\"\nqueue")
		jobs = append(jobs, id)
		u.condorRuns(id)
		u.docker("rm", "-f", u.container("compute002"))
		u.run("start", "condorlife")
		u.ready("frontend001", "compute001", "compute002")
		u.condorEnds("pinned")
		if out := strings.TrimSpace(u.ssh("condor_history " + id + " -af ExitCode NumJobStarts")); !strings.HasPrefix(out, "0 ") || out == "0 1" {
			t.Errorf("the job of the killed node ended with exit code and starts %q", out)
		}
	})

	t.Run("accounting knows all of it", func(t *testing.T) {
		u := u.within(t)
		for _, id := range jobs {
			if n := u.condorDone(id); n == "0" {
				t.Errorf("condor_history does not know the jobs of cluster %s", id)
			}
		}
		u.says(u.ssh("condor_userprio -allusers"), "ecluster")
	})

	u.settled()
	proved(t, "debian-13", roletest.Containers, append([]string{"mpi"}, condorRoles...)...)
	u.run("stop", "condorlife", "--yes")
}

// condorRuns waits until a job of a cluster runs.
func (u *user) condorRuns(id string) {
	u.Helper()
	u.eventually(2*time.Minute, func() error {
		if out := u.ssh("condor_q " + id + " -af JobStatus"); !strings.Contains(out, "2") {
			return fmt.Errorf("no job of cluster %s runs: %q", id, strings.Fields(out))
		}
		return nil
	})
}
