package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

const gridEngineSpec = `variable "nodes" {
  type    = number
  default = 1
}

cluster "grid" {
  provider = provider.docker

  scheduler "gridengine" {
    queue "short" {
      max_time = "1:00:00"
    }
  }
  share "/home" {
    type = "volume"
  }
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count  = var.nodes
    cpus   = 1
    memory = "1GB"
  }
}
`

// gridEngineRoles are the roles that a cluster with Grid Engine has of it.
var gridEngineRoles = []string{"gridengine-master", "gridengine-exec", "gridengine-submit"}

// newGrid is a user of a Grid Engine cluster.
func newGrid(t *testing.T, spec string) *user {
	t.Helper()
	u := newUser(t, "grid")
	u.patience = 15 * time.Minute
	u.write("ecluster.hcl", spec)
	return u
}

// qsub submits a script with options, and returns the number of the job.
func (u *user) qsub(options, script string) string {
	u.Helper()
	quoted := "'" + strings.ReplaceAll(script, "'", `'\''`) + "'" // nothing in it is the frontend's
	return firstNumber(u.ssh("mkdir -p out && printf '%s\\n' " + quoted + " | qsub -terse -cwd -j y -o out " + options))
}

// finished waits until qacct has a good end for so many tasks of a job.
func (u *user) finished(job string, tasks int) {
	u.Helper()
	u.eventually(5*time.Minute, func() error {
		if n := u.accounted(job); n != tasks {
			return fmt.Errorf("qacct has %d of %d tasks of job %s as well ended; qstat says:\n%s", n, tasks, job, u.ssh("qstat -f -u '*'"))
		}
		return nil
	})
}

// accounted counts the tasks of a job that ended well.
func (u *user) accounted(job string) int {
	u.Helper()
	out := u.ssh("qacct -j " + job + " 2>/dev/null | awk '$1 == \"failed\" { failed = $2 } $1 == \"exit_status\" && $2 == 0 && failed == 0' | wc -l")
	var n int
	_, _ = fmt.Sscan(out, &n)
	return n
}

// TestGridEngine is a small cluster with Grid Engine: an array, and what the
// program says of the scheduler.
func TestGridEngine(t *testing.T) {
	needEngine(t)
	u := newGrid(t, gridEngineSpec)
	said := u.run("start", "grid")
	u.says(said, "ecluster ssh grid -- qsub -b y hostname")
	job := u.qsub("-t 1-3", "echo task $SGE_TASK_ID of $(hostname) has $(ulimit -v) KB")
	u.finished(job, 3)
	if out := u.ssh("cat out/*"); strings.Count(out, "of compute001 has ") != 3 || strings.Contains(out, "unlimited") {
		t.Errorf("the three tasks, each with the memory of a slot, left %q", out)
	}
	u.says(u.run("status", "grid"), "compute001 idle 1 0 0")
	u.settled()
	proved(t, "debian-13", roletest.Containers, gridEngineRoles...)
	u.run("stop", "grid", "--yes")
}

// TestGridEngineLife is the life of a cluster: an array, an MPI job over two
// nodes, growing and shrinking while jobs run, and a node that dies. No job is
// lost, and qacct knows all of them.
func TestGridEngineLife(t *testing.T) {
	needFull(t)
	u := newGrid(t, strings.Replace(gridEngineSpec, "  share \"/home\"", "  role \"mpi\" {\n    compilers = false\n    on        = [\"compute\"]\n  }\n  share \"/home\"", 1))
	u.run("start", "grid", "--var", "nodes=2")
	u.settled()
	proved(t, "debian-13", roletest.Containers, append([]string{"mpi"}, gridEngineRoles...)...)

	var array string
	t.Run("array of twenty", func(t *testing.T) {
		u := u.within(t)
		array = u.qsub("-N twenty -t 1-20", "echo $SGE_TASK_ID")
		u.finished(array, 20)
		if n := strings.TrimSpace(u.ssh("cat out/twenty.o*.* | sort -n | uniq | wc -l")); n != "20" {
			t.Errorf("%s of 20 tasks left their number", n)
		}
	})

	t.Run("MPI over two nodes", func(t *testing.T) {
		u := u.within(t)
		job := u.qsub("-N mpi -pe mpi 2", "mpirun sh -c 'echo $(uname -n) $(sed -n s/^0:://p /proc/self/cgroup)'")
		u.finished(job, 1)
		out := u.ssh("cat out/mpi.o" + job)
		for _, node := range []string{"compute001", "compute002"} {
			// In execd's group of processes: limited and accounted by Grid Engine.
			if !strings.Contains(out, node+" /system.slice/gridengine-exec.service") {
				t.Errorf("no process of the job ran under Grid Engine on %s:\n%s", node, out)
			}
		}
	})

	t.Run("resize while jobs run", func(t *testing.T) {
		u := u.within(t)
		started := u.masterStart()
		job := u.qsub("-N resize -t 1-6", "sleep 15; echo done $SGE_TASK_ID")
		u.run("resize", "grid", "-a", "1:compute")
		u.run("resize", "grid", "-r", "2:compute", "--yes")
		u.finished(job, 6)
		if hosts := strings.Fields(u.ssh("qconf -sel")); len(hosts) != 1 {
			t.Errorf("after removing two of three nodes Grid Engine knows %v", hosts)
		}
		u.run("resize", "grid", "-a", "1:compute")
		if now := u.masterStart(); now != started {
			t.Errorf("qmaster was restarted: %q, then %q", started, now)
		}
	})

	t.Run("a node dies", func(t *testing.T) {
		u := u.within(t)
		nodes := slices.DeleteFunc(slices.Sorted(maps.Keys(u.nodes())), func(n string) bool { return n == "frontend001" })
		lost := nodes[0]
		job := u.qsub("-N dies -t 1-2", "sleep 20; echo done $SGE_TASK_ID")
		u.eventually(2*time.Minute, func() error {
			if n := strings.TrimSpace(u.ssh("qstat -s r | grep -c compute || true")); n != "2" {
				return fmt.Errorf("%s of 2 tasks run", n)
			}
			return nil
		})
		id := u.container(lost)
		u.docker("kill", id)
		u.docker("rm", "-f", id)
		u.run("start", "grid", "--var", "nodes=2")
		u.ready(append(nodes, "frontend001")...)
		u.finished(job, 2)
		u.settled()
	})

	t.Run("qacct knows all", func(t *testing.T) {
		u := u.within(t)
		if n := u.accounted(array); n != 20 {
			t.Errorf("of the first array %d tasks are recorded", n)
		}
		u.says(u.ssh("qacct -o | cat"), "ecluster")
	})
	u.run("stop", "grid", "--yes")
}

// masterStart is when qmaster started.
func (u *user) masterStart() string {
	u.Helper()
	return u.run("ssh", u.cluster, "--admin", "--", "systemctl show -p ExecMainStartTimestamp gridengine-master")
}
