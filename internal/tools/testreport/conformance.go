package main

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The attributes of tests by which providertest names what a test runs
// against, and the case of the suite that a test is.
const (
	serverAttr = "conformance-server"
	caseAttr   = "conformance-case"
)

// inapplicable is the form of a reason for which a case may be left out.
var inapplicable = regexp.MustCompile(`^does not apply: \S`)

// testID is a test or subtest.
type testID struct{ pkg, test string }

// conformance gathers which case of the providers' suite ran against which
// server.
type conformance struct {
	required []string // providers that must have run
	cases    []string // in the order in which they were first seen
	caseOf   map[testID]string
	runs     map[testID]*run // by the test that named its server
	strays   []string        // cases whose server nobody named
}

// run is the suite against one server.
type run struct {
	provider, server string
	skipped          string            // why all of it was
	results          map[string]result // by case
}

// result is how a case ended.
type result struct {
	action string // pass, fail, skip
	reason string // of a skip
}

func newConformance(required []string) *conformance {
	return &conformance{required: required, caseOf: map[testID]string{}, runs: map[testID]*run{}}
}

// attr takes in what a test says of itself. A server may be named again, once
// more is known of it.
func (c *conformance) attr(id testID, key, value string) {
	switch key {
	case serverAttr:
		if r := c.runs[id]; r != nil {
			r.server = value
			return
		}
		c.runs[id] = &run{provider: path.Base(id.pkg), server: value, results: map[string]result{}}
	case caseAttr:
		c.caseOf[id] = value
		if !slices.Contains(c.cases, value) {
			c.cases = append(c.cases, value)
		}
	}
}

// end takes in how a test ended.
func (c *conformance) end(id testID, res result) {
	if r := c.runs[id]; r != nil && res.action == "skip" {
		r.skipped = res.reason
	}
	name, is := c.caseOf[id]
	if !is {
		return
	}
	for above := id; ; {
		if r := c.runs[above]; r != nil {
			r.results[name] = res
			return
		}
		i := strings.LastIndexByte(above.test, '/')
		if i < 0 {
			c.strays = append(c.strays, fmt.Sprintf("%s %s does not name its server (providertest.Server)", id.pkg, id.test))
			return
		}
		above.test = above.test[:i]
	}
}

// sorted are the runs by provider and server.
func (c *conformance) sorted() []*run {
	runs := make([]*run, 0, len(c.runs))
	for _, r := range c.runs {
		runs = append(runs, r)
	}
	slices.SortFunc(runs, func(a, b *run) int {
		return cmp.Or(strings.Compare(a.provider, b.provider), strings.Compare(a.server, b.server))
	})
	return runs
}

// faults are the reasons why the suite does not count as run. Failed cases are
// not among them: they are failed tests.
func (c *conformance) faults() []string {
	faults := slices.Clone(c.strays)
	ran := map[string]bool{}
	for _, r := range c.sorted() {
		if r.skipped != "" {
			continue // whether the tier allows that is decided as for any test
		}
		ran[r.provider] = true
		for _, name := range c.cases {
			switch res, ended := r.results[name]; {
			case !ended:
				faults = append(faults, fmt.Sprintf("%s on %s: %q was not run", r.provider, r.server, name))
			case res.action == "skip" && !inapplicable.MatchString(res.reason):
				faults = append(faults, fmt.Sprintf("%s on %s: %q was skipped, and not because it does not apply: %s", r.provider, r.server, name, res.reason))
			}
		}
	}
	for _, provider := range c.required {
		if !ran[provider] {
			faults = append(faults, fmt.Sprintf("%s: its conformance suite ran against no server", provider))
		}
	}
	return faults
}

// table shows the cases in lines and the servers in columns. The columns are
// numbered and the reasons of skips have letters; both are explained below it.
func (c *conformance) table() string {
	runs := c.sorted()
	if len(runs) == 0 {
		return ""
	}
	var reasons []string
	cell := func(r *run, name string) string {
		res := r.results[name]
		if r.skipped != "" {
			res = result{"skip", r.skipped}
		}
		switch res.action {
		case "pass":
			return "pass"
		case "fail":
			return "FAIL"
		case "skip":
			if !slices.Contains(reasons, res.reason) {
				reasons = append(reasons, res.reason)
			}
			return letter(slices.Index(reasons, res.reason))
		default:
			return "-"
		}
	}
	width := 0
	for _, name := range c.cases {
		width = max(width, len(name))
	}
	var b strings.Builder
	line := func(name string, text func(i int) string) {
		cells := make([]string, len(runs))
		for i := range runs {
			cells[i] = fmt.Sprintf("%-4s", text(i))
		}
		fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("  %-*s  %s", width, name, strings.Join(cells, "  ")), " "))
	}
	line("", func(i int) string { return fmt.Sprint(i + 1) })
	for _, name := range c.cases {
		line(name, func(i int) string { return cell(runs[i], name) })
	}
	b.WriteString("\n")
	for i, r := range runs {
		fmt.Fprintf(&b, "  %2d  %-10s %s\n", i+1, r.provider, r.server)
	}
	for i, reason := range reasons {
		fmt.Fprintf(&b, "  %2s  %s\n", letter(i), reason)
	}
	return b.String()
}

// letter names the i-th reason: a to z, then aa.
func letter(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return letter(i/26-1) + letter(i%26)
}
