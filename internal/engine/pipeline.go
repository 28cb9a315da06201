package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// reconnects is how often a run goes on after a connection broke: a laptop's
// network stumbles, and the stamps on the node make another session cheap.
const reconnects = 2

// reconnectTime is how long a machine that was up before may take to let us
// in: it may be rebooting.
const reconnectTime = 2 * time.Minute

// reboots is how many reboots the roles of a node may ask for in a run.
const reboots = 3

// rebootPause is the time between two looks at a node that is going down.
const rebootPause = time.Second

// pipeline takes one node from booting to set up, and records how it ended.
func (r *run) pipeline(ctx context.Context, name cluster.NodeName, boot bool) {
	isFrontend := name == r.spec.FrontendNode()
	if !isFrontend { // the frontend must never wait for a slot: others wait for it
		select {
		case r.slots <- struct{}{}:
			defer func() { <-r.slots }()
		case <-ctx.Done():
		}
	}
	err := r.bringUp(ctx, name, boot)
	if err != nil {
		r.refuse(name, err)
		return
	}
	r.board.finish(name, nil)
	if isFrontend {
		r.front.fail(fmt.Errorf("the session with %s is over", name))
	}
	switch {
	case r.noSetUp:
	case r.spec.IsWorker(name.Group()) && !isFrontend:
		r.joined <- name
	case !isFrontend:
		r.phase(name, cluster.Ready, "")
	}
}

// bringUp boots, connects and sets up. A connection that breaks is made again
// as long as the machine runs, and after a reboot that a role asked for the
// set-up goes on.
func (r *run) bringUp(ctx context.Context, name cluster.NodeName, boot bool) error {
	n := r.node(name)
	wait := min(reconnectTime, r.opts.BootTimeout)
	if boot || n.SetUp == "" { // it may still be booting since an earlier run
		wait = r.opts.BootTimeout
	}
	deadline := time.Now().Add(wait)
	if boot || len(n.Endpoints) == 0 {
		if err := r.awaitBoot(ctx, name, wait); err != nil {
			return err
		}
	}
	breaks, asked := 0, 0
	var up time.Time // when a node that reboots must be up again
	for {
		err := r.setUp(ctx, name, deadline)
		var reboot *role.RebootError
		if errors.As(err, &reboot) && asked < reboots {
			if reboot.Why != "" {
				asked++
			}
			if reboot.Why != "" || up.IsZero() {
				up = time.Now().Add(r.opts.BootTimeout)
			}
			if err := r.awaitReboot(ctx, name, reboot, up); err != nil {
				return err
			}
			deadline = up
			continue
		}
		if !wasLost(err) || breaks == reconnects || ctx.Err() != nil {
			return err
		}
		breaks++
		if why := r.machineTrouble(ctx, name); why != nil {
			return errors.Join(why, err)
		}
		r.notice(event.Warning, name, "the connection broke (%v); connecting again", err)
		deadline = time.Now().Add(min(reconnectTime, r.opts.BootTimeout))
	}
}

// wasLost is true when a session ended without a word of the runner's.
func wasLost(err error) bool {
	var lost *remote.LostError
	return errors.As(err, &lost) || errors.Is(err, role.ErrLost)
}

// awaitReboot gives a node that reboots the time to go down. Who connects too
// early is told so by the node and comes here again.
func (r *run) awaitReboot(ctx context.Context, name cluster.NodeName, reboot *role.RebootError, deadline time.Time) error {
	if time.Now().After(deadline) {
		return fmt.Errorf("%w, but it did not within %s", reboot, r.opts.BootTimeout)
	}
	if reboot.Why != "" {
		r.notice(event.Info, name, "it reboots: %s", reboot.Why)
		r.phase(name, cluster.Booting, "")
	}
	timer := time.NewTimer(rebootPause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// awaitBoot waits until the cloud says that the machine runs and where.
func (r *run) awaitBoot(ctx context.Context, name cluster.NodeName, wait time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, wait, fmt.Errorf("boot: the machine did not run within %s", wait))
	defer cancel()
	var trouble error
	err := r.cloud.WaitRunning(ctx, r.id, []cluster.NodeName{name}, func(i cluster.Instance) {
		trouble = instanceTrouble(i)
		r.session.Update(func(st *state.State) { adopt(st, i) })
	})
	if trouble != nil && r.command == "resume" {
		return fmt.Errorf("%w; the provider agreed to start it and did not, mostly for want of a free machine: 'ecluster resume %s' asks again", trouble, r.name)
	}
	if trouble != nil {
		return trouble
	}
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// machineTrouble asks the cloud whether the machine of a node still runs.
func (r *run) machineTrouble(ctx context.Context, name cluster.NodeName) error {
	live, err := r.cloud.List(ctx, r.id)
	if err != nil {
		return fmt.Errorf("the provider can't be asked whether the machine runs: %w", err)
	}
	for _, i := range live {
		if i.Node == name {
			return instanceTrouble(i)
		}
	}
	return errors.New("the machine is gone: " + providers.ReasonGone)
}

func instanceTrouble(i cluster.Instance) error {
	switch i.State {
	case cluster.InstancePending, cluster.InstanceRunning:
		return nil
	case cluster.InstanceStopped, cluster.InstanceStopping, cluster.InstanceGone, cluster.InstanceError:
	}
	what := "is " + string(i.State)
	if i.State == cluster.InstanceError {
		what = "failed"
	}
	if i.Reason != "" {
		return fmt.Errorf("the machine %s: %s", what, i.Reason)
	}
	return fmt.Errorf("the machine %s", what)
}

// adopt copies what the cloud says of a machine into the state.
func adopt(st *state.State, i cluster.Instance) {
	n := st.Nodes[i.Node]
	if n == nil {
		return
	}
	n.Instance, n.Endpoints = i.ID, i.Endpoints
	n.PrivateIP, n.PublicIP = i.PrivateIP, i.PublicIP
	if i.Shape != (cluster.Shape{}) {
		n.Shape = i.Shape
	}
}

// node returns a copy of what is recorded of a node.
func (r *run) node(name cluster.NodeName) cluster.Node {
	var n cluster.Node
	r.session.View(func(st *state.State) {
		if p := st.Nodes[name]; p != nil {
			n = *p
		}
	})
	return n
}

// setUp runs one session with the roles of the node.
func (r *run) setUp(ctx context.Context, name cluster.NodeName, deadline time.Time) error {
	conn, err := r.dial(ctx, name, deadline)
	if err != nil {
		return err
	}
	defer r.pool.Forget(name)
	r.phase(name, cluster.Reachable, "")
	if r.noSetUp {
		return nil
	}
	r.names.announce(name)
	n := r.node(name)
	group, known := r.spec.Group(n.Group)
	if !known {
		return fmt.Errorf("set up: the spec has no group %q any more; remove the node with 'ecluster remove-node %s %s'", n.Group, r.name, name)
	}
	uses, err := r.revealed(group.Roles)
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	bundle, err := role.Assemble(r.library, r.roleNode(&n), uses, r.secret)
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	return r.converse(ctx, conn, name, bundle)
}

// converse is the one session of a node in a run.
func (r *run) converse(ctx context.Context, conn *remote.Conn, name cluster.NodeName, bundle *role.Bundle) error {
	h := newHandler(r, name, bundle)
	isFrontend := name == r.spec.FrontendNode() && r.phases == nil // only a whole frontend serves the scheduler
	r.board.connecting(name)
	s, err := role.StartSession(ctx, transport{conn}, bundle, role.Options{
		Sudo:   r.plugin.AdminUser != "root",
		Serve:  isFrontend,
		Phases: r.phases,
		Log:    filepath.Join(r.logDir, string(name)+".log"),
		Handle: h.handle,
	})
	if err != nil {
		return err
	}
	h.onServing = func() { r.serve(name, bundle, s) }
	h.attach(s)
	if err := r.board.attach(name, s); err != nil {
		r.notice(event.Warning, name, "%v", err) // Wait reports the broken session itself
	}
	err = s.Wait()
	if isFrontend {
		r.front.serve(nil)
	}
	if err != nil {
		var dead *deadWaitError
		if cause := context.Cause(ctx); errors.As(cause, &dead) || (cause != nil && ctx.Err() != nil) {
			return cause
		}
		return err
	}
	if !isFrontend && r.phases == nil {
		r.markSetUp(name, bundle)
	}
	return nil
}

// serve takes note that the frontend is set up and can be talked to. It
// happens again when the connection was made anew.
func (r *run) serve(name cluster.NodeName, bundle *role.Bundle, s *role.Session) {
	r.markSetUp(name, bundle)
	r.board.finish(name, nil)
	r.served.Do(func() {
		if r.spec.IsWorker(name.Group()) {
			r.joined <- name
		} else {
			r.phase(name, cluster.Ready, "")
		}
	})
	r.front.serve(s)
}

// markSetUp records that all roles of a node were applied.
func (r *run) markSetUp(name cluster.NodeName, bundle *role.Bundle) {
	r.session.Node(name, func(n *cluster.Node) { n.SetUp = bundle.Fingerprint })
}

// roleNode is what the roles of a node may know of it.
func (r *run) roleNode(n *cluster.Node) role.Node {
	return role.Node{
		Cluster: r.own, ID: r.id, Name: n.Name, Group: n.Group,
		Frontend:       r.spec.FrontendNode(),
		IsFrontend:     n.Name == r.spec.FrontendNode(),
		Login:          r.spec.Login,
		AuthorizedKeys: []string{r.access.user.Authorized},
		Shape:          n.Shape,
	}
}

// secret gives roles the secrets of the cluster, made when first asked for.
func (r *run) secret(name string, n int) ([]byte, error) {
	return r.store.Secret(r.name, name, n)
}

// transport lets a role session run over an SSH connection.
type transport struct{ conn *remote.Conn }

// Start implements role.Transport.
func (t transport) Start(ctx context.Context, command string) (role.Process, error) {
	return t.conn.Start(ctx, command)
}
