package e2e

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/rehearsal"
)

// TestRehearse runs the whole life of each embedded cloud spec against its
// simulated cloud, on real nodes: start, srun, a spot reclaim, resize, stop;
// then nothing may be left in the cloud or on the engine.
func TestRehearse(t *testing.T) {
	needFull(t)
	for _, template := range []string{"gce", "aws", "azure"} {
		t.Run(template, func(t *testing.T) { rehearse(t, template) })
	}
}

func rehearse(t *testing.T, template string) {
	t.Helper()
	u := newUser(t, "sim-none")
	before := stages(t)
	out := u.run("rehearse", template, "--output", "json")

	var report rehearsal.Report
	lines := strings.SplitAfter(out, "\n")
	for i := range lines { // events, one a line, and then the report
		if json.Unmarshal([]byte(strings.Join(lines[i:], "")), &report) == nil && len(report.Acts) > 0 {
			break
		}
	}
	var acts []string
	for _, a := range report.Acts {
		if a.Error != "" {
			t.Errorf("%s: %s", a.Name, a.Error)
		}
		acts = append(acts, a.Name)
		t.Logf("%s: %s (%s)", a.Name, a.Result, a.Took)
	}
	if want := []string{"start", "job", "spot reclaim", "resize", "stop"}; !slices.Equal(acts, want) {
		t.Errorf("acts %q, want %q", acts, want)
	}
	for _, o := range report.Objections {
		t.Errorf("the cloud's schema objects: %s", o)
	}
	if len(report.Left) > 0 || len(report.Creates) < 4 {
		t.Errorf("left %v of %v", report.Left, report.Creates)
	}
	if after := stages(t); !slices.Equal(before, after) {
		t.Errorf("left on the engine: %v, before: %v", after, before)
	}
}

// stages are the containers and networks of rehearsals on the engine.
func stages(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, kind := range [][]string{{"container", "ls", "-a", "--format", "{{.Names}}"}, {"network", "ls", "--format", "{{.Name}}"}} {
		out, err := exec.Command("docker", kind...).Output()
		if err != nil {
			t.Fatal(err)
		}
		for name := range strings.FieldsSeq(string(out)) {
			if strings.HasPrefix(name, "ecluster-sim-r") {
				found = append(found, name)
			}
		}
	}
	return found
}
