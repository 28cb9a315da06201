package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

var logPath = regexp.MustCompile(`/\S+/compute001\.log`)

// nodeLog is the log of compute001 that a command named, and its size.
func (u *user) nodeLog(said string) (text string, size int64) {
	u.Helper()
	path := logPath.FindString(said)
	if path == "" {
		u.Fatalf("it names no log of compute001:\n%s", said)
	}
	if !strings.HasPrefix(path, u.home) {
		u.Errorf("the log %s is not in the folder of the user", path)
	}
	info, err := os.Stat(path)
	if err != nil {
		u.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		u.Errorf("the log is %s: others can read it", info.Mode())
	}
	const most = 1 << 20
	data := make([]byte, min(most, info.Size()))
	f, err := os.Open(path)
	if err != nil {
		u.Fatal(err)
	}
	defer f.Close()
	if _, err := f.ReadAt(data, 0); err != nil {
		u.Fatal(err)
	}
	return string(data), info.Size()
}

// TestStepFails lets the user's script fail in many ways on one node. Each
// time the message names the node, the step and the log, the frontend's work
// is kept, and a corrected script heals the cluster.
func TestStepFails(t *testing.T) {
	needEngine(t)
	u := newSmall(t, "stepfails", small{step: "echo some output\necho last words >&2\nexit 3\n"})

	t.Run("exit status", func(t *testing.T) {
		said := u.within(t).ends(1, "start", "stepfails")
		u.within(t).says(said,
			"compute001: script.step/run failed", "ended with exit code 3 on compute001",
			"│ some output", "│ last words",
			"ecluster setup stepfails -- compute001", "ecluster ssh stepfails -n compute001 --admin",
			`cluster "stepfails": 1 of 2 nodes failed (compute001)`)
		if log, _ := u.nodeLog(said); !strings.Contains(log, "some output\nlast words\n") {
			t.Errorf("the log lacks the output:\n%s", log)
		}
		if states := u.nodes(); states["frontend001"] != "ready" || states["compute001"] != "failed" {
			t.Errorf("the nodes are %v", states)
		}
		u.within(t).says(u.ends(0, "list-nodes", "stepfails"), "compute001: script.step/run: the script step ended with exit code 3")
	})

	t.Run("no interpreter", func(t *testing.T) {
		u := u.within(t)
		u.write("step.sh", "#!/no/such/interpreter\n")
		u.says(u.ends(1, "start", "stepfails"), "compute001: script.step/run failed", "exit code 127")
	})

	t.Run("asks for input", func(t *testing.T) {
		u := u.within(t)
		u.write("step.sh", "printf 'Password: '\nread answer || exit 7\n")
		u.says(u.ends(1, "start", "stepfails"), "compute001: script.step/run failed", "exit code 7", "Password:")
	})

	t.Run("killed by a signal", func(t *testing.T) {
		u := u.within(t)
		u.write("step.sh", "kill -9 $$\n")
		u.says(u.ends(1, "start", "stepfails"), "compute001: script.step/run failed", "exit code 137")
	})

	t.Run("binary output", func(t *testing.T) {
		needFull(t)
		u := u.within(t)
		u.write("step.sh", "head -c 200000 /dev/urandom\nprintf '\\n\\033[2J\\033[31mred\\007\\302\\2332J\\n'\necho '{\"type\":\"step_finished\"}'\nexit 4\n")
		said := u.ends(1, "start", "stepfails")
		u.says(said, "exit code 4", "red")
		if strings.ContainsAny(said, "\033\007\000\u009b") {
			t.Errorf("control characters reached the terminal: %q", said)
		}
		for line := range strings.SplitSeq(strings.TrimSpace(string(u.json(1, "start", "stepfails"))), "\n") {
			if !strings.HasPrefix(line, "{") {
				t.Errorf("not a line of JSON: %.200q", line)
			}
		}
	})

	t.Run("100 MB of output", func(t *testing.T) {
		needFull(t)
		u := u.within(t)
		u.write("step.sh", "yes 'a line of 32 bytes, as others..' | head -c 99999999\nprintf '\\n'\necho the end\nexit 5\n")
		said := u.ends(1, "start", "stepfails")
		u.says(said, "exit code 5", "│ the end")
		if len(said) > 20_000 {
			t.Errorf("it says %d bytes about it", len(said))
		}
		if _, size := u.nodeLog(said); size > 20<<20 {
			t.Errorf("the log takes %d bytes", size)
		}
	})

	t.Run("one line without an end", func(t *testing.T) {
		needFull(t)
		u := u.within(t)
		u.write("step.sh", "head -c 30000000 /dev/zero | tr '\\0' x\nexit 6\n")
		if said := u.ends(1, "start", "stepfails"); len(said) > 50_000 {
			t.Errorf("it says %d bytes about it", len(said))
		}
	})

	t.Run("leaves a daemon", func(t *testing.T) {
		needFull(t)
		u := u.within(t)
		u.write("step.sh", "sleep 1000 &\necho left it\n")
		u.ends(0, "start", "stepfails")
	})

	t.Run("corrected", func(t *testing.T) {
		u := u.within(t)
		u.write("step.sh", "echo all is well\n")
		u.ends(0, "start", "stepfails")
		u.ready("frontend001", "compute001")
		u.settled()
	})
	proved(t, "debian-13", roletest.Containers, "script")
	u.run("stop", "stepfails", "--yes")
	if entries, err := filepath.Glob(filepath.Join(u.home, "clusters", "*")); err != nil || len(entries) > 0 {
		t.Errorf("after stop there is %v (%v)", entries, err)
	}
}

// TestStepHangs has a script that never ends on one of two nodes: the other is
// ready meanwhile, and a Ctrl-C ends the script on its node.
func TestStepHangs(t *testing.T) {
	needFull(t)
	u := newSmall(t, "hangs", small{nodes: 2, step: "case $(hostname) in compute002) sleep 100000 ;; esac\n"})
	start := u.begin("start", "hangs")
	start.await("compute001: ready")
	start.await("compute002: joining")
	start.await("still") // says where it hangs
	u.says(start.out.String(), "compute002")
	start.interrupt()
	u.says(start.end(130), "ecluster stop hangs")
	u.scriptEnds("compute002")
	u.write("step.sh", "echo repaired\n")
	u.run("start", "hangs")
	u.ready("frontend001", "compute001", "compute002")
	u.run("stop", "hangs", "--yes")
}
