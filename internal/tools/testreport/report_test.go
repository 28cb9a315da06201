package main

import (
	"regexp"
	"strings"
	"testing"
)

const (
	passing = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}
{"Action":"output","Package":"p","Output":"coverage: 61.5% of statements\n"}
{"Action":"pass","Package":"p","Elapsed":1.25}
`
	failing = `{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:7: three is not four\n"}
{"Action":"fail","Package":"p","Test":"TestB","Elapsed":0.1}
{"Action":"fail","Package":"p","Elapsed":1}
`
	skipping = `{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:9: runs in make e2e\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"--- SKIP: TestC (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestC"}
{"Action":"pass","Package":"p","Elapsed":1}
`
	broken = `{"Action":"build-output","ImportPath":"q","Output":"q.go:1: syntax error\n"}
{"Action":"build-fail","ImportPath":"q"}
{"Action":"fail","Package":"q"}
`
	panicking = `{"Action":"output","Package":"p","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"p"}
`
)

func TestReport(t *testing.T) {
	for _, tt := range []struct {
		name, in, allow string
		ok              bool
		says            []string
	}{
		{"pass", passing, "", true, []string{"61.5%", "tests: 1 passed, 0 failed, 0 skipped"}},
		{"fail", failing, "", false, []string{"--- FAIL: p TestB", "three is not four"}},
		{"skip refused", skipping, "", false, []string{"p TestC: runs in make e2e  <- NOT ALLOWED"}},
		{"skip allowed", passing + skipping, "make e2e", true, []string{"p TestC: runs in make e2e\n"}},
		{"skip for another reason", skipping, "no GPU", false, []string{"1 tests were skipped that this tier requires"}},
		{"build", broken, "", false, []string{"q.go:1: syntax error"}},
		{"panic", panicking, "", false, []string{"test timed out"}},
		{"nothing", "", "", false, []string{"nothing was tested"}},
		{"no event", "go: downloading\n" + passing, "", true, []string{"go: downloading"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			var allowed *regexp.Regexp
			if tt.allow != "" {
				allowed = regexp.MustCompile(tt.allow)
			}
			r := newReport(&out, demand{allowed: allowed})
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
		})
	}
}
