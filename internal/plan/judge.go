package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// judgeAll decides for each recorded node whether it stands, is vacant, or
// is on its way out.
func (m *maker) judgeAll() {
	for _, name := range slices.SortedFunc(maps.Keys(m.nodes), state.CompareNames) {
		switch n := m.nodes[name]; {
		case leaving(n):
			m.finish(n)
		case n.Phase == cluster.Draining:
			m.judgeDraining(n)
		default:
			m.judge(n)
		}
	}
	if len(m.draining) > 0 {
		m.warn("%s: draining, because a removal waits for jobs that run there; `ecluster remove-node %s NODE` finishes it.", Ranges(m.draining), m.name)
	}
}

// finish completes a deletion that was interrupted.
func (m *maker) finish(n *cluster.Node) {
	if m.in.SetupOnly {
		return
	}
	if machine, has := m.live.of[n.Name]; has {
		m.terminate(n.Name, machine.ID, Interrupted)
	}
	m.add(m.node(Forget, n.Name, Interrupted))
}

// judgeDraining leaves a node alone whose jobs are not to be cut short, and
// forgets one that is gone: that is what was asked for.
func (m *maker) judgeDraining(n *cluster.Node) {
	_, has := m.live.of[n.Name]
	switch {
	case has:
		m.draining = append(m.draining, n.Name)
		m.standing[n.Name] = true
	case !m.in.SetupOnly:
		m.add(m.node(Forget, n.Name, Lost))
	}
}

func (m *maker) judge(n *cluster.Node) {
	machine, has := m.live.of[n.Name]
	found, canAdopt := m.live.found[n.Name]
	replace := m.in.Replace[n.Name]
	switch {
	case has && working(machine) && replace && n.Phase != cluster.Ready:
		m.vacant[n.Name] = AskedReplace
	case has && working(machine):
		if replace {
			m.warn("%s works, so --replace %s changes nothing; `ecluster remove-node %s %s` removes a node.", n.Name, n.Name, m.name, n.Name)
		}
		m.stand(n, m.setUpReason(n))
	case canAdopt && !m.in.SetupOnly:
		m.adopt(n.Name, found)
	case has && machine.State == cluster.InstanceStopped && m.in.CanWake && !replace && !m.in.SetupOnly:
		a := m.node(Wake, n.Name, Halted)
		a.Instance = machine.ID
		m.add(a)
		m.stand(n, Halted)
	case m.precious(n) && !replace:
		m.block(n, machine, has)
	default:
		m.vacant[n.Name] = m.vacancy(n, has, replace)
	}
}

// precious reports whether data may be lost with the machine: people log in
// to it, or it serves files, and it was once ready for that.
func (m *maker) precious(n *cluster.Node) bool {
	if n.SetUp == "" && n.Phase != cluster.Ready {
		return false
	}
	return n.Name == m.spec.FrontendNode() || m.servesFiles(n.Group)
}

func (m *maker) servesFiles(g cluster.GroupName) bool {
	return ServesFiles(m.spec, g) || m.in.Recorded != nil && ServesFiles(&m.in.Recorded.Spec, g)
}

// ServesFiles reports whether the nodes of a group serve a share to the others.
func ServesFiles(spec *cluster.Spec, g cluster.GroupName) bool {
	return slices.ContainsFunc(spec.Shares, func(s cluster.Share) bool { return s.Server == g })
}

func (m *maker) block(n *cluster.Node, machine cluster.Instance, has bool) {
	what := "is gone"
	if has {
		what = "is " + string(machine.State)
		if machine.Reason != "" {
			what += " (" + machine.Reason + ")"
		}
	}
	role := "the frontend"
	if n.Name != m.spec.FrontendNode() {
		role = "a file server"
	}
	flag := "--replace " + string(n.Name)
	m.plan.Blocked = append(m.plan.Blocked, Blocked{
		Node: n.Name,
		Why: fmt.Sprintf("The machine of %s, %s of cluster %s, %s. What only its disk held can't be brought back by a new machine, so it is not replaced unasked: `ecluster start %s` with %s launches a new %s and sets it up.",
			n.Name, role, m.name, what, m.name, flag, n.Name),
		Flag: flag,
	})
	m.standing[n.Name] = true
}

// vacancy says why a node needs a new machine.
func (m *maker) vacancy(n *cluster.Node, has, replace bool) Reason {
	switch {
	case replace:
		return AskedReplace
	case has:
		return Broken
	case n.Instance != "":
		return Lost
	case n.Phase == cluster.Failed:
		return LaunchFailed
	}
	return New
}

// stand counts a node that has a machine, and sets it up where there is a
// reason to.
func (m *maker) stand(n *cluster.Node, why Reason) {
	m.standing[n.Name] = true
	if _, inSpec := m.spec.Group(n.Group); inSpec && why != "" && !m.in.NoSetup {
		m.add(m.node(SetUp, n.Name, why))
	}
}

// setUpReason says why a node with a working machine must be set up; empty
// when it need not.
func (m *maker) setUpReason(n *cluster.Node) Reason {
	if m.in.SetupOnly {
		return Asked
	}
	switch n.Phase {
	case cluster.Ready:
		if want := m.in.Fingerprints[n.Name]; want != "" && want != n.SetUp {
			return RolesChanged
		}
		return ""
	case cluster.Failed:
		return FailedBefore
	case cluster.Installing, cluster.Configuring, cluster.Joining, cluster.Verifying:
		return Interrupted
	case cluster.Planned, cluster.Launching, cluster.Booting, cluster.Reachable,
		cluster.Paused,                                   // its machine was started by somebody else
		cluster.Draining, cluster.Deleting, cluster.Gone: // these three were judged before
	}
	return New
}

func (m *maker) adopt(name cluster.NodeName, machine cluster.Instance) {
	a := m.node(Adopt, name, Unrecorded)
	a.Instance, a.Machine = machine.ID, &machine
	m.add(a)
	m.standing[name] = true
	if !m.in.NoSetup {
		m.add(m.node(SetUp, name, New))
	}
}
