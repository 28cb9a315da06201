package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestSizes resizes a small cluster in ways that are allowed, and refuses the
// others.
func TestSizes(t *testing.T) {
	needFull(t)
	u := newSmall(t, "sizes", small{nodes: 2})
	u.run("start", "sizes")

	t.Run("refused", func(t *testing.T) {
		u := u.within(t)
		for _, test := range []struct {
			status int
			args   []string
			says   string
		}{
			{1, []string{"remove-node", "sizes", "frontend001", "--yes"}, "frontend001 is the frontend, and the cluster can't go on without it"},
			{1, []string{"resize", "sizes", "-r", "1:frontend", "--yes"}, "frontend001 is the frontend, and the cluster can't go on without it"},
			{6, []string{"remove-node", "sizes", "compute009", "--yes"}, "there is no node compute009"},
			{6, []string{"resize", "sizes", "-a", "1:computer"}, "its groups are frontend, compute"},
			{6, []string{"resize", "sizes", "-r", "1:gpu", "--yes"}, "its groups are frontend, compute"},
			{1, []string{"resize", "sizes", "-r", "3:compute", "--yes"}, "3 nodes of compute can't be removed: there are only 2"},
			{2, []string{"resize", "sizes", "-a", "compute"}, "write a number, a colon and a node group"},
			{2, []string{"resize", "sizes", "-a", "-1:compute"}, "write a number, a colon and a node group"},
			{2, []string{"resize", "sizes"}, "say what to change"},
			{6, []string{"resize", "size", "-a", "1:compute"}, `Did you mean "sizes"?`},
			{6, []string{"setup", "sizes", "--", "compute009"}, `no node "compute009"`},
			{6, []string{"ssh", "sizes", "-n", "compute009", "--", "true"}, `no node "compute009"`},
		} {
			u.says(u.ends(test.status, test.args...), test.says)
		}
		u.ready("frontend001", "compute001", "compute002")
	})

	t.Run("nobody to ask", func(t *testing.T) {
		u := u.within(t)
		u.says(u.ends(1, "resize", "sizes", "-r", "1:compute"), "--yes")
		u.says(u.ends(1, "stop", "sizes"), "--yes")
		u.ready("frontend001", "compute001", "compute002")
	})

	t.Run("to zero and back", func(t *testing.T) {
		u := u.within(t)
		u.run("resize", "sizes", "-r", "2:compute", "--yes")
		u.ready("frontend001")
		u.run("start", "sizes") // the size holds against the spec's
		u.ready("frontend001")
		u.run("resize", "sizes", "-a", "2:compute")
		u.ready("frontend001", "compute001", "compute002")
		u.run("resize", "sizes", "-a", "1:compute", "-r", "1:compute", "--yes")
		if states := u.nodes(); len(states) != 3 {
			t.Errorf("after one more and one less there are %v", states)
		}
	})
	u.run("stop", "sizes", "--yes")
}

// TestSpecChanged edits the spec of a running cluster. Plan and start say what
// changed, and no node that works is deleted.
func TestSpecChanged(t *testing.T) {
	needFull(t)
	u := newSmall(t, "changed", small{nodes: 2, step: "echo one\n"})
	u.run("start", "changed")
	before := u.container("compute002")

	t.Run("fewer nodes", func(t *testing.T) {
		u := u.within(t)
		u.describe(small{nodes: 1, step: "echo one\n"})
		for _, command := range []string{"plan", "start"} {
			u.says(u.ends(0, command, "changed"), "node_group compute: count 2 -> 1 (start never deletes nodes)")
		}
		u.ready("frontend001", "compute001", "compute002")
	})

	t.Run("another script", func(t *testing.T) {
		u := u.within(t)
		u.describe(small{nodes: 2, step: "echo two >/tmp/two\n"})
		u.says(u.ends(0, "plan", "changed"), "node_group compute: role script.step: script changed (applied by set-up)")
		u.says(u.ends(0, "start", "changed"), "compute001: script.step/run done", "compute002: script.step/run done")
		u.says(u.ends(0, "start", "changed"), "nothing to do")
		u.ready("frontend001", "compute001", "compute002")
	})

	t.Run("another size of nodes", func(t *testing.T) {
		u := u.within(t)
		u.describe(small{nodes: 3, memory: "300MB", step: "echo two >/tmp/two\n"})
		u.says(u.ends(0, "start", "changed"),
			`node_group compute: memory "256MB" -> "300MB" (applies to new nodes only)`, "node_group compute: count 2 -> 3")
		u.ready("frontend001", "compute001", "compute002", "compute003")
		if limit := u.docker("inspect", u.container("compute003"), "--format", "{{.HostConfig.Memory}}"); limit != "300000000" && limit != "314572800" {
			t.Errorf("the new node has %s bytes", limit)
		}
	})

	t.Run("broken", func(t *testing.T) {
		u := u.within(t)
		u.write("ecluster.hcl", "cluster \"changed\" {\n")
		u.ends(3, "start", "changed")
		u.run("list-nodes", "changed")
		u.run("setup", "changed")
		u.ready("frontend001", "compute001", "compute002", "compute003")
	})

	if u.container("compute002") != before {
		t.Error("compute002 is another machine")
	}
	u.run("stop", "changed", "--yes")
}

// TestSSHDNeverUp boots a machine on which no sshd comes up.
func TestSSHDNeverUp(t *testing.T) {
	needFull(t)
	u := newSmall(t, "mute", small{})
	const image = "ecluster-e2e-mute:latest"
	u.run("start", "mute") // so that there is an image to change
	u.docker("exec", u.container("compute001"), "systemctl", "mask", "ssh.service", "ssh.socket")
	u.docker("commit", u.container("compute001"), image)
	t.Cleanup(func() { u.docker("rmi", image) })
	u.run("stop", "mute", "--yes")

	u.describe(small{image: image})
	said := u.ends(1, "start", "mute", "--boot-timeout", "8s")
	u.says(said, "✗ compute001: failed while booting", "connect compute001", "sshd did not let us in within 8s", "1 of 2 nodes failed (compute001)")
	if states := u.nodes(); states["frontend001"] != "ready" || states["compute001"] != "failed" {
		t.Errorf("the nodes are %v", states)
	}
	u.says(said, "'ecluster start mute --replace compute001' makes a new one")
	u.describe(small{})
	u.run("start", "mute", "--replace", "compute001")
	u.ready("frontend001", "compute001")
	u.run("stop", "mute", "--yes")
}

// TestBusyNodes takes nodes away on which jobs run.
func TestBusyNodes(t *testing.T) {
	needFull(t)
	u := newUser(t, "busy")
	u.run("start", "local", "-n", "busy")
	job := func(node string) string {
		id := firstNumber(u.ssh("sbatch --parsable --requeue -w " + node + " --wrap 'sleep 600'"))
		u.eventually(time.Minute, func() error {
			if s := u.jobState(id); s != "RUNNING" {
				return fmt.Errorf("job %s is %s", id, s)
			}
			return nil
		})
		return id
	}

	t.Run("left draining", func(t *testing.T) {
		u := u.within(t)
		id := job("compute001")
		said := u.ends(4, "remove-node", "busy", "compute001", "--yes", "--drain-timeout", "3s")
		u.says(said, "jobs still run on compute001 after 3s", "take no new jobs", "ecluster remove-node busy compute001", "--force: the jobs are then requeued")
		if states := u.nodes(); states["compute001"] != "draining" || states["compute002"] != "ready" {
			t.Errorf("the nodes are %v", states)
		}
		if s := u.jobState(id); s != "RUNNING" {
			t.Errorf("job %s is %s", id, s)
		}
		u.says(u.ends(0, "start", "local", "-n", "busy"), "compute001: draining, because a removal waits for jobs that run there")
		if states := u.nodes(); states["compute001"] != "draining" {
			t.Errorf("the nodes are %v", states)
		}
		u.run("remove-node", "busy", "compute001", "--yes", "--force")
		u.ready("frontend001", "compute002")
		u.eventually(2*time.Minute, func() error { // its node does not exist any more
			if s := u.jobState(id); s != "PENDING" {
				return fmt.Errorf("job %s is %q, not requeued", id, s)
			}
			return nil
		})
		u.ssh("scancel " + id)
	})

	t.Run("idle ones first", func(t *testing.T) {
		u := u.within(t)
		u.run("resize", "busy", "-a", "1:compute")
		id := job("compute002")
		u.run("resize", "busy", "-r", "1:compute", "--yes", "--drain-timeout", "3s")
		u.ready("frontend001", "compute002")
		if s := u.jobState(id); s != "RUNNING" {
			t.Errorf("job %s is %s", id, s)
		}
		u.ssh("scancel " + id)
	})

	t.Run("waits for the job", func(t *testing.T) {
		u := u.within(t)
		id := firstNumber(u.ssh("sbatch --parsable -w compute002 --wrap 'sleep 8; echo survived'"))
		u.eventually(time.Minute, func() error {
			if s := u.jobState(id); s != "RUNNING" {
				return fmt.Errorf("job %s is %s", id, s)
			}
			return nil
		})
		u.run("resize", "busy", "-r", "1:compute", "--yes")
		u.ready("frontend001")
		if out := u.ssh("cat slurm-" + id + ".out"); !strings.Contains(out, "survived") {
			t.Errorf("the job did not end well: %q", out)
		}
	})

	t.Run("to zero and back", func(t *testing.T) {
		u := u.within(t)
		if out := strings.TrimSpace(u.ssh("sinfo -h -N -o %N")); out != "" {
			t.Errorf("sinfo still lists %q", out)
		}
		u.run("resize", "busy", "-a", "2:compute")
		u.proveWorking(2)
	})

	t.Run("a node killed under a job", func(t *testing.T) {
		u := u.within(t)
		id := job("compute001")
		u.docker("kill", u.container("compute001"))
		u.run("start", "local", "-n", "busy")
		u.ready("frontend001", "compute001", "compute002")
		u.ssh("scancel " + id)
		u.proveWorking(2)
	})
	u.run("stop", "busy", "--yes")
}
