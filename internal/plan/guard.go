package plan

import (
	"fmt"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// guard blocks plans for which no machine may be touched at all.
func (m *maker) guard() {
	if limit, sum := m.spec.Limits.MaxNodes, m.sum(); limit > 0 && sum > limit {
		m.deny("The groups of cluster %s add up to %s, and limits.max_nodes allows %d: raise max_nodes in the spec or lower a count.",
			m.name, count(sum, "node"), limit)
	}
	if m.in.Recorded == nil {
		return
	}
	if m.in.Recorded.Status == state.Stopping {
		m.deny("Cluster %s is being stopped: `ecluster stop %s` finishes that; afterwards it can be started anew.", m.name, m.name)
		return
	}
	if m.in.Recorded.Status.Resting() {
		m.deny("Cluster %s is paused: `ecluster resume %s` starts its machines again; after that it can be changed.", m.name, m.name)
		return
	}
	m.guardSpec()
}

func (m *maker) sum() int {
	sum := 0
	for _, g := range m.spec.Groups {
		sum += m.wanted(g.Name)
	}
	return sum
}

func (m *maker) deny(format string, args ...any) {
	m.plan.Blocked = append(m.plan.Blocked, Blocked{Why: fmt.Sprintf(format, args...)})
}

// guardSpec blocks changes of the spec that a cluster with machines can't follow.
func (m *maker) guardSpec() {
	old := &m.in.Recorded.Spec
	if len(m.running("")) == 0 && !m.in.Recorded.Prepared {
		return
	}
	if a, b := old.Provider.Kind, m.spec.Provider.Kind; a != b {
		m.unfit("its provider is %s and the spec now says %s: machines can't move from one cloud to another", a, b)
		return
	}
	if changed := !equal(old.Provider.Settings, m.spec.Provider.Settings); changed && m.in.Recorded.Prepared && len(m.running("")) == 0 {
		m.unfit("the settings of provider %s changed, and what was prepared with the old ones could not be taken away any more", old.Provider.Kind)
	}
	if len(m.running("")) == 0 {
		return
	}
	if !equal(old.Provider.Settings, m.spec.Provider.Settings) && m.allLost() {
		m.unfit("none of its %s was found with the changed settings of provider %s: they may run on where the old settings point",
			count(len(m.running("")), "machine"), old.Provider.Kind)
	}
	if a, b := old.Frontend, m.spec.Frontend; a != b {
		m.unfit("its frontend is in node_group %s and the spec now says %s: the data and the controller are on %s", a, b, old.FrontendNode())
	}
	if a, b := old.Login, m.spec.Login; a.User != b.User || a.UID != b.UID {
		m.unfit("its login user is %s (uid %d) and the spec now says %s (uid %d): the files of %s would be nobody's", a.User, a.UID, b.User, b.UID, a.User)
	}
	if old.Scheduler != nil && m.spec.Scheduler != nil && old.Scheduler.Kind != m.spec.Scheduler.Kind {
		m.unfit("its scheduler is %s and the spec now says %s: both would run side by side", old.Scheduler.Kind, m.spec.Scheduler.Kind)
	}
	for i := range m.spec.Groups {
		m.guardNeeds(old, &m.spec.Groups[i])
	}
}

// unfit blocks with a clause that says what does not fit.
func (m *maker) unfit(format string, args ...any) {
	m.deny("Cluster %s can't follow the spec: %s. Take the change back, or `ecluster stop %s` and start it anew.",
		m.name, fmt.Sprintf(format, args...), m.name)
}

// guardNeeds blocks volumes and devices that existing machines lack: they are
// given to a machine when it is made.
func (m *maker) guardNeeds(old *cluster.Spec, g *cluster.Group) {
	before, ok := old.Group(g.Name)
	if !ok {
		return
	}
	has := m.running(g.Name)
	if len(has) == 0 {
		return
	}
	for _, d := range g.Needs.Devices {
		if !slices.Contains(before.Needs.Devices, d) {
			m.unfit("the roles of node_group %s now need the device %s, which a machine gets only when it is made, and %s run without it", g.Name, d, Ranges(has))
		}
	}
	for _, v := range g.Needs.Mounts {
		if !slices.Contains(before.Needs.Mounts, v) {
			m.unfit("node_group %s now mounts the volume %s on %s, which a machine gets only when it is made, and %s run without it", g.Name, v.Volume, v.Path, Ranges(has))
		}
	}
}

// running returns the nodes that have a machine as far as is recorded, of one
// group or of all.
func (m *maker) running(g cluster.GroupName) []cluster.NodeName {
	var names []cluster.NodeName
	for name, n := range m.nodes {
		if n.Instance != "" && (g == "" || n.Group == g) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, state.CompareNames)
	return names
}

// allLost reports whether the cloud shows none of the recorded machines.
func (m *maker) allLost() bool {
	if !m.in.LiveKnown {
		return false
	}
	return !slices.ContainsFunc(m.in.Live, func(i cluster.Instance) bool {
		return i.State != cluster.InstanceGone
	})
}
