package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// suiteOf is what `go test -json` says of a provider whose suite ran against
// one server. A result is pass, fail, or the reason of a skip; the case has no
// end without one.
func suiteOf(t *testing.T, provider, server string, cases ...[2]string) string {
	t.Helper()
	var b strings.Builder
	say := func(l line) {
		l.Package = "example.org/providers/" + provider
		data, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(data, '\n'))
	}
	if server != "" {
		say(line{Action: "attr", Test: "TestConformance/x", Key: serverAttr, Value: server})
	}
	for _, c := range cases {
		name, end := c[0], c[1]
		test := "TestConformance/x/" + strings.ReplaceAll(name, " ", "_")
		say(line{Action: "attr", Test: test, Key: caseAttr, Value: name})
		switch end {
		case "":
		case "pass", "fail":
			say(line{Action: end, Test: test})
		default:
			say(line{Action: "output", Test: test, Output: "    x_test.go:1: " + end + "\n"})
			say(line{Action: "skip", Test: test})
		}
	}
	say(line{Action: "pass", Test: "TestConformance/x"})
	say(line{Action: "pass"})
	return b.String()
}

func TestConformance(t *testing.T) {
	const na = "does not apply: it has none"
	skipped := `{"Action":"attr","Package":"p/docker","Test":"TestConformance","Key":"conformance-server","Value":"Docker engine"}
{"Action":"output","Package":"p/docker","Test":"TestConformance","Output":"    real_test.go:9: runs in make e2e\n"}
{"Action":"skip","Package":"p/docker","Test":"TestConformance"}
`
	both := suiteOf(t, "aws", "simulated EC2", [2]string{"life", "pass"}, [2]string{"repeated launch", "pass"}) +
		suiteOf(t, "fake", "in memory", [2]string{"life", "pass"}, [2]string{"repeated launch", na})
	renamed := `{"Action":"attr","Package":"example.org/providers/aws","Test":"TestConformance/x","Key":"conformance-server","Value":"moto"}
`
	for _, tt := range []struct {
		name, in string
		ok       bool
		says     []string
	}{
		{"all run", both, true, []string{
			"                   1     2\n", "  repeated launch  pass  a\n",
			"   1  aws        simulated EC2\n   2  fake       in memory\n   a  " + na,
		}},
		{"a server that is named again", renamed + both, true, []string{"   1  aws        simulated EC2\n   2  fake"}},
		{"a server that is skipped", skipped + both, true, []string{"  life             pass  a     pass\n", "   a  runs in make e2e\n"}},
		{"no run of a provider", suiteOf(t, "aws", "moto", [2]string{"life", "pass"}), false, []string{
			"fake: its conformance suite ran against no server",
		}},
		{"nothing but a skipped run", strings.ReplaceAll(skipped, "docker", "fake") + suiteOf(t, "aws", "moto", [2]string{"life", "pass"}), false, []string{
			"fake: its conformance suite ran against no server",
		}},
		{"a skip that the tier allows and the suite does not", both + suiteOf(t, "google", "GCE", [2]string{"life", "not possible here: no cloud"}, [2]string{"repeated launch", "pass"}), false, []string{
			`google on GCE: "life" was skipped, and not because it does not apply: not possible here: no cloud`,
		}},
		{"no reason", both + suiteOf(t, "google", "GCE", [2]string{"life", "does not apply:"}, [2]string{"repeated launch", "pass"}), false, []string{`"life" was skipped`}},
		{"a case that is missing", both + suiteOf(t, "google", "GCE", [2]string{"life", "pass"}), false, []string{`google on GCE: "repeated launch" was not run`}},
		{"a case that did not end", both + suiteOf(t, "google", "GCE", [2]string{"life", "pass"}, [2]string{"repeated launch", ""}), false, []string{
			`"repeated launch" was not run`, "  repeated launch  pass  a     -\n",
		}},
		{"a failure", both + suiteOf(t, "google", "GCE", [2]string{"life", "pass"}, [2]string{"repeated launch", "fail"}), false, []string{"  repeated launch  pass  a     FAIL\n"}},
		{"no server", both + suiteOf(t, "google", "", [2]string{"life", "pass"}), false, []string{"google TestConformance/x/life does not name its server"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out, demand{
				allowed:   regexp.MustCompile("^runs in make e2e|^not possible here:|^does not apply:"),
				providers: []string{"aws", "fake"},
			})
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

func TestLetters(t *testing.T) {
	for i, want := range map[int]string{0: "a", 25: "z", 26: "aa", 51: "az", 52: "ba"} {
		if got := letter(i); got != want {
			t.Errorf("letter %d is %q, not %q", i, got, want)
		}
	}
}
