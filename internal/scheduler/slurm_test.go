package scheduler

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
)

// frontend answers scripts in turn and remembers them.
type frontend struct {
	answers []string
	scripts []string
	err     error
}

func (f *frontend) exec(_ context.Context, script string) ([]byte, error) {
	f.scripts = append(f.scripts, script)
	if f.err != nil {
		return nil, f.err
	}
	if len(f.answers) < len(f.scripts) {
		return nil, nil
	}
	return []byte(f.answers[len(f.scripts)-1]), nil
}

func (f *frontend) client(t *testing.T) Client {
	t.Helper()
	c, err := New("slurm", f.exec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// record puts programs on the PATH that write down their name and arguments,
// a line a call with the arguments between angle brackets, and runs the script.
func record(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	fake := "#!/bin/sh\n{ printf %s \"${0##*/}\"; for a; do printf ' <%s>' \"$a\"; done; echo; } >>" + log + "\n"
	for _, name := range []string{"scontrol", "squeue"} {
		body := fake
		if name == "squeue" {
			body += "printf '7\\n8\\n7\\n'\n"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-s")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("run the script: %v\n%s", err, out)
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestDrain(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "slurm-nodes.txt")}}
	err := f.client(t).Drain(t.Context(), []cluster.NodeName{"compute002", "gone007", "compute001"}, `it's "over"; $(reboot)`)
	if err != nil {
		t.Fatal(err)
	}
	want := "scontrol <update> <NodeName=compute001,compute002> <State=DRAIN> <Reason=ecluster: it's \"over\"; $(reboot)>\n"
	if diff := cmp.Diff(want, record(t, f.scripts[1])); diff != "" {
		t.Errorf("wrong calls (-want +got):\n%s", diff)
	}
}

func TestDrainOfThousands(t *testing.T) {
	var all []cluster.NodeName
	var out strings.Builder
	for i := range 2500 {
		name := cluster.NewNodeName("compute", i+1)
		all = append(all, name)
		out.WriteString("NodeName=" + string(name) + " State=IDLE CPUTot=1 CPUAlloc=0 RealMemory=1\n")
	}
	f := &frontend{answers: []string{out.String() + sep + "\n"}}
	if err := f.client(t).Drain(t.Context(), all, "x"); err != nil {
		t.Fatal(err)
	}
	if len(f.scripts) != 2 {
		t.Errorf("%d scripts, want 2 for any number of nodes", len(f.scripts))
	}
	if calls := strings.Count(record(t, f.scripts[1]), "scontrol"); calls != 3 {
		t.Errorf("%d calls of scontrol, want 3", calls)
	}
}

func TestResumeTouchesOnlyDrainedNodes(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "slurm-nodes.txt")}}
	if err := f.client(t).Resume(t.Context(), []cluster.NodeName{"compute001", "compute003"}); err != nil {
		t.Fatal(err)
	}
	want := "scontrol <update> <NodeName=compute003> <State=RESUME>\n"
	if diff := cmp.Diff(want, record(t, f.scripts[1])); diff != "" {
		t.Errorf("wrong calls (-want +got):\n%s", diff)
	}
}

// Batch jobs go back into the queue, and what can't ends; the script waits until
// the nodes run nothing.
func TestRequeue(t *testing.T) {
	f := &frontend{}
	if err := f.client(t).Requeue(t.Context(), []cluster.NodeName{"compute001", "compute002"}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"squeue":   "echo \"squeue $*\" >>log; cat jobs; [ ! -e ending ] || { mv ending ended; : >jobs; }",
		"scontrol": "echo \"scontrol $*\" >>log; [ \"$2\" != 8 ] || exit 1; : >ending",
		"scancel":  "echo \"scancel $*\" >>log",
		"jobs":     "7\n8\n7\n",
	} {
		if name != "jobs" {
			text = "#!/bin/sh\n" + text + "\n"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil { //nolint:gosec // they are programs
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-s")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(f.scripts[0])
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("run the script: %v\n%s", err, out)
	}
	log, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	const looks = "squeue --noheader --states=running,completing,suspended,configuring --nodelist=compute001,compute002 --format=%A\n"
	want := looks + "scontrol requeue 7\nscontrol requeue 8\nscancel 8\n" + looks + looks
	if diff := cmp.Diff(want, string(log)); diff != "" {
		t.Errorf("wrong calls (-want +got):\n%s", diff)
	}
}

// A controller that does not answer is not one without jobs: the first time, and
// while jobs are waited for.
func TestRequeueWithoutAnAnswer(t *testing.T) {
	f := &frontend{}
	if err := f.client(t).Requeue(t.Context(), []cluster.NodeName{"compute001"}); err != nil {
		t.Fatal(err)
	}
	for name, squeue := range map[string]string{
		"at once": "echo 'Unable to contact slurm controller' >&2; exit 1",
		"later":   "[ ! -e asked ] || { echo 'Unable to contact slurm controller' >&2; exit 1; }; : >asked; echo 7",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for program, text := range map[string]string{"squeue": squeue, "scontrol": "", "scancel": ""} {
				if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil { //nolint:gosec // they are programs
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-s")
			cmd.Dir, cmd.Stdin = dir, strings.NewReader(f.scripts[0])
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
			if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "Unable to contact") {
				t.Errorf("it ended with %v, and said %q", err, out)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "slurm-nodes.txt")}}
	if err := f.client(t).Remove(t.Context(), []cluster.NodeName{"compute001", "compute002"}); err != nil {
		t.Fatal(err)
	}
	want := `squeue <--noheader> <--states=running,completing,suspended,configuring> <--nodelist=compute001,compute002> <--format=%A>
scontrol <requeue> <7>
scontrol <requeue> <8>
scontrol <update> <NodeName=compute001,compute002> <State=DOWN> <Reason=ecluster: removed>
scontrol <delete> <NodeName=compute001,compute002>
`
	if diff := cmp.Diff(want, record(t, f.scripts[1])); diff != "" {
		t.Errorf("wrong calls (-want +got):\n%s", diff)
	}
}

func TestNothingToDoAsksNobody(t *testing.T) {
	f := &frontend{}
	c := f.client(t)
	_, err := c.Probe(t.Context(), nil)
	err = errors.Join(err, c.Drain(t.Context(), nil, ""), c.Resume(t.Context(), nil), c.Remove(t.Context(), nil), c.Requeue(t.Context(), nil))
	if err != nil || len(f.scripts) != 0 {
		t.Errorf("%d scripts, error %v", len(f.scripts), err)
	}

	f = &frontend{answers: []string{"No nodes in the system\n" + sep + "\n"}}
	if err := f.client(t).Remove(t.Context(), []cluster.NodeName{"compute001"}); err != nil || len(f.scripts) != 1 {
		t.Errorf("%d scripts, error %v; want one question and no deed", len(f.scripts), err)
	}
}

func TestErrorsSayWhatWasTried(t *testing.T) {
	f := &frontend{err: errors.New("exit status 1: slurm_load_node error: Unable to contact slurm controller")}
	err := f.client(t).Drain(t.Context(), []cluster.NodeName{"a1", "a2", "a3", "a4", "a5", "a6"}, "x")
	want := "drain a1, a2, a3, a4 and 2 more: ask slurmctld for its nodes: exit status 1: slurm_load_node error: Unable to contact slurm controller"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := New("pbs", nil); err == nil {
		t.Error("a client for PBS, which nobody wrote")
	}
}
