package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/role"
)

// line is one event of test2json.
type line struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Elapsed    float64
	Output     string
	Key, Value string // of an attribute of a test
}

// report is what was seen so far. Package lines are printed as they come;
// the rest by conclude.
type report struct {
	out     io.Writer
	allowed *regexp.Regexp // nil: no skip is allowed

	output   map[string][]string // of a running test or package, by key
	coverage map[string]string   // by package
	failures []string            // output, ready to print
	skips    []skip
	suite    *conformance
	roles    *roleTable
	passed   int
	packages int
	failed   bool
	err      error // of printing
}

// say prints; the first error makes conclude say no.
func (r *report) say(format string, args ...any) {
	if _, err := fmt.Fprintf(r.out, format, args...); err != nil && r.err == nil {
		r.err = err
	}
}

type skip struct {
	pkg, test, reason string
	refused           bool
}

// demand is what a tier asks of its tests.
type demand struct {
	allowed   *regexp.Regexp // reasons for which a test may be skipped; nil: none
	providers []string       // whose conformance suite must have run
	roles     []*role.Role   // of the library
	allRoles  bool           // each role must be proved on each platform that it names
}

func newReport(out io.Writer, d demand) *report {
	return &report{
		out: out, allowed: d.allowed, output: map[string][]string{}, coverage: map[string]string{},
		suite: newConformance(d.providers), roles: newRoleTable(d.roles, d.allRoles),
	}
}

// read takes in a whole stream. What is no event is passed on.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil || l.Action == "" {
			r.say("%s\n", lines.Text())
			continue
		}
		r.take(l)
	}
	return lines.Err()
}

var coverageLine = regexp.MustCompile(`coverage: ([0-9.]+%) of statements`)

func (r *report) take(l line) {
	key := l.Package + "\x00" + l.Test
	switch l.Action {
	case "build-output":
		r.say("%s", l.Output)
	case "build-fail":
		r.failed = true
	case "output":
		if m := coverageLine.FindStringSubmatch(l.Output); m != nil {
			r.coverage[l.Package] = m[1]
		}
		r.output[key] = append(r.output[key], l.Output)
	case "attr":
		r.suite.attr(testID{l.Package, l.Test}, l.Key, l.Value)
		r.roles.attr(testID{l.Package, l.Test}, l.Key, l.Value)
	case "pass", "fail", "skip":
		r.end(l, r.output[key])
		delete(r.output, key)
	}
}

func (r *report) end(l line, output []string) {
	if l.Test == "" {
		r.endPackage(l, output)
		return
	}
	outcome := result{action: l.Action}
	if l.Action == "skip" {
		outcome.reason = skipReason(output)
	}
	r.suite.end(testID{l.Package, l.Test}, outcome)
	r.roles.end(testID{l.Package, l.Test}, outcome)
	switch l.Action {
	case "pass":
		r.passed++
	case "fail":
		r.failed = true
		r.failures = append(r.failures, fmt.Sprintf("--- FAIL: %s %s\n%s", l.Package, l.Test, strings.Join(output, "")))
	case "skip":
		refused := r.allowed == nil || !r.allowed.MatchString(outcome.reason)
		r.skips = append(r.skips, skip{l.Package, l.Test, outcome.reason, refused})
	}
}

func (r *report) endPackage(l line, output []string) {
	r.packages++
	covered := r.coverage[l.Package]
	switch l.Action {
	case "fail":
		r.failed = true
		r.say("FAIL  %-60s %7.1fs\n", l.Package, l.Elapsed)
		// A panic or a timeout stands in the output of the package.
		if text := strings.Join(output, ""); strings.Contains(text, "panic:") {
			r.failures = append(r.failures, fmt.Sprintf("--- FAIL: %s\n%s", l.Package, text))
		}
	case "skip":
		r.say("-     %-60s no tests\n", l.Package)
	default:
		r.say("ok    %-60s %7.1fs  %6s\n", l.Package, l.Elapsed, covered)
	}
}

var skipLine = regexp.MustCompile(`^\s+[\w.-]+\.go:\d+: (.*)`)

// skipReason finds what t.Skip was given.
func skipReason(output []string) string {
	for _, l := range slices.Backward(output) {
		if m := skipLine.FindStringSubmatch(l); m != nil {
			return strings.TrimSpace(m[1])
		}
	}
	return "no reason given"
}

// conclude prints what failed and what was skipped, and says whether all is
// well.
func (r *report) conclude() bool {
	for _, f := range r.failures {
		r.say("\n%s", f)
	}
	refused := 0
	if len(r.skips) > 0 {
		r.say("\nSkipped:\n")
	}
	for _, s := range r.skips {
		note := ""
		if s.refused {
			refused++
			note = "  <- NOT ALLOWED HERE"
		}
		r.say("  %s %s: %s%s\n", s.pkg, s.test, s.reason, note)
	}
	if table := r.suite.table(); table != "" {
		r.say("\nConformance of the providers, case by server:\n%s", table)
	}
	if table := r.roles.table(); table != "" {
		r.say("\nRoles, platforms, and how each was tested:\n%s", table)
	}
	suiteFaults, roleFaults := r.suite.faults(), r.roles.faults()
	for _, f := range slices.Concat(suiteFaults, roleFaults) {
		r.say("  %s  <- NOT ALLOWED HERE\n", f)
	}
	r.say("\npackages: %d\ntests: %d passed, %d failed, %d skipped\n", r.packages, r.passed, len(r.failures), len(r.skips))
	switch {
	case r.packages == 0:
		r.say("FAIL: nothing was tested.\n")
		return false
	case refused > 0:
		r.say("FAIL: %d tests were skipped that this tier requires.\n", refused)
		return false
	case len(suiteFaults) > 0:
		r.say("FAIL: the conformance suite of the providers was not run as it must be.\n")
		return false
	case len(roleFaults) > 0:
		r.say("FAIL: roles were not tested on the platforms that they name.\n")
		return false
	case r.failed, r.err != nil:
		r.say("FAIL\n")
		return false
	}
	return true
}
