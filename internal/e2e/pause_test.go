package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// untilReleased is what a job does that must run at a certain moment, however
// slow the machine is: it waits for a file in its folder.
const untilReleased = "while [ ! -e released ]; do sleep 1; done"

// paused fails the test unless all nodes are paused, and no container runs.
func (u *user) paused() {
	u.Helper()
	for node, phase := range u.nodes() {
		if phase != "paused" {
			u.Errorf("%s is %s, not paused", node, phase)
		}
	}
	if ids := u.docker("ps", "-q", "--filter", "label=ecluster-name="+u.cluster); ids != "" {
		u.Errorf("these containers run although the cluster is paused: %s", ids)
	}
}

// jobIs waits until squeue has a job in a state.
func (u *user) jobIs(id, state string) {
	u.Helper()
	u.eventually(2*time.Minute, func() error {
		if s := u.jobState(id); s != state {
			return fmt.Errorf("job %s is %q, not %s", id, s, state)
		}
		return nil
	})
}

// wakeElsewhere lets a command wake a cluster with other addresses than before:
// one node is there first and takes that of the frontend, or of the first node.
func (u *user) wakeElsewhere(node string, command ...string) {
	u.Helper()
	before := u.addresses()
	u.docker("start", u.container(node))
	u.run(command...)
	if after := u.addresses(); before[node] == "" || before[node] == after[node] {
		u.Errorf("%s had %q, and now has %q", node, before[node], after[node])
	}
}

// addresses are those of the record, by node.
func (u *user) addresses() map[string]string {
	u.Helper()
	at := map[string]string{}
	for _, n := range u.listed() {
		at[n.Name] = n.PrivateIP
	}
	return at
}

const pauseSpec = `cluster "pause" {
  provider = provider.docker
  scheduler "slurm" {}
  share "/home" {
    type = "volume"
  }
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count  = 2
    cpus   = 1
    memory = "1GB"
  }
}
`

// TestPause stops a SLURM cluster in the middle of a job, starts it again, and
// sees the job end; with --wait, and after kills too.
func TestPause(t *testing.T) {
	needFull(t)
	u := newUser(t, "pause")
	u.patience = 15 * time.Minute
	u.writeSpec(pauseSpec)
	u.run("start", "pause")
	u.ssh("echo precious > result.txt")
	job := firstNumber(u.ssh("sbatch --parsable --wrap '" + untilReleased + "; echo survived'"))
	u.jobIs(job, "RUNNING")
	u.run("ssh", "pause", "--admin", "--", "scontrol update nodename=compute002 state=drain reason=broken-fan")

	u.says(u.ends(1, "pause", "pause"), "repeat the command with --yes")
	u.run("pause", "pause", "--yes")
	u.paused()
	u.says(u.ends(255, "ssh", "pause"), `cluster "pause" is paused`, "'ecluster resume pause' starts its machines again")
	u.says(u.ends(1, "setup", "pause"), "'ecluster resume pause' starts its machines again")
	u.run("list-nodes", "pause", "--update")
	u.paused()

	u.run("resume", "pause")
	u.ready("frontend001", "compute001", "compute002")
	if out := u.ssh("sinfo -h -N -o '%N %t %E'"); !strings.Contains(out, "compute001 idle") || !strings.Contains(out, "broken-fan") {
		t.Errorf("the nodes are not as they were:\n%s", out)
	}
	u.run("ssh", "pause", "--admin", "--", "scontrol update nodename=compute002 state=resume")
	u.proveWorking(2)
	if got := strings.TrimSpace(u.ssh("cat result.txt")); got != "precious" {
		t.Errorf("the file in the home says %q", got)
	}
	u.settled()
	u.ssh("touch released")
	u.eventually(5*time.Minute, func() error { // SLURM holds requeued jobs back for two minutes
		if out := u.ssh("cat slurm-" + job + ".out 2>/dev/null; scontrol show job " + job); !strings.Contains(out, "survived") || !strings.Contains(out, "JobState=COMPLETED") || !strings.Contains(out, "Restarts=1") {
			return fmt.Errorf("the job has not ended well yet: %q", out)
		}
		return nil
	})

	t.Run("wait", func(t *testing.T) {
		u := u.within(t)
		long := firstNumber(u.ssh("sbatch --parsable --wrap 'sleep 1d'"))
		u.jobIs(long, "RUNNING")
		u.says(u.ends(4, "pause", "pause", "--yes", "--wait", "--drain-timeout", "3s"), "jobs still run on", "'ecluster resume pause' takes it back")
		u.run("resume", "pause")
		if s := u.jobState(long); s != "RUNNING" {
			t.Errorf("a pause that was taken back left the job %s", s)
		}
		u.ssh("scancel " + long + "; rm released")
		short := firstNumber(u.ssh("sbatch --parsable --wrap '" + untilReleased + "; echo awaited'"))
		u.jobIs(short, "RUNNING")
		pause := u.begin("pause", "pause", "--yes", "--wait")
		pause.await("its running jobs to end")
		u.docker("exec", u.container("frontend001"), "touch", "/home/ecluster/released")
		pause.end(0)
		u.paused()
		u.run("resume", "pause")
		if out := u.ssh("cat slurm-" + short + ".out"); !strings.Contains(out, "awaited") {
			t.Errorf("the job was not waited for: %q", out)
		}
	})

	t.Run("killed", func(t *testing.T) {
		u := u.within(t)
		u.killAt(phase("compute001", "paused"), "pause", "pause", "--yes")
		u.run("resume", "pause")
		u.proveWorking(2)
		u.run("pause", "pause", "--yes")
		u.killAt(phase("frontend001", "booting"), "resume", "pause")
		u.run("pause", "pause", "--yes")
		u.paused()
		u.killAt(phase("compute001", "reachable"), "resume", "pause")
		u.run("resume", "pause")
		u.proveWorking(2)
	})
	u.run("pause", "pause", "--yes")
	u.wakeElsewhere("compute002", "resume", u.cluster)
	u.ready("frontend001", "compute001", "compute002")
	u.proveWorking(2)
	u.run("pause", "pause", "--yes")
	u.run("stop", "pause", "--yes")
}

// TestPauseOtherSchedulers does it with Grid Engine and HTCondor.
func TestPauseOtherSchedulers(t *testing.T) {
	t.Run("gridengine", func(t *testing.T) {
		needFull(t)
		u := newGrid(t, gridEngineSpec)
		u.run("start", "grid", "--var", "nodes=2")
		job := u.qsub("-r y", untilReleased)
		u.eventually(time.Minute, func() error {
			if out := u.ssh("qstat -s r -u '*'"); !strings.Contains(out, job) {
				return fmt.Errorf("job %s does not run yet: %s", job, out)
			}
			return nil
		})
		u.run("pause", "grid", "--yes")
		u.paused()
		u.run("resume", "grid")
		u.ready("frontend001", "compute001", "compute002")
		u.ssh("touch released")
		u.finished(job, 1)
		u.settled()

		u.run("pause", "grid", "--yes")
		u.wakeElsewhere("compute002", "resume", u.cluster)
		u.ready("frontend001", "compute001", "compute002")
		u.finished(u.qsub("-t 1-2", "hostname"), 2)
		u.settled()

		for _, node := range []string{"compute001", "compute002", "frontend001"} { // as when the computer is switched off
			u.docker("stop", u.container(node))
		}
		u.wakeElsewhere("compute001", "start", "grid", "--var", "nodes=2")
		u.ready("frontend001", "compute001", "compute002")
		u.finished(u.qsub("-t 1-2", "hostname"), 2)
		u.settled()
		u.run("stop", "grid", "--yes")
	})
	t.Run("htcondor", func(t *testing.T) {
		needFull(t)
		u := newUser(t, "condor")
		u.patience = 15 * time.Minute
		u.writeSpec(condorSpec("condor", 2, ""))
		u.run("start", "condor")
		job := u.condorSubmit("long", "executable = /bin/sh\narguments = \"-c 'while [ ! -e /home/ecluster/released ]; do sleep 1; done'\"\nqueue")
		u.eventually(time.Minute, func() error {
			if out := u.ssh("condor_q -af JobStatus"); strings.TrimSpace(out) != "2" {
				return fmt.Errorf("job %s does not run yet: %s", job, out)
			}
			return nil
		})
		u.run("pause", "condor", "--yes")
		u.paused()
		u.run("resume", "condor")
		u.ready("frontend001", "compute001", "compute002")
		u.ssh("touch released")
		u.condorEnds("long")
		if n := u.condorDone(job); n != "1" {
			t.Errorf("condor_history has %s jobs as well ended", n)
		}
		u.settled()

		u.run("pause", "condor", "--yes")
		u.wakeElsewhere("compute002", "resume", u.cluster)
		u.ready("frontend001", "compute001", "compute002")
		u.condorSubmit("short", "executable = /bin/hostname\nqueue 2")
		u.condorEnds("short")
		u.settled()
		u.run("stop", "condor", "--yes")
	})
}
