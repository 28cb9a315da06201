package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Change is one difference between the spec as it was accepted and as it is.
type Change struct {
	Where string `json:"where,omitempty"` // "node_group compute"; empty for the cluster block
	What  string `json:"what"`            // "machine_type", or what happened: "added, 2 nodes"
	From  string `json:"from,omitempty"`  // as the spec would write it; both are empty when What says all
	To    string `json:"to,omitempty"`
	Note  string `json:"note,omitempty"` // what it applies to: "new nodes only"
}

// String reads "node_group compute: machine_type "a" -> "b" (new nodes only)".
func (c Change) String() string {
	s := c.What
	if c.Where != "" {
		s = c.Where + ": " + s
	}
	if c.From != "" || c.To != "" {
		s += fmt.Sprintf(" %s -> %s", c.From, c.To)
	}
	if c.Note != "" {
		s += " (" + c.Note + ")"
	}
	return s
}

const (
	newOnly  = "applies to new nodes only"
	bySetup  = "applied by set-up"
	noEffect = "no effect on nodes that are there"
)

// changes compares the recorded spec with the desired one.
func (m *maker) changes() []Change {
	if m.in.Recorded == nil || m.in.Desired == nil {
		return nil
	}
	return Diff(&m.in.Recorded.Spec, m.in.Desired)
}

// Diff says in words how b differs from a, in the order of the spec.
func Diff(a, b *cluster.Spec) []Change {
	d := &differ{}
	d.value("provider", a.Provider.Kind, b.Provider.Kind, "")
	d.settings("provider "+b.Provider.Kind, a.Provider.Settings, b.Provider.Settings, noEffect)
	d.value("image", a.Image, b.Image, newOnly)
	d.value("batch_size", a.BatchSize, b.BatchSize, "")
	d.value("frontend", a.Frontend, b.Frontend, "")
	d.value("login.user", a.Login.User, b.Login.User, "")
	d.value("login.uid", a.Login.UID, b.Login.UID, "")
	d.value("login.sudo", a.Login.Sudo, b.Login.Sudo, bySetup)
	d.groups(a, b)
	d.scheduler(a.Scheduler, b.Scheduler)
	d.shares(a.Shares, b.Shares)
	d.value("network.ssh_from", a.Network.SSHFrom, b.Network.SSHFrom, "")
	d.value("limits.ttl", a.Limits.TTL.String(), b.Limits.TTL.String(), "")
	d.value("limits.max_nodes", a.Limits.MaxNodes, b.Limits.MaxNodes, "")
	d.value("limits.ask_above_price", a.Limits.AskAbovePrice, b.Limits.AskAbovePrice, "")
	d.value("role folders", a.RoleDirs, b.RoleDirs, bySetup)
	return d.found
}

type differ struct {
	where string
	found []Change
}

func (d *differ) say(what, note string) {
	d.found = append(d.found, Change{Where: d.where, What: what, Note: note})
}

func (d *differ) value(what string, a, b any, note string) {
	if !equal(a, b) {
		d.found = append(d.found, Change{Where: d.where, What: what, From: show(a), To: show(b), Note: note})
	}
}

func (d *differ) settings(where string, a, b map[string]any, note string) {
	d.where = where
	for _, k := range keys(a, b) {
		d.value(k, a[k], b[k], note)
	}
	d.where = ""
}

func (d *differ) groups(a, b *cluster.Spec) {
	for i := range b.Groups {
		g := &b.Groups[i]
		if old, ok := a.Group(g.Name); ok {
			d.group(old, g)
			continue
		}
		d.where = "node_group " + string(g.Name)
		d.say("added, "+count(g.Count, "node"), "")
	}
	for i := range a.Groups {
		if _, ok := b.Group(a.Groups[i].Name); !ok {
			d.where = "node_group " + string(a.Groups[i].Name)
			d.say("removed", "its nodes stay until they are removed with resize")
		}
	}
	d.where = ""
}

func (d *differ) group(a, b *cluster.Group) {
	where := "node_group " + string(b.Name)
	d.where = where
	fewer := ""
	if b.Count < a.Count {
		fewer = "start never deletes nodes"
	}
	d.value("count", a.Count, b.Count, fewer)
	d.value("min_count", a.MinCount, b.MinCount, "")
	d.value("machine_type", a.MachineType, b.MachineType, newOnly)
	d.value("image", a.Image, b.Image, newOnly)
	d.value("spot", a.Spot, b.Spot, newOnly)
	d.value("boot_disk", a.BootDisk, b.BootDisk, newOnly)
	d.value("gpu", a.GPU, b.GPU, newOnly)
	d.settings(where, a.Settings, b.Settings, newOnly)
	d.where = where
	d.roles(a.Roles, b.Roles)
	d.value("devices", a.Needs.Devices, b.Needs.Devices, newOnly)
	d.value("mounts", a.Needs.Mounts, b.Needs.Mounts, newOnly)
}

func (d *differ) roles(a, b []cluster.RoleUse) {
	before, after := byKey(a), byKey(b)
	for _, u := range b {
		old, ok := before[u.Key()]
		if !ok {
			d.say("role "+u.Key()+" added", bySetup)
			continue
		}
		for _, k := range keys(old.Params, u.Params) {
			if !equal(old.Params[k], u.Params[k]) {
				d.say("role "+u.Key()+": "+k+" changed", bySetup)
			}
		}
	}
	for _, u := range a {
		if _, ok := after[u.Key()]; !ok {
			d.say("role "+u.Key()+" removed", "what it installed stays on nodes that are there")
		}
	}
}

func byKey(uses []cluster.RoleUse) map[string]cluster.RoleUse {
	m := make(map[string]cluster.RoleUse, len(uses))
	for _, u := range uses {
		m[u.Key()] = u
	}
	return m
}

func (d *differ) scheduler(a, b *cluster.Scheduler) {
	switch {
	case a == nil && b == nil:
	case a == nil:
		d.say("scheduler "+b.Kind+" added", bySetup)
	case b == nil:
		d.say("scheduler "+a.Kind+" removed", "what it installed stays on nodes that are there")
	default:
		d.value("scheduler", a.Kind, b.Kind, "")
		d.value("scheduler.workers", a.Workers, b.Workers, bySetup)
		d.value("scheduler.accounting", a.Accounting, b.Accounting, bySetup)
	}
}

func (d *differ) shares(a, b []cluster.Share) {
	at := func(list []cluster.Share, path string) int {
		return slices.IndexFunc(list, func(s cluster.Share) bool { return s.Path == path })
	}
	for _, s := range b {
		i := at(a, s.Path)
		if i < 0 {
			d.say(fmt.Sprintf("share %q added", s.Path), "")
			continue
		}
		d.where = fmt.Sprintf("share %q", s.Path)
		d.value("type", a[i].Type, s.Type, "")
		d.value("server", a[i].Server, s.Server, "")
		d.value("keep", a[i].Keep, s.Keep, "")
		d.where = ""
	}
	for _, s := range a {
		if at(b, s.Path) < 0 {
			d.say(fmt.Sprintf("share %q removed", s.Path), "nodes that are there keep it")
		}
	}
}

// sharedChanged reports whether Prepare has more to make than it had.
func (m *maker) sharedChanged() bool {
	if m.in.Recorded == nil || m.in.Desired == nil {
		return false
	}
	a, b := &m.in.Recorded.Spec, m.in.Desired
	if a.Image != b.Image || !equal(a.Network, b.Network) {
		return true
	}
	return slices.ContainsFunc(b.Groups, func(g cluster.Group) bool {
		old, ok := a.Group(g.Name)
		return !ok || old.Image != g.Image || !equal(old.Needs, g.Needs)
	})
}

func keys(a, b map[string]any) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// equal compares plain data as JSON sees it: one of the two came from a state
// file, where every number is a float and an absent list is nil.
func equal(a, b any) bool { return show(a) == show(b) }

// show writes plain data as the spec would.
func show(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	switch s := string(data); s {
	case "null", `""`, "[]", "{}":
		return "unset"
	default:
		return s
	}
}
