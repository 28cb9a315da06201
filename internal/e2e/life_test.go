package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

// TestLife is what a user does on the first day, on the embedded spec.
func TestLife(t *testing.T) {
	needEngine(t)
	u := newUser(t, "life")
	u.run("start", "local", "-n", "life")

	t.Run("nodes", func(t *testing.T) {
		states := u.nodes()
		for _, name := range []string{"frontend001", "compute001", "compute002"} {
			if states[name] != "ready" {
				t.Errorf("%s is %q, not ready", name, states[name])
			}
		}
		u.proveWorking(2)
	})

	t.Run("files", useFiles(u))
	t.Run("commands on many nodes", useManyNodes(u))
	t.Run("tunnel", useTunnel(u))
	t.Run("own ssh", useOwnSSH(u))

	t.Run("array in the shared home", func(t *testing.T) {
		id := firstNumber(u.ssh("sbatch --parsable --array=1-20 --wrap 'hostname; date'"))
		u.eventually(2*time.Minute, func() error {
			if n := strings.TrimSpace(u.ssh("cat slurm-" + id + "_*.out 2>/dev/null | grep -c compute || true")); n != "20" {
				return fmt.Errorf("%s of 20 outputs are there", n)
			}
			return nil
		})
		u.eventually(time.Minute, func() error {
			if n := strings.TrimSpace(u.ssh("sacct -X -n -o state -j " + id + " | grep -c COMPLETED || true")); n != "20" {
				return fmt.Errorf("sacct lists %s of 20 as completed", n)
			}
			return nil
		})
	})

	t.Run("setup twice changes nothing", func(t *testing.T) {
		u.run("setup", "life")
		var steps []eventLine
		sessions := 0
		for _, e := range u.events("setup", "life") {
			if e.Type == "step_finished" && e.Outcome == "changed" && !isProof(e) {
				steps = append(steps, e)
			}
			sessions += e.Sessions
		}
		if sessions != 3 {
			t.Errorf("setup of three nodes took %d SSH sessions", sessions)
		}
		if len(steps) > 0 {
			t.Errorf("the second setup changed %v", steps)
		}
	})

	t.Run("resize while a job runs", func(t *testing.T) {
		started := u.controllerStart()
		id := firstNumber(u.ssh("sbatch --parsable -w compute001 --wrap 'sleep 20; echo survived'"))
		u.eventually(time.Minute, func() error {
			if s := u.jobState(id); s != "RUNNING" {
				return fmt.Errorf("job %s is %s", id, s)
			}
			return nil
		})
		sessions := 0
		for _, e := range u.events("resize", "life", "-a", "2:compute") {
			sessions += e.Sessions
		}
		if sessions != 3 {
			t.Errorf("adding two nodes to three took %d SSH sessions, not one for each new node and one for the frontend", sessions)
		}
		u.proveWorking(3) // the fourth may be busy with the job
		u.eventually(time.Minute, func() error {
			if out := u.ssh("cat slurm-" + id + ".out"); !strings.Contains(out, "survived") {
				return fmt.Errorf("the job has not ended well yet: %q", out)
			}
			return nil
		})
		if now := u.controllerStart(); now != started {
			t.Errorf("slurmctld was restarted: %q, then %q", started, now)
		}
		u.run("resize", "life", "-r", "3:compute", "--yes")
		if states := u.nodes(); len(states) != 2 {
			t.Errorf("after removing three of four compute nodes there are %v", states)
		}
		if out := strings.TrimSpace(u.ssh("sinfo -h -N -o %N | sort -u | wc -l")); out != "1" {
			t.Errorf("sinfo lists %s nodes, not 1:\n%s", out, u.ssh("sinfo"))
		}
		u.proveWorking(1)
	})

	t.Run("exit status and words of a remote command", func(t *testing.T) {
		if _, err := u.try("ssh", "life", "--", "exit 7"); exitCode(err) != 7 {
			t.Errorf("exit 7 on the node ended with %v", err)
		}
		if out := u.run("ssh", "life", "--", "printf", "%s|", "a b", "$HOME", "it's"); out != "a b|$HOME|it's|" {
			t.Errorf("the words of a command arrived as %q", out)
		}
	})

	proved(t, "debian-13", roletest.Containers,
		"base", "munge", "slurm-accounting", "slurm-controller", "slurm-worker", "share-volume")

	t.Run("stop leaves nothing", func(t *testing.T) {
		u.run("stop", "life", "--yes")
		if out := u.run("list"); !strings.Contains(out, "no clusters") {
			t.Errorf("after stop, list says %q", out)
		}
	})
}

// controllerStart is when slurmctld started.
func (u *user) controllerStart() string {
	return u.run("ssh", u.cluster, "--admin", "--", "systemctl show -p ExecMainStartTimestamp slurmctld")
}

func (u *user) jobState(id string) string {
	return strings.TrimSpace(u.ssh("squeue -h -j " + id + " -o %T"))
}

// isProof reports whether a step runs every time by design, to prove that the
// node works.
func isProof(e eventLine) bool { return strings.HasPrefix(e.Step, "verify") }
