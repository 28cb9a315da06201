package e2e

import (
	"fmt"
	"testing"
)

// TestTwoAtOnce lets several commands work on one cluster at the same time.
func TestTwoAtOnce(t *testing.T) {
	needFull(t)
	u := newSmall(t, "twoatonce", small{step: holds})
	first := u.begin("start", "twoatonce")
	first.await("compute001: joining")
	for _, other := range [][]string{
		{"start", "twoatonce"},
		{"setup", "twoatonce"},
		{"resize", "twoatonce", "-a", "1:compute"},
		{"remove-node", "twoatonce", "compute001", "--yes"},
		{"stop", "twoatonce", "--yes"},
	} {
		u.says(u.ends(5, other...), "cluster twoatonce is in use by", fmt.Sprint(first.cmd.Process.Pid), "start", "wait until it is done")
	}
	// Looking is always allowed.
	u.says(u.run("list"), "twoatonce")
	u.says(u.run("list-nodes", "twoatonce"), "compute001")
	u.release("compute001")
	first.end(0)
	u.ready("frontend001", "compute001")
	u.run("stop", "twoatonce", "--yes")
}

// TestNameTaken starts another template under a name that is in use.
func TestNameTaken(t *testing.T) {
	needFull(t)
	u := newSmall(t, "taken", small{})
	u.run("start", "taken")
	u.write("ecluster.hcl", `
cluster "other" {
  provider = provider.docker
  frontend = "login"
  node_group "login" {
    count = 1
  }
}
`)
	said := u.ends(1, "start", "other", "-n", "taken")
	u.says(said, "Cluster taken can't follow the spec", "its frontend is in node_group frontend and the spec now says login", "ecluster stop taken")
	u.ready("frontend001", "compute001")
	u.run("stop", "taken", "--yes")
}

// TestInterrupt is Ctrl-C while a node is set up.
func TestInterrupt(t *testing.T) {
	needEngine(t)
	u := newSmall(t, "interrupt", small{step: holds})
	start := u.begin("start", "interrupt")
	start.await("compute001: joining")
	start.await("frontend001: ready")
	start.interrupt()
	u.says(start.end(130), "interrupted", "what was done is kept", "Go on with the same command", "ecluster stop interrupt")
	u.scriptEnds("compute001")
	if states := u.nodes(); states["frontend001"] != "ready" || states["compute001"] != "joining" {
		t.Errorf("after the interrupt the nodes are %v", states)
	}
	u.release("compute001")
	u.run("start", "interrupt")
	u.ready("frontend001", "compute001")
	u.run("stop", "interrupt", "--yes")
}

// TestInterruptTwice is the impatient Ctrl-C: out at once, and nothing lost.
func TestInterruptTwice(t *testing.T) {
	needFull(t)
	u := newSmall(t, "twice", small{step: holds})
	start := u.begin("start", "twice")
	start.await("compute001: joining")
	start.interrupt()
	start.interrupt()
	start.end(130)
	u.run("list-nodes", "twice")
	u.release("compute001")
	u.run("start", "twice")
	u.ready("frontend001", "compute001")
	u.run("stop", "twice", "--yes")
}

// TestInterruptEarly is Ctrl-C while machines are launched or boot; what was
// asked for is stopped, or started after all.
func TestInterruptEarly(t *testing.T) {
	needFull(t)
	for _, moment := range []string{"2 nodes", "compute001: launching", "frontend001: booting", "compute001: reachable"} {
		t.Run(moment, func(t *testing.T) {
			u := newSmall(t, "early", small{})
			for _, then := range []string{"start", "stop"} {
				start := u.begin("start", "early")
				start.await(moment)
				start.interrupt()
				u.says(start.end(130), "ecluster stop early")
				if then == "start" {
					u.run("start", "early")
					u.ready("frontend001", "compute001")
				}
				u.run("stop", "early", "--yes")
			}
		})
	}
}

// TestInterruptStop is Ctrl-C while a cluster is taken away.
func TestInterruptStop(t *testing.T) {
	needFull(t)
	u := newSmall(t, "halfgone", small{nodes: 3})
	u.run("start", "halfgone", "--no-setup")
	stop := u.begin("stop", "halfgone", "--yes")
	stop.await("deleting")
	stop.interrupt()
	u.says(stop.end(130), "ecluster stop halfgone", "again to finish")
	u.says(u.ends(1, "start", "halfgone"), "is being stopped", "ecluster stop halfgone")
	u.run("stop", "halfgone", "--yes")
}
