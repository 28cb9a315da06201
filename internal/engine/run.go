package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// run is one command's work on the nodes of one cluster: every node is a
// pipeline of its own (boot, connect, set up, verify), and the only waits
// between nodes are for facts.
type run struct {
	*work
	command string
	noSetUp bool
	phases  []role.Phase // nil: the default ones
	spec    *cluster.Spec
	id      cluster.ID
	logDir  string
	access  *access
	dialer  *remote.Dialer
	pool    *remote.Pool
	library *role.Library
	board   *board
	front   *frontLine
	slots   chan struct{}
	joined  chan cluster.NodeName // set up, to be verified
	names   *namer
	doors   *admitter
	served  sync.Once // the frontend, for the first time

	reconciled sync.Once                 // the scheduler's list of nodes with ours
	wasReady   map[cluster.NodeName]bool // before the run

	cut <-chan struct{} // closed when the run is cut short

	mu      sync.Mutex
	failed  map[cluster.NodeName]error
	cancels map[cluster.NodeName]*cancelOnce
}

// RunResult is how a run ended, for the summary.
type RunResult struct {
	Cluster  cluster.Name       `json:"cluster"`
	ID       cluster.ID         `json:"id"`
	Changed  bool               `json:"changed"` // whether anything was done on any node
	Ready    []cluster.NodeName `json:"ready"`
	Failed   []*NodeError       `json:"-"`
	Duration time.Duration      `json:"duration_ns"`
	Sessions int64              `json:"ssh_sessions"`
	LogDir   string             `json:"log_dir"`
}

func (w *work) newRun(command string, o StartOptions) (*run, error) {
	st := w.session.Snapshot()
	keys, err := openAccess(w.store, st)
	if err != nil {
		return nil, err
	}
	w.journal.open(w.store.EventsPath(w.name))
	dialer := &remote.Dialer{Key: keys.user.PrivatePEM}
	if w.plugin.AdminUser != "root" {
		// On some images sshd is up before the agent that makes the admin user.
		dialer.Timing.AuthRetry = time.Minute
	}
	return &run{
		work:    w,
		command: command,
		noSetUp: o.NoSetUp,
		phases:  o.phases,
		spec:    &st.Spec,
		id:      st.ID,
		logDir:  filepath.Join(w.store.LogDir(w.name), time.Now().UTC().Format("20060102T150405Z")+"-"+command),
		access:  keys,
		dialer:  dialer,
		pool:    remote.NewPool(dialer),
		library: w.roles(&st.Spec),
		board:   newBoard(),
		front:   newFrontLine(),
		slots:   make(chan struct{}, w.opts.Parallel),
		failed:  map[cluster.NodeName]error{},

		wasReady: readyNodes(st),
		cancels:  map[cluster.NodeName]*cancelOnce{},
	}, nil
}

func readyNodes(st *state.State) map[cluster.NodeName]bool {
	ready := map[cluster.NodeName]bool{}
	for name, n := range st.Nodes {
		ready[name] = n.Phase == cluster.Ready || n.Phase == cluster.Paused
	}
	return ready
}

// jobs is what a run has to do.
type jobs struct {
	launch []cluster.NodeName // machines that don't exist yet
	wake   []cluster.NodeName // machines that are stopped
	setUp  []cluster.NodeName // machines that run
}

// execute does the jobs and returns when all of them ended, well or badly. The
// error is for the run as a whole; what befell single nodes is in the result.
func (r *run) execute(ctx context.Context, j jobs) (*RunResult, error) {
	started := time.Now()
	j.setUp = r.withFrontend(j)
	all := slices.Concat(j.setUp, j.wake, j.launch)
	r.joined, r.cut = make(chan cluster.NodeName, len(all)), ctx.Done()
	r.names = r.newNamer(len(all)*(reconnects+1), len(j.wake) > 0 || len(j.launch) == 0) // or they woke in an earlier run
	r.doors = r.newAdmitter(len(all) * (reconnects + 1))
	r.emit(event.RunStarted{Command: r.command, Cluster: r.name, ID: r.id, Nodes: all})

	for _, name := range all {
		r.cancels[name] = &cancelOnce{done: make(chan struct{})}
		r.board.join(name, r.cancels[name].cancel)
	}
	r.recallFacts()

	var workers, frontend, verifier, naming errgroup.Group
	begin := func(name cluster.NodeName, boot bool) {
		group := &workers
		if name == r.spec.FrontendNode() {
			group = &frontend
		}
		group.Go(func() error {
			ctx, stop := r.cancels[name].context(ctx)
			defer stop()
			r.pipeline(ctx, name, boot)
			return nil
		})
	}
	if !slices.Contains(all, r.spec.FrontendNode()) {
		r.front.fail(fmt.Errorf("the frontend %s is not there", r.spec.FrontendNode()))
	}
	verifier.Go(func() error { r.verifyJoined(ctx); return nil })
	naming.Go(func() error { r.names.serve(ctx); return nil })
	naming.Go(func() error { r.doors.serve(ctx); return nil })
	for _, name := range r.running(ctx, j.setUp) {
		begin(name, false)
	}
	boot := func(name cluster.NodeName) { begin(name, true) }
	err := errors.Join(r.rouse(ctx, j.wake, boot), r.launch(ctx, j.launch, boot))

	_ = workers.Wait()
	<-r.front.settled // the frontend may have to be proved too
	close(r.names.fresh)
	close(r.doors.fresh)
	_ = naming.Wait()
	close(r.joined)
	_ = verifier.Wait()
	r.front.end()
	_ = frontend.Wait()
	err = errors.Join(err, r.pool.Close(), r.knownHosts())
	return r.result(ctx, all, started, err)
}

// withFrontend adds the frontend to what is set up: newcomers need its facts,
// and its session proves that they work. It is first, since others wait for it.
func (r *run) withFrontend(j jobs) []cluster.NodeName {
	name := r.spec.FrontendNode()
	if r.noSetUp || slices.Contains(j.launch, name) || slices.Contains(j.wake, name) {
		return j.setUp
	}
	present := false
	r.session.View(func(st *state.State) {
		n := st.Nodes[name]
		present = n != nil && n.Instance != ""
	})
	if !present {
		return j.setUp
	}
	rest := slices.DeleteFunc(slices.Clone(j.setUp), func(n cluster.NodeName) bool { return n == name })
	return append([]cluster.NodeName{name}, rest...)
}

// running returns the nodes whose machines run, and fails the others; one
// listing serves all.
func (r *run) running(ctx context.Context, names []cluster.NodeName) []cluster.NodeName {
	if len(names) == 0 {
		return nil
	}
	live, err := r.cloud.List(ctx, r.id)
	if err != nil {
		r.notice(event.Warning, "", "the provider can't be asked which machines run: %v", err)
		return names
	}
	machines := make(map[cluster.NodeName]cluster.Instance, len(live))
	for _, i := range live {
		machines[i.Node] = i
	}
	return slices.DeleteFunc(slices.Clone(names), func(name cluster.NodeName) bool {
		i, there := machines[name]
		trouble := errors.New("its machine is gone")
		if there {
			trouble = instanceTrouble(i)
		}
		if trouble == nil {
			r.session.Update(func(st *state.State) { adopt(st, i) })
			return false
		}
		r.refuse(name, fmt.Errorf("%w; 'ecluster start %s' repairs it", trouble, r.name))
		return true
	})
}

// launch asks the cloud for machines and begins the pipeline of each as soon
// as it was accepted.
func (r *run) launch(ctx context.Context, names []cluster.NodeName, begin func(cluster.NodeName)) error {
	if len(names) == 0 {
		return nil
	}
	err := r.settleExpiry(ctx, time.Now())
	req := providers.LaunchPlan{
		ID: r.id, Name: r.own, BatchSize: r.spec.BatchSize,
		Nodes: nodeRequests(r.spec, names),
		Access: providers.Access{
			AuthorizedKey: r.access.user.Authorized,
			HostKey:       r.access.bootstrap.PrivatePEM,
			HostKeyPublic: r.access.bootstrap.Authorized,
		},
		Expires: r.session.Snapshot().Expires,
	}
	hooks := &launchHooks{run: r, begin: begin, told: map[cluster.NodeName]bool{}}
	if err == nil {
		err = r.cloud.Launch(ctx, req, hooks)
	}
	// What was not even asked for will set no facts: nobody must wait for it.
	for _, name := range names {
		if !hooks.told[name] {
			r.refuse(name, cmp.Or(err, errors.New("launch: it was not asked for")))
		}
	}
	return err
}

// nodeRequests describes nodes for the provider.
func nodeRequests(spec *cluster.Spec, names []cluster.NodeName) []providers.NodeRequest {
	reqs := make([]providers.NodeRequest, 0, len(names))
	for _, name := range names {
		group, known := spec.Group(name.Group())
		if !known {
			continue
		}
		reqs = append(reqs, providers.NodeRequest{
			Name: name, Group: *group,
			Image:    cmp.Or(group.Image, spec.Image),
			Frontend: name == spec.FrontendNode(),
		})
	}
	return reqs
}

// phase records and reports where a node is in its life.
func (r *run) phase(name cluster.NodeName, p cluster.Phase, reason string) {
	r.session.Node(name, func(n *cluster.Node) { n.Phase, n.Error = p, reason })
	r.emitPhase(name, p, reason)
}

func (w *work) emitPhase(name cluster.NodeName, p cluster.Phase, reason string) {
	w.emit(event.NodePhase{Node: name, Group: name.Group(), Phase: p, Reason: reason})
}

// fail records why a node is not ready. An interrupt is nobody's failure: the
// node keeps its phase, and the next start goes on from there.
func (r *run) fail(name cluster.NodeName, err error) {
	select {
	case <-r.cut:
	default:
		r.mu.Lock()
		r.failed[name] = err
		r.mu.Unlock()
		r.phase(name, cluster.Failed, sentence(err))
	}
	r.board.finish(name, err)
}

// refuse is fail for a node that gets no machine.
func (r *run) refuse(name cluster.NodeName, err error) {
	r.fail(name, err)
	if name == r.spec.FrontendNode() {
		r.front.fail(&NodeError{Node: name, Err: err})
	}
}

// result sums up. Nodes that failed are the error, unless the run itself was
// cut short, or start has as many nodes as min_count asks for.
func (r *run) result(ctx context.Context, all []cluster.NodeName, started time.Time, err error) (*RunResult, error) {
	res := &RunResult{
		Cluster: r.name, ID: r.id, Duration: time.Since(started), LogDir: r.logDir,
		Changed: r.front.changed.Load() || err != nil, Sessions: r.dialer.Stats().Sessions,
	}
	for _, name := range all {
		switch cause := r.failed[name]; {
		case cause != nil:
			res.Failed = append(res.Failed, &NodeError{Node: name, Err: cause})
		case ctx.Err() == nil || r.node(name).Phase == cluster.Ready:
			res.Ready = append(res.Ready, name)
		}
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if len(res.Failed) > 0 {
		incomplete := &IncompleteError{
			Cluster: r.name, Failed: res.Failed, Ready: len(res.Ready), Usable: plan.Usable(r.session.Snapshot()),
		}
		if incomplete.Usable && r.command == "start" {
			r.notice(event.Warning, "", "%v; that is enough by min_count, and 'ecluster start %s' tries again", incomplete, r.name)
		} else {
			err = incomplete
		}
	}
	r.emit(event.RunFinished{
		Command: r.command, Cluster: r.name, Duration: res.Duration,
		Ready: len(res.Ready), Failed: len(res.Failed), Sessions: res.Sessions, Err: err,
	})
	return res, err
}
