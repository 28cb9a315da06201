package ui

import (
	"errors"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
)

// moment is an event and the time that passes before it.
type moment struct {
	after time.Duration
	event event.Event
}

const second = time.Second

// story is the start of a cluster with everything that can be seen: a slow
// task, waits, steps that run and steps that have nothing to do, a node that
// fails in a step, one that fails alike, one that never boots.
func story() []moment {
	const front, c1, c2, c3, c4 = "frontend001", "compute001", "compute002", "compute003", "compute004"
	boom := func(n cluster.NodeName) event.Event {
		return event.StepFinished{
			Node: n, Role: "slurm-worker", Step: "start", Outcome: event.Failed, Duration: 3200 * time.Millisecond,
			Tail: []string{"starting slurmd", "\x1b[31mslurmd: error:\x1b[0m\tcan't find \x00\xff the controller\r", "50%\r100%"},
			Log:  "/home/ada/.ecluster/clusters/local/logs/" + string(n) + ".log",
		}
	}
	down := func(n cluster.NodeName) event.Event {
		return event.NodePhase{Node: n, Group: "compute", Phase: cluster.Failed, Reason: "slurm-worker/start: slurmd did not come up"}
	}
	return []moment{
		{0, event.RunStarted{Command: "start", Cluster: "local", ID: "local-x7", Nodes: []cluster.NodeName{front, c1, c2, c3, c4}}},
		{0, event.TaskProgress{Task: "build node image", Message: "fetching packages"}},
		{20 * second, event.TaskProgress{Task: "build node image", Message: "unpacking \x1b[1msystemd"}},
		{10 * second, event.TaskProgress{Task: "build node image", Done: true, Elapsed: 30 * second}},
		{0, event.TaskProgress{Task: "make network", Done: true, Elapsed: 80 * time.Millisecond}},
		{0, event.NodePhase{Node: front, Group: "frontend", Phase: cluster.Launching}},
		{0, event.NodePhase{Node: c1, Group: "compute", Phase: cluster.Launching}},
		{0, event.NodePhase{Node: c2, Group: "compute", Phase: cluster.Launching}},
		{0, event.NodePhase{Node: c3, Group: "compute", Phase: cluster.Launching}},
		{0, event.NodePhase{Node: c4, Group: "compute", Phase: cluster.Launching}},
		{second, event.NodePhase{Node: front, Group: "frontend", Phase: cluster.Installing}},
		{0, event.StepStarted{Node: front, Role: "base", Step: "users"}},
		{second, event.StepFinished{Node: front, Role: "base", Step: "users", Outcome: event.Unchanged}},
		{0, event.NodePhase{Node: c1, Group: "compute", Phase: cluster.Configuring}},
		{0, event.NodeWaiting{Node: c1, For: "the controller on frontend001"}},
		{0, event.StepStarted{Node: front, Role: "slurm-controller", Step: "start"}},
		{0, event.NodePhase{Node: c4, Group: "compute", Phase: cluster.Failed, Reason: "the container ended by itself (exit status 255)"}},
		{8 * second, event.StepFinished{Node: front, Role: "slurm-controller", Step: "start", Outcome: event.Changed, Duration: 8 * second}},
		{0, event.NodePhase{Node: front, Group: "frontend", Phase: cluster.Ready}},
		{0, event.NodeWaiting{Node: c1}},
		{0, event.Notice{Level: event.Warning, Node: front, Message: "cgroups are off: hybrid hierarchy"}},
		{0, event.Notice{Level: event.Info, Message: "the image is kept for the next cluster"}},
		{0, event.NodePhase{Node: c2, Group: "compute", Phase: cluster.Joining}},
		{0, event.StepStarted{Node: c2, Role: "slurm-worker", Step: "start"}},
		{3200 * time.Millisecond, boom(c2)},
		{0, down(c2)},
		{0, boom(c3)},
		{0, down(c3)},
		{second, event.NodePhase{Node: c1, Group: "compute", Phase: cluster.Ready}},
		{0, event.RunFinished{Command: "start", Cluster: "local", Duration: 44200 * time.Millisecond, Ready: 2, Failed: 3, Err: errors.New("3 of 5 nodes failed")}},
	}
}
