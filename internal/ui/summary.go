package ui

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Summary is what a user needs to know when a cluster is up.
type Summary struct {
	Cluster  cluster.Name       `json:"cluster"`
	Frontend cluster.NodeName   `json:"frontend"`
	User     string             `json:"user"` // who logs in
	Ready    int                `json:"ready"`
	Wanted   int                `json:"wanted"`
	Failed   []cluster.NodeName `json:"failed,omitempty"`
	// Run and Submit are command lines for the frontend that run a command on
	// nodes and submit jobs; empty without a scheduler.
	Run    string `json:"run,omitempty"`
	Submit string `json:"submit,omitempty"`
	// Grow is the group that a resize would most likely grow; may be empty.
	Grow cluster.GroupName `json:"grow,omitempty"`
	Cost Cost              `json:"cost"`
}

// Cost is what leaving a cluster on takes. Local nodes take a part of this
// machine; a cloud takes money.
type Cost struct {
	Local    bool          `json:"local,omitempty"`
	CPUs     int           `json:"cpus,omitempty"`      // 0: not limited, or not known
	Memory   cluster.Bytes `json:"memory,omitempty"`    // the same
	HourlyAt string        `json:"hourly_at,omitempty"` // "1.24 USD", empty when no price is known
}

// ShowSummary shows the summary on s.Out as the last words of a run: as text;
// as YAML; or, after the events, as one line of JSON of type "summary".
func ShowSummary(s Streams, f Format, v Summary) error {
	if f == JSON {
		return json.NewEncoder(s.Out).Encode(struct {
			Type string `json:"type"`
			Summary
		}{"summary", v})
	}
	return Value(s, f, v, func(p Page) error { return p.Summary(v) })
}

// Summary writes s for a person.
func (p Page) Summary(s Summary) error {
	t := p.theme
	login := "ecluster ssh " + string(s.Cluster)
	rows := [][2]string{{"log in", login}}
	if s.Run != "" {
		rows = append(rows, [2]string{"run", login + " -- " + s.Run})
	}
	if s.Submit != "" {
		rows = append(rows, [2]string{"submit", login + " -- " + s.Submit})
	}
	rows = append(rows, [2]string{"look", "ecluster list-nodes " + string(s.Cluster)})
	if s.Grow != "" {
		rows = append(rows, [2]string{"grow", fmt.Sprintf("ecluster resize %s -a 1:%s", s.Cluster, s.Grow)})
	}
	if n := len(s.Failed); n > 0 {
		rows = append(rows, [2]string{"repair", fmt.Sprintf("ecluster setup %s%s", s.Cluster, t.faint("  # "+failedNames(s.Failed)+" failed"))})
	}
	rows = append(rows, [2]string{"stop", "ecluster stop " + string(s.Cluster)})

	if err := p.Linef(""); err != nil {
		return err
	}
	for _, r := range rows {
		if err := p.Linef("  %s  %s", t.faint(pad(r[0], 6)), r[1]); err != nil {
			return err
		}
	}
	if err := p.Linef(""); err != nil {
		return err
	}
	return p.Prosef("  %s", s.Cost.sentence())
}

// failedNames names a few nodes and counts the others.
func failedNames(nodes []cluster.NodeName) string {
	const few = 3
	var names []string
	for _, n := range nodes[:min(len(nodes), few)] {
		names = append(names, string(n))
	}
	s := strings.Join(names, ", ")
	if n := len(nodes) - few; n > 0 {
		s += fmt.Sprintf(" and %d more", n)
	}
	return s
}

func (c Cost) sentence() string {
	switch {
	case c.HourlyAt != "":
		return "While it is on, it costs about " + c.HourlyAt + " an hour."
	case !c.Local:
		return "While it is on, the provider charges for it; ecluster does not know the price."
	case c.CPUs > 0 && c.Memory > 0:
		return fmt.Sprintf("While it is on, it takes up to %s and %s of this machine, and no money.", count(c.CPUs, "CPU"), c.Memory)
	case c.CPUs > 0:
		return fmt.Sprintf("While it is on, it takes up to %s of this machine, and no money.", count(c.CPUs, "CPU"))
	case c.Memory > 0:
		return fmt.Sprintf("While it is on, it takes up to %s of this machine's memory, and no money.", c.Memory)
	}
	return "While it is on, its jobs share the CPUs and the memory of this machine; it costs no money."
}
