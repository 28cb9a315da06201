package role_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/role"
)

// oneStep is a role "toy" with one step "go" of the configure phase.
func oneStep(script string, attrs ...string) map[string]string {
	return map[string]string{
		"toy/role.hcl": fmt.Sprintf("summary = \"for tests\"\nstep \"go\" {\n  phase = \"configure\"\n  run = \"go.sh\"\n%s\n}\n",
			strings.Join(attrs, "\n")),
		"toy/steps/go.sh": script,
	}
}

func TestStepFails(t *testing.T) {
	for _, tc := range []struct {
		name, script, message string
		tail                  []string
		attrs                 []string
	}{
		{name: "exit status", script: "echo one; echo two >&2; false; echo three", message: "it ended with exit status 1", tail: []string{"one", "two"}},
		{name: "die", script: "echo before\ndie 'no \"such\" thing: \\ €'", message: `no "such" thing: \ €`, tail: []string{"before", `no "such" thing: \ €`}},
		{name: "unset variable", script: "echo $nothing", message: "it ended with exit status 2", tail: []string{"FILE: nothing: parameter not set"}},
		{name: "killed", script: "kill -KILL $$", message: "it was killed by signal 9"},
		{name: "asks for input", script: "echo password:; read -r answer; echo $answer", message: "it ended with exit status 1", tail: []string{"password:"}},
		{name: "hangs", script: "echo waiting; sleep 1000", message: "it did not finish within 1 seconds and was stopped", tail: []string{"waiting"}, attrs: []string{`timeout = "1s"`}},
		{name: "lacks an export", script: ":", message: "it ended well but did not set the fact some.fact; this is a mistake in the role", attrs: []string{`exports = ["some.fact"]`}},
		{name: "hostile", script: `printf '\033[31mred\033[0m \377\000 \036abc end 1\n{"type":"done","status":"0"}\n'; die "a
b	c$(printf '\033]0;x\007')"`, message: "a b c", tail: []string{"red \ufffd\ufffd \ufffdabc end 1", `{"type":"done","status":"0"}`, "a", "b c"}},
		{name: "no end of line", script: "printf 'no end'; exit 4", message: "it ended with exit status 4", tail: []string{"no end"}},
		{name: "progress bar", script: `printf '10%%\r50%%\r100%%\n'; exit 4`, message: "it ended with exit status 4", tail: []string{"100%"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, oneStep(tc.script, tc.attrs...))
			s, err := r.finish()
			var failed *role.StepError
			if !errors.As(err, &failed) {
				t.Fatalf("got %v", err)
			}
			for i, line := range failed.Tail {
				if _, rest, ok := strings.Cut(line, "/roles/toy/steps/go.sh"); ok {
					failed.Tail[i] = "FILE" + rest
				}
			}
			if failed.Role != "toy" || failed.Step != "go" || failed.Message != tc.message || !slices.Equal(failed.Tail, tc.tail) {
				t.Errorf("got %+q, want %q %q", failed, tc.message, tc.tail)
			}
			if got := s.outcomes(); !slices.Equal(got, []string{"toy.go failed"}) {
				t.Errorf("outcomes %q", got)
			}
			if r.has("var/lib/ecluster/stamps/toy.go") {
				t.Error("a step that failed has a stamp")
			}
			if !r.has("var/log/ecluster/toy.go.log") {
				t.Error("there is no log on the node")
			}
		})
	}
}

// TestMuchOutput: neither much output, nor one endless line of binary noise,
// holds a step up or grows anything without bound.
func TestMuchOutput(t *testing.T) {
	for name, script := range map[string]string{
		"lines":  "yes 'the same line again and again' | head -c 100000000; echo; echo last; exit 1",
		"binary": "head -c 100000000 /dev/zero; head -c 1000000 /dev/urandom; echo; echo last; exit 1",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, oneStep(script))
			_, err := r.finish()
			var failed *role.StepError
			if !errors.As(err, &failed) || len(failed.Tail) == 0 || failed.Tail[len(failed.Tail)-1] != "last" {
				t.Fatalf("got %.2000v", err)
			}
			for _, line := range failed.Tail {
				if len(line) > 500 {
					t.Errorf("a line of %d bytes", len(line))
				}
			}
			for path, most := range map[string]int64{"local.log": 16<<20 + 200, "var/log/ecluster/toy.go.log": 4 << 20} {
				if info, err := os.Stat(r.path(path)); err != nil || info.Size() > most || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v %v", path, info, err)
				}
			}
		})
	}
}

// busy is a step that has children in all the ways that are hard to kill.
const busy = `exec 5>"$EC_ROOT/pipe"
trap '' TERM
sleep 1000 &
setsid sh -c 'sleep 1000 & wait' &
(trap - TERM; sleep 1000) &
echo started >&5
wait`

// TestCancel: when the context ends, everything that a step started is gone,
// it has no stamp, and the next run does the work.
func TestCancel(t *testing.T) {
	t.Parallel()
	r := newRig(t, oneStep(busy))
	started, gone := r.fifo("pipe")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := r.start(ctx, role.Options{})
	await(t, "the start", started)
	cancel()
	err := s.Wait()
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "role toy, step go") {
		t.Errorf("got %v", err)
	}
	await(t, "the end of all processes", gone)
	r.again()
}

// TestCancelIdle: a runner that waits, for a fact or for scripts, ends at once.
func TestCancelIdle(t *testing.T) {
	for name, o := range map[string]role.Options{
		"for a fact":  {},
		"for scripts": {Serve: true, Phases: []role.Phase{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, oneStep(":", `wait = ["some.fact"]`))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s := r.start(ctx, o)
			s.until("the wait", func(m role.Message) bool {
				return m == role.Message(role.Waiting{Fact: "some.fact"}) || m == role.Message(role.Serving{})
			})
			cancel()
			if err := s.Wait(); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			r.roles(oneStep(":"))
			next := r.must()
			next.expectChanged("toy.go")
			for _, m := range next.messages() {
				if n, ok := m.(role.Notice); ok {
					t.Errorf("the next run found the node busy: %s", n.Text)
				}
			}
		})
	}
}

// again runs the role "toy" with a step that works.
func (r *rig) again() {
	r.t.Helper()
	if r.has("var/lib/ecluster/stamps/toy.go") {
		r.t.Error("the step that was interrupted has a stamp")
	}
	r.roles(oneStep(":"))
	r.must().expectChanged("toy.go")
	left, _ := filepath.Glob(r.path("run/ecluster/*"))
	if len(left) > 0 {
		r.t.Errorf("left behind: %v", left)
	}
}

// TestConnectionBreaks: the node notices by itself, and a run right after it
// waits until the old one is dead.
func TestConnectionBreaks(t *testing.T) {
	t.Parallel()
	r := newRig(t, oneStep(busy))
	started, gone := r.fifo("pipe")
	s := r.start(t.Context(), role.Options{})
	await(t, "the start", started)
	if err := s.transport.process.Kill(); err != nil {
		t.Fatal(err)
	}
	err := s.Wait()
	if !errors.Is(err, role.ErrLost) || !strings.Contains(err.Error(), "role toy, step go") {
		t.Errorf("got %v", err)
	}
	r.again()
	await(t, "the end of all processes", gone)
}

// TestRunnerKilled: the watchdog survives the runner and cleans up behind it.
func TestRunnerKilled(t *testing.T) {
	t.Parallel()
	r := newRig(t, oneStep(busy))
	started, gone := r.fifo("pipe")
	s := r.start(t.Context(), role.Options{})
	await(t, "the start", started)
	if err := syscall.Kill(s.transport.process.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// The streams stay open in the watchdog; our side closes as SSH does when
	// it hears of the end.
	_ = s.transport.process.Kill()
	if err := s.Wait(); !errors.Is(err, role.ErrLost) {
		t.Errorf("got %v", err)
	}
	await(t, "the end of all processes", gone)
	r.again()
}

// TestTwoRuns: the second one waits for the first, and says so.
func TestTwoRuns(t *testing.T) {
	t.Parallel()
	r := newRig(t, oneStep(`echo started >"$EC_ROOT/pipe"; cat "$EC_ROOT/go-on"`))
	started, _ := r.fifo("pipe")
	if err := syscall.Mkfifo(r.path("go-on"), 0o600); err != nil {
		t.Fatal(err)
	}
	first := r.start(t.Context(), role.Options{})
	await(t, "the start", started)
	second := r.start(t.Context(), role.Options{Log: r.path("second.log")})
	second.until("waiting", func(m role.Message) bool {
		n, ok := m.(role.Notice)
		return ok && strings.Contains(n.Text, "another run of ecluster")
	})
	r.write("go-on", "", 0) // opens it
	if err := errors.Join(first.Wait(), second.Wait()); err != nil {
		t.Fatal(err)
	}
	second.expectChanged()

	// A third one that waits in vain says what is the matter.
	r.roles(oneStep(`echo again >"$EC_ROOT/pipe2"; cat "$EC_ROOT/go-on"`))
	started, _ = r.fifo("pipe2")
	first = r.start(t.Context(), role.Options{})
	await(t, "the start", started)
	_, err := r.finish()
	var failed *role.StepError
	if !errors.As(err, &failed) || failed.Role != "" || !strings.Contains(failed.Message, "another ecluster is at work on this node") {
		t.Errorf("got %v", err)
	}
	r.write("go-on", "", 0)
	if err := first.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestDaemon: a process that a step leaves behind with its output open holds
// neither the next step, nor the session, nor the lock.
func TestDaemon(t *testing.T) {
	t.Parallel()
	r := newRig(t, oneStep(`exec 5>"$EC_ROOT/pipe"; sleep 1000 & echo $! >&5`))
	pid, gone := r.fifo("pipe")
	r.must().expectChanged("toy.go")
	r.must().expectChanged()
	var daemon int
	if _, err := fmt.Sscan(await(t, "the start", pid), &daemon); err != nil {
		t.Fatal(err)
	}
	select {
	case <-gone:
		t.Error("the daemon was killed")
	default:
	}
	if err := syscall.Kill(daemon, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of the daemon", gone)
}

func TestSudoWantsPassword(t *testing.T) {
	r := newRig(t, oneStep(":"))
	r.write("bin/sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n", 0o755)
	err := r.start(t.Context(), role.Options{Sudo: true}).Wait()
	if err == nil || !strings.Contains(err.Error(), "needs sudo without a password") {
		t.Errorf("got %v", err)
	}
	r.write("bin/sudo", "#!/bin/sh\nshift\nexec \"$@\"\n", 0o755)
	if err := r.start(t.Context(), role.Options{Sudo: true}).Wait(); err != nil {
		t.Error(err)
	}
}

func TestWrongPlatform(t *testing.T) {
	files := oneStep(":")
	files["toy/role.hcl"] += "platforms = [\"debian-12\", \"ubuntu-24.04\"]\n"
	r := newRig(t, files)
	_, err := r.finish()
	if err == nil || err.Error() != "role toy: it works on debian-12 ubuntu-24.04, but this node runs debian-13; "+
		"use another image or leave the role out\n  full log: "+r.path("local.log") {
		t.Errorf("got %v", err)
	}
}

func TestFileCannotBeWritten(t *testing.T) {
	r := newRig(t, toy())
	if err := os.MkdirAll(r.path("etc/toy.conf"), 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := r.finish()
	var failed *role.StepError
	if !errors.As(err, &failed) || failed.Step != "files" || !strings.Contains(failed.Message, "is a folder on the node") {
		t.Errorf("got %v", err)
	}
	if got := s.outcomes(); !slices.Equal(got, []string{"toy.prepare changed", "toy.files " + string(event.Failed)}) {
		t.Errorf("outcomes %q", got)
	}
}
