package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/role"
)

// leaveTime is how long a node may take to say goodbye.
const leaveTime = 30 * time.Second

// leave runs the leave phase on nodes that are about to be deleted. A node
// that can't be reached, or fails, goes all the same.
func (r *run) leave(ctx context.Context, names []cluster.NodeName) {
	var group errgroup.Group
	group.SetLimit(r.opts.Parallel)
	for _, name := range names {
		group.Go(func() error {
			if err := r.leaveOne(ctx, name); err != nil {
				r.notice(event.Warning, name, "it goes without its last steps: %v", err)
			}
			return nil
		})
	}
	_ = group.Wait()
}

func (r *run) leaveOne(ctx context.Context, name cluster.NodeName) error {
	n := r.node(name)
	group, known := r.spec.Group(n.Group)
	if !known || n.SetUp == "" {
		return nil // it never joined
	}
	uses, err := r.revealed(group.Roles)
	if err != nil {
		return err
	}
	bundle, err := role.Assemble(r.library, r.roleNode(&n), uses, r.secret)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(bundle.Steps, func(s role.StepRef) bool { return s.Phase == role.Leave }) {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, leaveTime, fmt.Errorf("it took more than %s", leaveTime))
	defer cancel()
	conn, err := r.dial(ctx, name, time.Now().Add(leaveTime/3)) // many that go are dead
	if err != nil {
		return err
	}
	defer r.pool.Forget(name)
	s, err := role.StartSession(ctx, transport{conn}, bundle, role.Options{
		Sudo: r.plugin.AdminUser != "root", Phases: []role.Phase{role.Leave},
		Log: filepath.Join(r.logDir, string(name)+".log"), Handle: func(role.Message) {},
	})
	if err != nil {
		return err
	}
	return s.Wait()
}
