package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// cutOff takes a node off the cluster's network.
func (u *user) cutOff(node string) {
	u.Helper()
	id := u.container(node)
	network := u.docker("inspect", id, "--format", "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}")
	u.docker("network", "disconnect", "--force", network, id)
}

// faults are what befalls the three compute nodes of a cluster at once.
var faults = []struct {
	node   string
	strike func(*user, string)
	reason string
}{
	{"compute001", func(u *user, node string) { u.docker("kill", u.container(node)) }, "Exited (137)"},
	{"compute002", func(u *user, node string) { u.docker("pause", u.container(node)) }, "frozen by docker pause"},
	{"compute003", (*user).cutOff, "cut off the network of its cluster"},
}

// TestNodesStruck kills one node, pauses one, and cuts one off the network:
// while they boot, while they are set up, and when they are ready. Each time
// the message names them, the frontend's and the fourth node's work is kept,
// and another start repairs all.
func TestNodesStruck(t *testing.T) {
	needFull(t)
	all := []string{"frontend001", "compute001", "compute002", "compute003", "compute004"}

	t.Run("while they boot", func(t *testing.T) {
		u := newSmall(t, "struck", small{nodes: 4})
		start := u.begin("start", "struck", "--boot-timeout", "15s")
		for _, f := range faults {
			start.await(f.node + ": booting")
			u.eventually(time.Minute, func() error {
				if state := u.docker("inspect", u.container(f.node), "--format", "{{.State.Status}}"); state != "running" {
					return fmt.Errorf("the machine of %s is %s", f.node, state)
				}
				return nil
			})
			f.strike(u, f.node)
		}
		u.struck(start.end(1), "struck")
		u.run("start", "struck", "--boot-timeout", "15s")
		u.ready(all...)
		u.run("stop", "struck", "--yes")
	})

	t.Run("while they are set up", func(t *testing.T) {
		u := newSmall(t, "struck", small{nodes: 4, step: "case $(hostname) in compute004) exit 0 ;; esac\n" + holds})
		start := u.begin("start", "struck", "--boot-timeout", "15s")
		for _, f := range faults {
			start.await(f.node + ": joining")
		}
		for _, f := range faults {
			f.strike(u, f.node)
		}
		u.struck(start.end(1), "struck")
		u.describe(small{nodes: 4, step: "echo repaired\n"})
		u.run("start", "struck", "--boot-timeout", "15s")
		u.ready(all...)
		u.run("stop", "struck", "--yes")
	})

	t.Run("when they are ready", func(t *testing.T) {
		u := newSmall(t, "struck", small{nodes: 4})
		u.run("start", "struck")
		for _, f := range faults {
			f.strike(u, f.node)
			u.says(u.ends(255, "ssh", "struck", "-n", f.node, "--", "true"), "connect "+f.node, "'ecluster list-nodes struck --update' shows which machines run")
		}
		said := u.ends(0, "list-nodes", "struck", "--update")
		for _, f := range faults {
			u.says(said, f.node+": the machine is stopped: "+f.reason, "'ecluster start struck' repairs it")
		}
		u.run("start", "struck", "--boot-timeout", "15s")
		u.ready(all...)
		for _, node := range all {
			u.run("ssh", "struck", "-n", node, "--", "true")
		}
		u.run("stop", "struck", "--yes")
	})
}

// TestFrontendStruck does the same to the frontend while another node is set
// up, which goes on. A frontend that is there needs no --replace.
func TestFrontendStruck(t *testing.T) {
	needFull(t)
	for _, f := range faults {
		t.Run(f.reason, func(t *testing.T) {
			u := newSmall(t, "front", small{step: holds})
			start := u.begin("start", "front", "--boot-timeout", "15s")
			start.await("compute001: joining")
			start.await("frontend001: ready")
			before := u.container("frontend001")
			f.strike(u, "frontend001")
			start.await("✗ frontend001")
			u.release("compute001")
			u.says(start.end(1), "✗ frontend001", "the machine is stopped: "+f.reason, `cluster "front": 1 of 2 nodes failed (frontend001)`)
			if states := u.nodes(); states["frontend001"] != "failed" || states["compute001"] != "ready" {
				t.Errorf("the nodes are %v", states)
			}
			u.run("start", "front")
			u.ready("frontend001", "compute001")
			if u.container("frontend001") != before {
				t.Error("the frontend is another machine")
			}
			u.run("ssh", "front", "-n", "compute001", "--", "true")
			u.run("stop", "front", "--yes")
		})
	}
}

// struck checks what a start says of the struck nodes, and what it kept.
func (u *user) struck(said, cluster string) {
	u.Helper()
	for _, f := range faults {
		u.says(said, "✗ "+f.node, "the machine is stopped: "+f.reason)
	}
	u.says(said, fmt.Sprintf("cluster %q: 3 of 5 nodes failed (compute001, compute002, compute003)", cluster))
	states := u.nodes()
	for node, want := range map[string]string{
		"frontend001": "ready", "compute004": "ready",
		"compute001": "failed", "compute002": "failed", "compute003": "failed",
	} {
		if states[node] != want {
			u.Errorf("%s is %s, not %s", node, states[node], want)
		}
	}
}

// TestNodeRemoved removes machines behind ecluster's back.
func TestNodeRemoved(t *testing.T) {
	needFull(t)
	u := newSmall(t, "removed", small{nodes: 2})
	u.run("start", "removed")
	before := u.container("frontend001")

	u.docker("rm", "-f", u.container("compute001"))
	u.says(u.ends(0, "list-nodes", "removed", "--update"),
		"compute001: its machine was removed from outside; 'ecluster start removed' replaces it")
	if states := u.nodes(); states["compute001"] != "failed" || states["compute002"] != "ready" {
		t.Errorf("the nodes are %v", states)
	}
	u.run("start", "removed")
	u.ready("frontend001", "compute001", "compute002")
	u.run("ssh", "removed", "-n", "compute001", "--", "true")
	if u.container("frontend001") != before {
		t.Error("the frontend is another machine")
	}

	t.Run("frontend", func(t *testing.T) {
		u := u.within(t)
		u.docker("rm", "-f", before)
		said := u.ends(1, "start", "removed")
		u.says(said, "The machine of frontend001, the frontend of cluster removed, is gone", "--replace frontend001")
		if ids := u.docker("ps", "-aq", "--filter", "label=ecluster-name=removed", "--filter", "label=ecluster-node=frontend001"); ids != "" {
			t.Errorf("it was replaced unasked: %s", ids)
		}
		refused := u.ends(255, "ssh", "removed", "--", "true")
		u.says(refused, "connect frontend001", "'ecluster list-nodes removed --update' shows which machines run")
		if strings.Contains(refused, "through the frontend") {
			t.Error("the frontend was looked for behind itself")
		}
		u.run("start", "removed", "--replace", "frontend001")
		u.ready("frontend001", "compute001", "compute002")
		u.run("ssh", "removed", "--", "true")
	})

	t.Run("all", func(t *testing.T) {
		u := u.within(t)
		ids := strings.Fields(u.docker("ps", "-aq", "--filter", "label=ecluster-name=removed"))
		u.docker(append([]string{"rm", "-f"}, ids...)...)
		u.says(u.ends(0, "list-nodes", "removed", "--update"),
			"frontend001: its machine was removed from outside; 'ecluster start removed --replace frontend001' makes a new one without its data",
			"compute002: its machine was removed from outside; 'ecluster start removed' replaces it")
		u.run("stop", "removed", "--yes")
	})
}
