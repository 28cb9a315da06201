package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/role/roletest"
)

// proving is what `go test -json` says of a test that proves a role.
func proving(t *testing.T, end string, values ...string) string {
	t.Helper()
	var b strings.Builder
	for _, v := range values {
		data, err := json.Marshal(line{Action: "attr", Package: "p", Test: "TestA", Key: roletest.Attr, Value: v})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(data, '\n'))
	}
	b.WriteString(`{"Action":"` + end + `","Package":"p","Test":"TestA"}` + "\n" + `{"Action":"` + end + `","Package":"p"}` + "\n")
	return b.String()
}

func TestRoles(t *testing.T) {
	declared := []*role.Role{
		{Name: "munge", Platforms: []string{"debian-12", "debian-13"}},
		{Name: "apptainer", Platforms: []string{"debian-13"}, Untested: "no package of it here"},
	}
	all := []string{"munge debian-13 golden", "munge debian-13 containers", "munge debian-12 golden"}
	for _, tt := range []struct {
		name, in string
		strict   bool
		ok       bool
		says     []string
		not      string
	}{
		{"all proved", proving(t, "pass", all...), true, true, []string{
			"             debian-12  debian-13\n  munge      golden     containers\n  apptainer             untested\n",
			"apptainer is untested: no package of it here",
		}, "NOT ALLOWED"},
		{"in several ways", proving(t, "pass", append(all, "munge debian-13 virtual machines")...), true, true, []string{"virtual machines, containers"}, ""},
		{"one is missing", proving(t, "pass", all[:2]...), true, false, []string{
			"munge on debian-12: its role.hcl names the platform, but no test proved it", "FAIL: roles were not tested",
		}, ""},
		{"golden alone", proving(t, "pass", all[0], all[2]), true, false, []string{"munge: no test proved it on a real node of any platform"}, ""},
		{"missing where it may be", proving(t, "pass", all[:2]...), false, true, []string{"  munge      -          containers\n"}, "NOT ALLOWED"},
		{"a test that failed proves nothing", proving(t, "fail", all...), true, false, []string{"munge on debian-13: its role.hcl"}, "containers"},
		{"a skipped one neither", passing + proving(t, "skip", all...), true, false, []string{"munge on debian-13: its role.hcl"}, ""},
		{"no such role", proving(t, "pass", "mung debian-13 golden"), false, false, []string{"mung on debian-13: a test proved it, but there is no such role"}, ""},
		{"no such platform", proving(t, "pass", "munge rocky-9 golden"), false, false, []string{"munge on rocky-9: a test proved it, but its role.hcl does not"}, ""},
		{"no such way", proving(t, "pass", "munge debian-13 hope"), false, false, []string{`p TestA: "munge debian-13 hope" proves no role`}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out, demand{roles: declared, allRoles: tt.strict})
			if err := r.read(strings.NewReader(tt.in)); err != nil {
				t.Fatal(err)
			}
			if ok := r.conclude(); ok != tt.ok {
				t.Errorf("ok is %v:\n%s", ok, out.String())
			}
			for _, s := range tt.says {
				if !strings.Contains(out.String(), s) {
					t.Errorf("does not say %q:\n%s", s, out.String())
				}
			}
			if tt.not != "" && strings.Contains(out.String(), tt.not) {
				t.Errorf("says %q:\n%s", tt.not, out.String())
			}
		})
	}
}
