package scheduler

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
)

// The files htcondor-* under testdata are what HTCondor 23.9.6 of Debian 13
// printed.

func (f *frontend) condor(t *testing.T) Client {
	t.Helper()
	c, err := New("htcondor", f.exec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func condorNode(name cluster.NodeName, state NodeState, alloc, jobs int, reason string) NodeStatus {
	return NodeStatus{
		Name: name, State: state, CPUs: 1, AllocCPUs: alloc, Memory: 909 * cluster.MiB,
		Jobs: jobs, Queues: []string{"compute"}, Reason: reason,
	}
}

func TestCondorNodes(t *testing.T) {
	tests := map[string]struct {
		out  string
		want []NodeStatus
	}{
		"none": {"1795392737\n" + sep + "\n", []NodeStatus{}},
		"drained and busy": {captured(t, "htcondor-nodes.txt"), []NodeStatus{
			condorNode("compute001", Drained, 0, 0, `ecluster: it goes, "now" $(x)`),
			condorNode("compute002", Busy, 1, 1, ""),
		}},
		"draining": {`100
[{"Machine":"a.ecluster","SlotType":"Partitionable","State":"Drained","Activity":"Retiring","DrainReason":"by root","TotalSlotCpus":4,"LastHeardFrom":99},
{"Machine":"a.ecluster","SlotType":"Dynamic","State":"Claimed","Activity":"Retiring","Cpus":3,"TotalSlotCpus":3,"LastHeardFrom":99}]
` + sep + "\n", []NodeStatus{{Name: "a", State: Draining, CPUs: 4, AllocCPUs: 3, Jobs: 1, Reason: "by root"}}},
		"silent": {`300
[{"Machine":"a.ecluster","SlotType":"Partitionable","State":"Unclaimed","TotalSlotCpus":4,"LastHeardFrom":100},
{"Machine":"a.ecluster","SlotType":"Dynamic","State":"Claimed","Activity":"Busy","Cpus":4,"LastHeardFrom":100}]
` + sep + "\n", []NodeStatus{{Name: "a", State: Down, CPUs: 4, AllocCPUs: 4, Reason: "HTCondor has heard nothing of it for 200 seconds"}}},
		"static slots, another domain": {`100
[{"Machine":"b.c.internal","SlotType":"Static","State":"Claimed","Activity":"Busy","Cpus":1,"TotalSlotCpus":1,"LastHeardFrom":99},
{"Machine":"b.c.internal","SlotType":"Static","State":"Unclaimed","Activity":"Idle","Cpus":1,"TotalSlotCpus":1,"LastHeardFrom":99}]
` + sep + "\n", []NodeStatus{{Name: "b", State: Busy, CPUs: 2, AllocCPUs: 1, Jobs: 1}}},
		"closed and odd": {`100
[{"Machine":"a.ecluster","SlotType":"Partitionable","State":"Owner","LastHeardFrom":99},
{"Machine":"b.ecluster","SlotType":"Partitionable","State":"Backfill","LastHeardFrom":99}]
` + sep + "\n", []NodeStatus{
			{Name: "a", State: Drained, Reason: "its START expression lets no job in"},
			{Name: "b", State: Unknown, Reason: "HTCondor calls it backfill"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := &frontend{answers: []string{tt.out}}
			got, err := f.condor(t).Nodes(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("wrong nodes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCondorNodesRefusesWhatItCantRead(t *testing.T) {
	for name, out := range map[string]string{
		"cut short":   "100\n[",
		"no time":     "[]\n" + sep + "\n",
		"no JSON":     "100\n[{]\n" + sep + "\n",
		"no name":     "100\n[{\"Cpus\":1}]\n" + sep + "\n",
		"less than 0": "100\n[{\"Machine\":\"a\",\"Cpus\":-1}]\n" + sep + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := &frontend{answers: []string{out}}
			if nodes, err := f.condor(t).Nodes(t.Context()); err == nil {
				t.Errorf("read as %+v", nodes)
			}
		})
	}
}

func TestCondorQueue(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "htcondor-queue.txt")}}
	got, err := f.condor(t).Queue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Queue{Running: 2, Pending: 18, Reasons: map[string]int{
		"waits for the negotiator":                  17,
		"held: submitted on hold at user's request": 1,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong queue (-want +got):\n%s", diff)
	}
}

// TestCondorReasonsOfSeveralLines: what a user writes counts as no job.
func TestCondorReasonsOfSeveralLines(t *testing.T) {
	got := parseCondorQueue("      1 5 disk full on\n      1 all of them\n      3 6 undefined\n")
	want := Queue{Running: 3, Pending: 1, Reasons: map[string]int{"held: disk full on": 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong queue (-want +got):\n%s", diff)
	}
}

// recordCondor is record for HTCondor's tools; a tool that is to fail is named
// in failing.
func recordCondor(t *testing.T, script string, failing ...string) (calls []string, err error) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	for _, name := range []string{"condor_drain", "condor_advertise", "condor_vacate_job", "pgrep", "bash"} {
		body := "#!/bin/sh\n{ printf %s \"${0##*/}\"; for a; do printf ' <%s>' \"$a\"; done; echo; } >>" + log + "\n"
		if name == "condor_advertise" {
			body += "cat >/dev/null\n"
		}
		if name == "pgrep" {
			body += "false\n"
		}
		for _, f := range failing {
			if f == name {
				body += "echo 'no answer'; false\n"
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-s")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = errors.New(strings.TrimSpace(string(out)))
	}
	data, _ := os.ReadFile(log)
	return strings.Split(strings.TrimSpace(string(data)), "\n"), err
}

func TestCondorDrain(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "htcondor-nodes.txt")}}
	err := f.condor(t).Drain(t.Context(), []cluster.NodeName{"compute002", "gone007", "compute001"}, `it's "over"; $(reboot)`)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := recordCondor(t, f.scripts[1])
	want := []string{`condor_drain <-reason> <ecluster: it's "over"; $(reboot)> <slot1@compute002.ecluster>`}
	if diff := cmp.Diff(want, calls); diff != "" || err != nil {
		t.Errorf("%v; wrong calls (-want +got):\n%s", err, diff)
	}
	if _, err := recordCondor(t, f.scripts[1], "condor_drain"); err == nil || err.Error() != "compute002: no answer" {
		t.Errorf("the refusal of a node that lives is %v", err)
	}
	calls, err = recordCondor(t, f.scripts[1], "condor_drain", "bash")
	if err != nil || !strings.HasPrefix(calls[len(calls)-1], "condor_advertise <INVALIDATE_MASTER_ADS>") {
		t.Errorf("a node that does not answer is not taken off the list: %v, %v", err, calls)
	}
}

func TestCondorResumeTouchesOnlyDrainedNodes(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "htcondor-nodes.txt")}}
	if err := f.condor(t).Resume(t.Context(), []cluster.NodeName{"compute001", "compute002"}); err != nil {
		t.Fatal(err)
	}
	calls, err := recordCondor(t, f.scripts[1])
	if diff := cmp.Diff([]string{"condor_drain <-cancel> <slot1@compute001.ecluster>"}, calls); diff != "" || err != nil {
		t.Errorf("%v; wrong calls (-want +got):\n%s", err, diff)
	}
}

func TestCondorRemove(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "htcondor-running.txt")}}
	if err := f.condor(t).Remove(t.Context(), []cluster.NodeName{"compute001"}); err != nil {
		t.Fatal(err)
	}
	calls, err := recordCondor(t, f.scripts[1])
	want := []string{
		"condor_vacate_job <-fast> <16.2>",
		`pgrep <-f> <^condor_shadow ([^ ]* )*16\.2 >`,
		"condor_advertise <INVALIDATE_STARTD_ADS> <->",
		"condor_advertise <INVALIDATE_STARTD_ADS> <->",
		"condor_advertise <INVALIDATE_MASTER_ADS> <->",
	}
	if diff := cmp.Diff(want, calls); diff != "" || err != nil {
		t.Errorf("%v; wrong calls (-want +got):\n%s", err, diff)
	}
}

func TestCondorRequeue(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "htcondor-running.txt")}}
	if err := f.condor(t).Requeue(t.Context(), []cluster.NodeName{"compute001"}); err != nil {
		t.Fatal(err)
	}
	calls, err := recordCondor(t, f.scripts[1])
	want := []string{"condor_vacate_job <-fast> <16.2>", `pgrep <-f> <^condor_shadow ([^ ]* )*16\.2 >`}
	if diff := cmp.Diff(want, calls); diff != "" || err != nil {
		t.Errorf("%v; wrong calls (-want +got):\n%s", err, diff)
	}
}

func TestCondorJobsOnNodes(t *testing.T) {
	f := &frontend{answers: []string{`[
{"ClusterId":1,"ProcId":0,"RemoteHost":"slot1_1@a.ecluster","RemoteHosts":"slot1_1@a.ecluster, slot1_2@b.ecluster"},
{"ClusterId":2,"ProcId":3,"RemoteHost":"slot1_1@c.ecluster"},
{"ClusterId":3,"ProcId":0}]`}}
	got, err := condor{f.exec}.jobsOn(t.Context(), []cluster.NodeName{"b"})
	if diff := cmp.Diff([]jobID{"1.0"}, got); diff != "" || err != nil {
		t.Errorf("%v; wrong jobs (-want +got):\n%s", err, diff)
	}
}

func TestCondorAdmit(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "htcondor-nodes.txt"), "compute002\n", captured(t, "htcondor-running.txt")}}
	c, is := f.condor(t).(Admitter)
	if !is {
		t.Fatal("HTCondor admits nobody")
	}
	if err := c.Admit(t.Context(), []cluster.NodeName{"compute001", "compute002", "compute003"}); err != nil {
		t.Fatal(err)
	}
	if len(f.scripts) != 4 {
		t.Fatalf("%d scripts: want nodes, who answers, jobs, removal", len(f.scripts))
	}
	if !strings.Contains(f.scripts[3], "requeue '16.3'") || strings.Contains(f.scripts[3], "16.2") {
		t.Errorf("the wrong jobs go back into the queue:\n%s", f.scripts[3])
	}
}

func TestCondorNothingToDoAsksNobody(t *testing.T) {
	f := &frontend{}
	c := f.condor(t)
	_, err := c.Probe(t.Context(), nil)
	err = errors.Join(err, c.Drain(t.Context(), nil, ""), c.Resume(t.Context(), nil), c.Remove(t.Context(), nil), c.Requeue(t.Context(), nil))
	if err != nil || len(f.scripts) != 0 {
		t.Errorf("%d scripts, error %v", len(f.scripts), err)
	}
}

func TestCondorProbe(t *testing.T) {
	f := &frontend{answers: []string{
		strings.ReplaceAll(captured(t, "htcondor-nodes.txt"), "Drained", "Unclaimed"),
		"said compute001 undefined,no match found\n",
	}}
	causes, err := f.condor(t).Probe(t.Context(), []cluster.NodeName{"compute001", "compute002", "compute003"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[cluster.NodeName]string{}
	for name, cause := range causes {
		got[name] = cause.Error()
	}
	want := map[cluster.NodeName]string{
		"compute001": "a job for it did not run: no match found",
		"compute003": "HTCondor does not know the node: its startd has not told of it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong causes (-want +got):\n%s", diff)
	}
	if !strings.Contains(f.scripts[1], "<<'END'\ncompute001\nEND\n") {
		t.Errorf("the script has not the one idle node:\n%s", f.scripts[1])
	}
}

// TestCondorProbeReadsAsTheUser: whose folder it is may put a link there in
// place of an answer, to a file that only root reads.
func TestCondorProbeReadsAsTheUser(t *testing.T) {
	dir := t.TempDir()
	reads := "#!/bin/sh\nfor last; do :; done\ncase ${AS_USER-root}$last in root*.out | root*.err) echo \"root reads $last\" >>" + dir + "/log ;; esac\n" +
		"PATH=${PATH#*:} exec ${0##*/} \"$@\"\n"
	for name, body := range map[string]string{
		"runuser":       "#!/bin/sh\nshift 3\nAS_USER=1 exec \"$@\"\n",
		"condor_submit": "#!/bin/sh\necho 7.0 - 7.2\n",
		"condor_wait":   "#!/bin/sh\necho proved >a.out\necho 'no home' >b.err\n",
		"condor_q":      "#!/bin/sh\necho 'Machine == \"c.ecluster\",undefined,no match found'\n",
		"condor_rm":     "#!/bin/sh\n",
		"grep":          reads, "tail": reads,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	script := strings.Replace(probeNodes([]cluster.NodeName{"a", "b", "c"}), ". /etc/ecluster/node", "LOGIN_USER=$(id -un)", 1)
	cmd := exec.CommandContext(t.Context(), "sh", "-s")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	proved, said := parseCondorProbe(string(out))
	if err != nil || !proved["a"] || said("b") != "no home" || said("c") != "no match found" {
		t.Errorf("%v; it says\n%s", err, out)
	}
	if log, _ := os.ReadFile(filepath.Join(dir, "log")); len(log) > 0 {
		t.Errorf("%s", log)
	}
}

func TestCondorProbeOfADrainedNode(t *testing.T) {
	f := &frontend{answers: []string{captured(t, "htcondor-nodes.txt")}}
	causes, err := f.condor(t).Probe(t.Context(), []cluster.NodeName{"compute001"})
	if err != nil {
		t.Fatal(err)
	}
	if out, is := errors.AsType[*OutOfServiceError](causes["compute001"]); !is || out.State != Drained {
		t.Errorf("the cause is %v", causes["compute001"])
	}
}

func TestCondorScriptsAreShell(t *testing.T) {
	for name, script := range map[string]string{
		"probe": probeNodes([]cluster.NodeName{"a"}), "queue": queueScript,
		"drain": forgetScript + drainScript + resumeScript + requeueScript + inParallel("drain", []string{"a"}, "b"),
	} {
		cmd := exec.CommandContext(t.Context(), "sh", "-n")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func FuzzCondorParse(f *testing.F) {
	for _, name := range []string{"htcondor-nodes.txt", "htcondor-queue.txt", "htcondor-running.txt"} {
		f.Add(captured(f, name))
	}
	f.Fuzz(func(t *testing.T, out string) {
		if nodes, err := parseSlots(out); err == nil {
			for _, n := range nodes {
				if n.Name == "" || n.CPUs < 0 {
					t.Errorf("nonsense node: %+v", n)
				}
			}
		}
		if q := parseCondorQueue(out); q.Pending < 0 || q.Running < 0 {
			t.Errorf("nonsense queue: %+v", q)
		}
		parseCondorProbe(out)
	})
}
