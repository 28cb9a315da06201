package clouds

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/local"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fault is one line of a cloud's table of what goes wrong: a spec, what is
// wrong with the cloud or with the spec, and what the user runs.
type fault struct {
	name    string // of the case and of its golden file
	cloud   sim.Options
	local   local.Options
	faults  []sim.Fault
	fates   []sim.Fate
	prepare func(l *lab) // after the cloud is served, before the spec is written

	provider   map[string]string // lines of the provider block, as HCL
	group, top string            // further lines of the compute group and of the cluster
	nodes      int               // of the compute group; 0 is 2
	replace    []string          // pairs of old and new text of the spec

	before func(l *lab) // when the spec is written: a start, and what goes wrong after it
	args   []string     // of the command; none is "start", "c"
	after  func(l *lab) // when the command has ended, before the cluster is stopped
	status int          // of the command
	// malformed requests are sent on purpose.
	malformed bool
}

// testFaults runs the table of one cloud: the command's status is the line's,
// what it shows is the golden file's, and after a stop nothing is left.
func testFaults(t *testing.T, kind string, table []fault) {
	t.Helper()
	names := map[string]bool{}
	for _, f := range table {
		if names[f.name] {
			t.Fatalf("two cases are called %s", f.name)
		}
		names[f.name] = true
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.run(t, kind)
		})
	}
	files, err := filepath.Glob(filepath.Join("testdata", "faults", kind, "*.golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !names[strings.TrimSuffix(filepath.Base(file), ".golden")] {
			t.Errorf("%s belongs to no case", file)
		}
	}
}

func (f fault) run(t *testing.T, kind string) {
	t.Helper()
	machines := local.New(f.local)
	t.Cleanup(func() { _ = machines.Close(context.Background()) })
	if f.cloud.Machines == nil {
		f.cloud.Machines = machines
	}
	l := newLab(t, kind, f.cloud)
	l.malformed = f.malformed
	l.script.Inject(f.faults...)
	l.script.Doom(f.fates...)
	if f.prepare != nil {
		f.prepare(l)
	}
	if f.nodes == 0 {
		f.nodes = 2
	}
	spec := l.provider(f.provider) + l.cluster(f.nodes, f.group, f.top)
	l.write(strings.NewReplacer(f.replace...).Replace(spec))
	if f.before != nil {
		f.before(l)
	}
	if f.args == nil {
		f.args = []string{"start", "c"}
	}
	status, out, errs := l.try(f.args...)
	if status != f.status {
		t.Errorf("ecluster %s ended with status %d, want %d:\n%s%s", strings.Join(f.args, " "), status, f.status, out, errs)
	}
	l.golden(f.name, out+errs)
	if f.after != nil {
		f.after(l)
	}
	l.script.Mend()
	l.stop()
}

// golden compares what a command showed with a golden file of the cloud.
func (l *lab) golden(name, shown string) {
	l.Helper()
	path := filepath.Join("testdata", "faults", l.kind, name+".golden")
	got := l.normal(shown)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			l.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			l.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		l.Fatalf("%v (go test -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		l.Errorf("%s (-want +got):\n%s\nwhole:\n%s", path, diff, shown)
	}
}

// progress are the lines that tell how far the work is: their number and order
// vary from run to run.
var progress = regexp.MustCompile(`^([a-z]+[0-9]{3}: (planned|launching|booting|reachable|installing|configuring|joining|verifying|ready|` +
	`draining|deleting|gone|waits for .*|[a-z0-9-]+/[a-z0-9-]+ done in .*)|(still|waits?|waiting) .*)$`)

// stamp is what stands before each line of a log.
var stamp = regexp.MustCompile(`^([0-9]{2}:[0-9]{2}:[0-9]{2} |         )`)

// varying are the parts of a message that differ between two runs.
var varying = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`\b[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?( ?UTC|Z)?`), "DATE"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "UUID"},
	{regexp.MustCompile(`\b(ecluster-|c-)[a-z0-9]{8}\b`), "${1}ID"},
	{regexp.MustCompile(`\becluster-ID-(ssh|inside)\b`), "ecluster-ID-RULE"}, // whichever fails first
	{regexp.MustCompile(`/[a-z2-7]{26}\b`), "/ATTEMPT"},
	{regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`), "SHA256:KEY"},
	{regexp.MustCompile(`after [0-9]+ attempts`), "after N attempts"},
	{regexp.MustCompile(`machines cost (less than|about) [0-9.]+ USD`), "machines cost MONEY"},
	{regexp.MustCompile(`failed while (booting|reachable|installing|configuring|joining|verifying)`), "failed at work"},
	{regexp.MustCompile(`\b127\.[0-9]+\.[0-9]+\.[0-9]+(:[0-9]+)?`), "ADDRESS"},
	{regexp.MustCompile(`\b(i|eni|vol|sg|subnet|vpc|eipalloc|igw|rtb|ami)-[0-9a-f]{8,17}\b`), "${1}-ID"},
	{regexp.MustCompile(`\b([0-9]+h)?([0-9]+m)?[0-9]+(\.[0-9]+)?(s|ms|µs)\b`), "TIME"},
	{regexp.MustCompile(`^((ok|FAILED) [a-z ]+?) TIME`), "$1"}, // what took no time has none
}

// normal is what a command showed, without what differs from run to run. A
// wrapped paragraph becomes one line; what is told of nodes is sorted.
func (l *lab) normal(shown string) string {
	shown = strings.NewReplacer(l.home, "HOME", strings.TrimPrefix(l.url, "http://"), "CLOUD").Replace(shown)
	var messages []string
	first, end := -1, -1 // of the messages that come while nodes are worked on
	for line := range strings.Lines(shown) {
		line = stamp.ReplaceAllString(strings.TrimRight(line, "\n"), "")
		if progress.MatchString(line) {
			continue
		}
		for _, v := range varying {
			line = v.pattern.ReplaceAllString(line, v.text)
		}
		n := len(messages)
		switch {
		case n > 0 && wrapped.MatchString(messages[n-1]) && strings.HasPrefix(line, "       ") && line[7:] != "":
			messages[n-1] += " " + strings.TrimSpace(line)
			continue
		case n > 0 && strings.HasPrefix(line, "    "):
			messages[n-1] += "\n" + line
			continue
		case began.MatchString(line):
			first = n + 1
		case ended.MatchString(line):
			end = n
		}
		messages = append(messages, line)
	}
	if first >= 0 && end > first {
		slices.Sort(messages[first:end])
	}
	return strings.Join(messages, "\n") + "\n"
}

var (
	wrapped = regexp.MustCompile(`^(Error|Warning|Note): `)
	began   = regexp.MustCompile(`^[a-z]+ c: [0-9]+ nodes? \(`)
	ended   = regexp.MustCompile(`^\S+ [a-z]+ c: `)
)
