package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/state"
)

// small is a cluster of one frontend and two compute nodes, as most cases have it.
func small() *cluster.Spec { return spec("frontend", 1, "compute", 2) }

func readySmall(s *cluster.Spec) *state.State {
	return recorded(s, node("frontend001", cluster.Ready), node("compute001", cluster.Ready), node("compute002", cluster.Ready))
}

func TestMake(t *testing.T) {
	t.Parallel()
	all := running("frontend001", "compute001", "compute002")
	fleet := func(st cluster.InstanceState, which string) []cluster.Instance {
		list := running("frontend001", "compute001", "compute002")
		for i := range list {
			if string(list[i].Node) == which {
				list[i].State = st
			}
		}
		return list
	}
	tests := []struct {
		name    string
		in      plan.Input
		want    []string
		warning string // a part of the only warning
		blocked string // a part of the only block
		flag    string
	}{
		{
			name: "a new cluster",
			in:   plan.Input{Desired: small()},
			want: []string{
				"create cluster: new", "prepare: not prepared",
				"launch frontend001: new", "launch compute001: new", "launch compute002: new",
				"set up frontend001: new", "set up compute001: new", "set up compute002: new",
			},
		},
		{
			name: "a new cluster without set-up",
			in:   plan.Input{Desired: spec("frontend", 1), NoSetup: true},
			want: []string{"create cluster: new", "prepare: not prepared", "launch frontend001: new"},
		},
		{
			name: "a new cluster of another size",
			in:   plan.Input{Desired: spec("frontend", 1, "compute", 2), NoSetup: true, Counts: map[cluster.GroupName]int{"compute": 1}},
			want: []string{"create cluster: new", "prepare: not prepared", "launch frontend001: new", "launch compute001: new"},
		},
		{
			name: "the frontend comes first wherever the spec has it",
			in:   plan.Input{Desired: spec("compute", 1, "frontend", 1), NoSetup: true},
			want: []string{"create cluster: new", "prepare: not prepared", "launch frontend001: new", "launch compute001: new"},
		},
		{
			name: "all is well",
			in:   plan.Input{Desired: small(), Recorded: readySmall(small()), Live: all, LiveKnown: true},
		},
		{
			name: "a higher count",
			in:   plan.Input{Desired: spec("frontend", 1, "compute", 4), Recorded: readySmall(small()), Live: all, LiveKnown: true},
			want: []string{
				"prepare: for launch", "launch compute003: new", "launch compute004: new",
				"set up compute003: new", "set up compute004: new",
			},
		},
		{
			name:    "a lower count deletes nothing",
			in:      plan.Input{Desired: spec("frontend", 1, "compute", 1), Recorded: readySmall(small()), Live: all, LiveKnown: true},
			warning: "The wanted size of compute is 1 and it has 2 nodes; start never deletes nodes: `ecluster resize local -r 1:compute` removes",
		},
		{
			name: "the lowest free names are taken",
			in: plan.Input{
				Desired: spec("frontend", 1, "compute", 3), NoSetup: true, LiveKnown: true,
				Recorded: recorded(small(), node("frontend001", cluster.Ready), node("compute002", cluster.Ready)),
				Live:     running("frontend001", "compute002"),
			},
			want: []string{"prepare: for launch", "launch compute001: new", "launch compute003: new"},
		},
		{
			name: "a lost compute node is replaced under its name",
			in:   plan.Input{Desired: small(), Recorded: readySmall(small()), Live: running("frontend001", "compute002"), LiveKnown: true},
			want: []string{"forget compute001: lost", "prepare: for launch", "launch compute001: lost", "set up compute001: new"},
		},
		{
			name: "a lost compute node that the count no longer asks for is forgotten",
			in: plan.Input{
				Desired: spec("frontend", 1, "compute", 1), Recorded: readySmall(small()),
				Live: running("frontend001", "compute002"), LiveKnown: true,
			},
			want: []string{"forget compute001: unwanted"},
		},
		{
			name: "a lost compute node while the cloud was not asked",
			in: plan.Input{
				Desired: small(), Recorded: readySmall(small()),
			},
			warning: "The cloud was not asked",
		},
		{
			name:    "a lost frontend is not replaced unasked",
			in:      plan.Input{Desired: small(), Recorded: readySmall(small()), Live: running("compute001", "compute002"), LiveKnown: true},
			blocked: "The machine of frontend001, the frontend of cluster local, is gone.",
			flag:    "--replace frontend001",
		},
		{
			name: "a lost frontend is replaced when asked",
			in: plan.Input{
				Desired: small(), Recorded: readySmall(small()), Live: running("compute001", "compute002"), LiveKnown: true,
				Replace: map[cluster.NodeName]bool{"frontend001": true},
			},
			want: []string{"forget frontend001: replace", "prepare: for launch", "launch frontend001: replace", "set up frontend001: new"},
		},
		{
			name: "a frontend lost before it was set up holds nothing",
			in: plan.Input{
				Desired: spec("frontend", 1), Recorded: recorded(spec("frontend", 1), node("frontend001", cluster.Configuring)), LiveKnown: true,
			},
			want: []string{"forget frontend001: lost", "prepare: for launch", "launch frontend001: lost", "set up frontend001: new"},
		},
		{
			name: "a working frontend is not replaced even when asked",
			in: plan.Input{
				Desired: small(), Recorded: readySmall(small()), Live: all, LiveKnown: true,
				Replace: map[cluster.NodeName]bool{"frontend001": true},
			},
			warning: "frontend001 works, so --replace frontend001 changes nothing",
		},
		{
			name: "a failed frontend that runs is replaced when asked",
			in: plan.Input{
				Desired: spec("frontend", 1), Recorded: recorded(spec("frontend", 1), wasSetUp(node("frontend001", cluster.Failed))),
				Live: running("frontend001"), LiveKnown: true, Replace: map[cluster.NodeName]bool{"frontend001": true},
			},
			want: []string{
				"terminate frontend001 i-frontend001: replace", "forget frontend001: replace",
				"prepare: for launch", "launch frontend001: replace", "set up frontend001: new",
			},
		},
		{
			name:    "a stopped frontend",
			in:      plan.Input{Desired: small(), Recorded: readySmall(small()), Live: fleet(cluster.InstanceStopped, "frontend001"), LiveKnown: true},
			blocked: "is stopped.", flag: "--replace frontend001",
		},
		{
			name: "a stopped frontend that can be started again",
			in: plan.Input{
				Desired: small(), Recorded: readySmall(small()), Live: fleet(cluster.InstanceStopped, "frontend001"),
				LiveKnown: true, CanWake: true,
			},
			want: []string{"wake frontend001 i-frontend001: halted", "set up frontend001: halted"},
		},
		{
			name: "a stopped compute node is replaced where machines can't be started again",
			in:   plan.Input{Desired: small(), Recorded: readySmall(small()), Live: fleet(cluster.InstanceStopped, "compute002"), LiveKnown: true},
			want: []string{
				"terminate compute002 i-compute002: broken", "forget compute002: broken", "prepare: for launch",
				"launch compute002: broken", "set up compute002: new",
			},
		},
		{
			name: "a machine in error",
			in: plan.Input{
				Desired: small(), Recorded: readySmall(small()), Live: fleet(cluster.InstanceError, "compute002"),
				LiveKnown: true, CanWake: true,
			},
			want: []string{
				"terminate compute002 i-compute002: broken", "forget compute002: broken", "prepare: for launch",
				"launch compute002: broken", "set up compute002: new",
			},
		},
		{
			name: "a lost file server is not replaced unasked",
			in: plan.Input{
				Desired:   withShare(spec("frontend", 1, "storage", 1), "storage"),
				Recorded:  recorded(withShare(spec("frontend", 1, "storage", 1), "storage"), node("frontend001", cluster.Ready), node("storage001", cluster.Ready)),
				Live:      running("frontend001"),
				LiveKnown: true,
			},
			blocked: "The machine of storage001, a file server of cluster local, is gone.",
			flag:    "--replace storage001",
		},
		{
			name: "interrupted, failed and new nodes are set up",
			in: plan.Input{
				Desired: spec("frontend", 1, "compute", 4), LiveKnown: true,
				Recorded: recorded(spec("frontend", 1, "compute", 4), node("frontend001", cluster.Installing), node("compute001", cluster.Failed),
					node("compute002", cluster.Booting), node("compute003", cluster.Verifying), node("compute004", cluster.Reachable)),
				Live: running("frontend001", "compute001", "compute002", "compute003", "compute004"),
			},
			want: []string{
				"set up frontend001: interrupted", "set up compute001: failed before", "set up compute002: new",
				"set up compute003: interrupted", "set up compute004: new",
			},
		},
		{
			name: "changed roles",
			in: plan.Input{
				Desired: small(), Recorded: readySmall(small()), Live: all, LiveKnown: true,
				Fingerprints: map[cluster.NodeName]string{"frontend001": "v1", "compute001": "v2"},
			},
			want: []string{"set up compute001: roles changed"},
		},
		{
			name: "setup of all",
			in:   plan.Input{Recorded: readySmall(small()), Live: all, LiveKnown: true, SetupOnly: true},
			want: []string{"set up frontend001: asked", "set up compute001: asked", "set up compute002: asked"},
		},
		{
			name:    "setup of what is there",
			in:      plan.Input{Recorded: readySmall(small()), Live: running("frontend001", "compute002"), LiveKnown: true, SetupOnly: true},
			want:    []string{"set up frontend001: asked", "set up compute002: asked"},
			warning: "compute001: no working machine",
		},
		{
			name: "setup of some",
			in: plan.Input{
				Recorded: readySmall(small()), Live: all, LiveKnown: true, SetupOnly: true,
				Only: []cluster.NodeName{"compute002"},
			},
			want: []string{"set up compute002: asked"},
		},
		{
			name: "an unknown node is asked for",
			in: plan.Input{
				Recorded: readySmall(small()), Live: all, LiveKnown: true, SetupOnly: true,
				Only: []cluster.NodeName{"compute009"},
			},
			blocked: "Cluster local has no node compute009; `ecluster list-nodes local` shows",
		},
		{
			name: "a launch that failed is tried again",
			in: plan.Input{
				Desired: spec("frontend", 1, "compute", 1), LiveKnown: true, Live: running("frontend001"),
				Recorded: recorded(spec("frontend", 1, "compute", 1), node("frontend001", cluster.Ready), noMachine(node("compute001", cluster.Failed))),
			},
			want: []string{"prepare: for launch", "launch compute001: launch failed", "set up compute001: new"},
		},
		{
			name: "a launch that was in flight has landed",
			in: plan.Input{
				Desired: spec("frontend", 1, "compute", 1), LiveKnown: true, Live: running("frontend001", "compute001"),
				Recorded: withIntent(recorded(spec("frontend", 1, "compute", 1), node("frontend001", cluster.Ready), node("compute001", cluster.Launching)), "t1"),
			},
			want: []string{"settle: interrupted", "adopt compute001 i-compute001: unrecorded", "set up compute001: new"},
		},
		{
			name: "a launch that was in flight has not landed",
			in: plan.Input{
				Desired: spec("frontend", 1, "compute", 1), LiveKnown: true, Live: running("frontend001"),
				Recorded: withIntent(recorded(spec("frontend", 1, "compute", 1), node("frontend001", cluster.Ready), node("compute001", cluster.Launching)), "t1"),
			},
			want: []string{"settle: interrupted", "prepare: for launch", "launch compute001: new", "set up compute001: new"},
		},
		{
			name: "machines without a name go to the nodes of their attempt",
			in: plan.Input{
				Desired: small(), LiveKnown: true, NoSetup: true,
				Live: append(running("frontend001"),
					cluster.Instance{ID: "x2", Attempt: "t1", State: cluster.InstancePending},
					cluster.Instance{ID: "x1", Attempt: "t1", State: cluster.InstancePending},
					cluster.Instance{ID: "x3", Attempt: "t1", State: cluster.InstancePending},
					cluster.Instance{ID: "x4", Attempt: "t0", State: cluster.InstancePending}),
				Recorded: recorded(small(), node("frontend001", cluster.Ready),
					with(node("compute001", cluster.Launching), func(n *cluster.Node) { n.Attempt = "t1" }),
					with(node("compute002", cluster.Launching), func(n *cluster.Node) { n.Attempt = "t1" })),
			},
			want: []string{
				"terminate x3: leftover", "terminate x4: leftover",
				"adopt compute001 x1: unrecorded", "adopt compute002 x2: unrecorded",
			},
		},
		{
			name: "the recorded machine stays and its duplicate goes",
			in: plan.Input{
				Desired: small(), Recorded: readySmall(small()), LiveKnown: true,
				Live: append(running("frontend001", "compute001", "compute002"),
					cluster.Instance{ID: "a-twin", Node: "compute001", State: cluster.InstanceRunning}),
			},
			want: []string{"terminate compute001 a-twin: duplicate"},
		},
		{
			name: "of two unrecorded machines that of the attempt is taken",
			in: plan.Input{
				Desired: spec("frontend", 1), LiveKnown: true, NoSetup: true,
				Recorded: recorded(spec("frontend", 1), with(node("frontend001", cluster.Launching), func(n *cluster.Node) { n.Attempt = "t2" })),
				Live: []cluster.Instance{
					{ID: "a", Node: "frontend001", Attempt: "t1", State: cluster.InstanceRunning},
					{ID: "b", Node: "frontend001", Attempt: "t2", State: cluster.InstancePending},
				},
			},
			want: []string{"terminate frontend001 a: duplicate", "adopt frontend001 b: unrecorded"},
		},
		{
			name: "an unknown machine fills a gap",
			in: plan.Input{
				Desired: spec("frontend", 1, "compute", 1), LiveKnown: true, Live: running("frontend001", "compute007"),
				Recorded: recorded(spec("frontend", 1, "compute", 1), node("frontend001", cluster.Ready)),
			},
			want: []string{"adopt compute007 i-compute007: unrecorded", "set up compute007: new"},
		},
		{
			name: "unknown machines without a gap are leftovers",
			in: plan.Input{
				Desired: small(), Recorded: readySmall(small()), LiveKnown: true,
				Live: append(all, machine("compute007", cluster.InstanceRunning), machine("gpu001", cluster.InstanceRunning),
					machine("frontend002", cluster.InstanceRunning), cluster.Instance{ID: "odd", Node: "strange", State: cluster.InstanceStopped}),
			},
			want: []string{
				"terminate frontend002 i-frontend002: leftover", "terminate strange odd: leftover", "terminate compute007 i-compute007: leftover",
				"terminate gpu001 i-gpu001: leftover",
			},
		},
		{
			name: "machines on their way out may only be on their way to a halt",
			in: plan.Input{
				Desired: small(), Recorded: readySmall(small()), LiveKnown: true,
				Live: append(all, machine("compute007", cluster.InstanceStopping), machine("compute008", cluster.InstanceGone)),
			},
			want: []string{"terminate compute007 i-compute007: leftover"},
		},
		{
			name: "a deletion that was interrupted is finished",
			in: plan.Input{
				Desired: spec("frontend", 1, "compute", 1), LiveKnown: true, Live: running("frontend001", "compute001", "compute002"),
				Recorded: recorded(spec("frontend", 1, "compute", 1), node("frontend001", cluster.Ready), node("compute001", cluster.Ready),
					node("compute002", cluster.Deleting), node("compute003", cluster.Deleting), node("compute004", cluster.Gone)),
			},
			want: []string{
				"terminate compute002 i-compute002: interrupted", "forget compute002: interrupted",
				"forget compute003: interrupted", "forget compute004: interrupted",
			},
		},
		{
			name: "the replacement of a frontend that was interrupted goes on",
			in: plan.Input{
				Desired: spec("frontend", 1), LiveKnown: true, Live: running("frontend001"), NoSetup: true,
				Recorded: recorded(spec("frontend", 1), wasSetUp(node("frontend001", cluster.Deleting))),
			},
			want: []string{
				"terminate frontend001 i-frontend001: interrupted", "forget frontend001: interrupted",
				"prepare: for launch", "launch frontend001: new",
			},
		},
		{
			name: "a draining node keeps its jobs",
			in: plan.Input{
				Desired: small(), LiveKnown: true, Live: all,
				Recorded: recorded(small(), node("frontend001", cluster.Ready), node("compute001", cluster.Ready), node("compute002", cluster.Draining)),
			},
			warning: "compute002: draining",
		},
		{
			name: "a draining node that is no longer wanted is no surplus",
			in: plan.Input{
				Desired: spec("frontend", 1, "compute", 1), LiveKnown: true, Live: all,
				Recorded: recorded(small(), node("frontend001", cluster.Ready), node("compute001", cluster.Ready), node("compute002", cluster.Draining)),
			},
			warning: "compute002: draining",
		},
		{
			name: "a resize holds",
			in: plan.Input{
				Desired: small(), LiveKnown: true, Live: running("frontend001", "compute001"),
				Recorded: withWanted(recorded(small(), node("frontend001", cluster.Ready), node("compute001", cluster.Ready)), "compute", 1, 2),
			},
		},
		{
			name: "a resize holds until the spec's count changes",
			in: plan.Input{
				Desired: spec("frontend", 1, "compute", 3), LiveKnown: true, Live: running("frontend001", "compute001"), NoSetup: true,
				Recorded: withWanted(recorded(small(), node("frontend001", cluster.Ready), node("compute001", cluster.Ready)), "compute", 1, 2),
			},
			want: []string{"prepare: for launch", "launch compute002: new", "launch compute003: new"},
		},
		{
			name: "a group that left the spec",
			in: plan.Input{
				Desired: spec("frontend", 1), LiveKnown: true, Live: running("frontend001", "compute001"),
				Recorded: recorded(small(), node("frontend001", cluster.Ready), node("compute001", cluster.Failed), node("compute002", cluster.Ready)),
			},
			want:    []string{"forget compute002: unwanted"},
			warning: "node_group compute is no longer in the spec, and its 1 node (compute001) run on as they are; `ecluster resize local -r 1:compute`",
		},
		{
			name:    "a cluster that is being stopped",
			in:      plan.Input{Desired: small(), Recorded: withStatus(readySmall(small()), state.Stopping), Live: all, LiveKnown: true},
			blocked: "Cluster local is being stopped: `ecluster stop local` finishes that",
		},
		{
			name:    "a cluster that is paused",
			in:      plan.Input{Desired: small(), Recorded: withStatus(readySmall(small()), state.Paused), Live: all, LiveKnown: true},
			blocked: "Cluster local is paused: `ecluster resume local` starts its machines again",
		},
		{
			name: "too many nodes",
			in: plan.Input{
				Desired: withMax(spec("frontend", 1, "compute", 10), 10),
			},
			blocked: "The groups of cluster local add up to 11 nodes, and limits.max_nodes allows 10",
		},
		{
			name:    "another provider",
			in:      plan.Input{Desired: withProvider(small(), "google", nil), Recorded: readySmall(small()), Live: all, LiveKnown: true},
			blocked: "its provider is fake and the spec now says google",
		},
		{
			name:    "another login",
			in:      plan.Input{Desired: withLogin(small(), "bob"), Recorded: readySmall(small()), Live: all, LiveKnown: true},
			blocked: "its login user is alice (uid 1000) and the spec now says bob (uid 1000)",
		},
		{
			name: "changed settings with which nothing is found",
			in: plan.Input{
				Desired: withProvider(small(), "fake", map[string]any{"zone": "b"}), Recorded: readySmall(small()), LiveKnown: true,
			},
			blocked: "none of its 3 machines was found with the changed settings",
		},
		{
			name: "changed settings that do no harm",
			in: plan.Input{
				Desired: withProvider(small(), "fake", map[string]any{"zone": "b"}), Recorded: readySmall(small()), Live: all, LiveKnown: true,
			},
		},
		{
			name:    "a new volume on nodes that run",
			in:      plan.Input{Desired: withMount(small(), "compute"), Recorded: readySmall(small()), Live: all, LiveKnown: true},
			blocked: "node_group compute now mounts the volume home on /home, which a machine gets only when it is made, and compute001, compute002 run without it",
		},
		{
			name: "a new volume before anything runs",
			in: plan.Input{
				Desired: withMount(spec("frontend", 1), "frontend"), Recorded: recorded(spec("frontend", 1)), LiveKnown: true, NoSetup: true,
			},
			want: []string{"prepare: spec changed", "launch frontend001: new"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plan.Make(tt.in)
			if diff := cmp.Diff(tt.want, short(p)); diff != "" && (len(tt.want) > 0 || len(p.Actions) > 0) {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
			only(t, "warning", tt.warning, p.Warnings)
			var blocked []string
			for _, b := range p.Blocked {
				blocked = append(blocked, b.Why)
			}
			only(t, "block", tt.blocked, blocked)
			if tt.flag != "" && p.Blocked[0].Flag != tt.flag {
				t.Errorf("flag is %q, not %q", p.Blocked[0].Flag, tt.flag)
			}
		})
	}
}

// only checks that there is exactly the one text that is expected, or none.
func only(t *testing.T, what, want string, got []string) {
	t.Helper()
	switch {
	case want == "" && len(got) > 0:
		t.Errorf("unexpected %s: %q", what, got)
	case want != "" && (len(got) != 1 || !strings.Contains(got[0], want)):
		t.Errorf("%s with %q is missing: %q", what, want, got)
	}
	for _, s := range got {
		if !strings.HasSuffix(s, ".") {
			t.Errorf("%s is no sentence: %q", what, s)
		}
	}
}

func withShare(s *cluster.Spec, server cluster.GroupName) *cluster.Spec {
	s.Shares = append(s.Shares, cluster.Share{Path: "/data", Type: "nfs", Server: server})
	return s
}

func withIntent(st *state.State, token string) *state.State {
	st.Intend(state.Intent{Token: token, Kind: state.IntentLaunch})
	return st
}

func withWanted(st *state.State, g cluster.GroupName, n, specCount int) *state.State {
	st.Wanted[g] = state.Wanted{Count: n, SpecCount: specCount}
	return st
}

func withStatus(st *state.State, s state.Status) *state.State {
	st.Status = s
	return st
}

func withMax(s *cluster.Spec, n int) *cluster.Spec {
	s.Limits.MaxNodes = n
	return s
}

func withProvider(s *cluster.Spec, kind string, settings map[string]any) *cluster.Spec {
	s.Provider = cluster.ProviderSpec{Kind: kind, Settings: settings}
	return s
}

func withLogin(s *cluster.Spec, user string) *cluster.Spec {
	s.Login.User = user
	return s
}

func withMount(s *cluster.Spec, g cluster.GroupName) *cluster.Spec {
	for i := range s.Groups {
		if s.Groups[i].Name == g {
			s.Groups[i].Needs.Mounts = []cluster.Mount{{Volume: "home", Path: "/home"}}
		}
	}
	return s
}
