package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
)

// watchDelay is how long an sshd may be silent before the cloud is asked
// whether its machine still runs.
const watchDelay = 3 * time.Second

// downError says that a machine went down while its sshd was waited for.
type downError struct{ error }

// dial connects to the admin user of a node, waiting for its sshd as long as
// its machine runs. The pool keeps the connection: the frontend is the way to
// the others.
func (r *run) dial(ctx context.Context, name cluster.NodeName, deadline time.Time) (*remote.Conn, error) {
	ctx, cancel := context.WithDeadlineCause(ctx, deadline,
		fmt.Errorf("connect: sshd did not let us in within %s", time.Until(deadline).Round(time.Second)))
	defer cancel()
	ctx, abandon := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		if err := r.watchMachine(ctx, name); err != nil {
			abandon(err)
		}
	})
	defer watch.Wait()
	defer abandon(nil)
	conn, err := r.dialRunning(ctx, name)
	if down := (*downError)(nil); err != nil && errors.As(context.Cause(ctx), &down) {
		return nil, down
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, fmt.Errorf("%w; if its machine can't be mended, 'ecluster start %s --replace %s' makes a new one, without what is on its disk", err, r.name, name)
	}
	return conn, err
}

// watchMachine returns a *downError when the machine of a node goes down, and
// nil when ctx ends.
func (r *run) watchMachine(ctx context.Context, name cluster.NodeName) error {
	timer := time.NewTimer(watchDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return nil
	}
	machine, err := r.cloud.WaitDown(ctx, r.id, name)
	if err != nil {
		return nil // it is the end of ctx
	}
	return &downError{instanceTrouble(machine)}
}

// dialRunning connects to a node. As soon as a machine shows a host key that
// we don't know, the cloud is asked about it.
func (r *run) dialRunning(ctx context.Context, name cluster.NodeName) (*remote.Conn, error) {
	for {
		conn, wrong, err := r.dialOnce(ctx, name)
		switch {
		case wrong == nil:
			return conn, err
		case wrong.Node != name: // the way leads through the frontend, whose key is not known yet
			err = r.waitForFrontendKey(ctx, wrong)
		default:
			err = r.learnHostKeys(ctx, name, wrong)
		}
		if err != nil {
			return nil, err
		}
	}
}

// dialOnce waits until a node lets us in, or until somebody answers with a
// host key that we don't know.
func (r *run) dialOnce(ctx context.Context, name cluster.NodeName) (*remote.Conn, *remote.HostKeyError, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := r.node(name)
	var mu sync.Mutex
	var wrong *remote.HostKeyError
	way := remote.GetOptions{Wait: true, Report: func(_ int, err error) {
		if key := foreignKey(err); key != nil && r.canLearn(&n) {
			mu.Lock()
			defer mu.Unlock()
			wrong = key
			cancel()
		}
	}}
	if name != r.spec.FrontendNode() {
		way.Jump = r.access.jumpTo(func() *cluster.Node {
			f := r.node(r.spec.FrontendNode())
			return &f
		}, r.plugin.AdminUser)
	}
	conn, err := r.pool.Get(ctx, r.access.target(&n, r.plugin.AdminUser), way)
	mu.Lock()
	defer mu.Unlock()
	if err == nil || wrong == nil {
		return conn, foreignKey(err), err
	}
	return nil, wrong, err
}
