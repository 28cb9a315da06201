package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/providers"
)

// evidencePause is between two questions for the host keys of a machine that
// has not published them yet.
const evidencePause = 2 * time.Second

// learnHostKeys asks the cloud, over its own authenticated channel, for the
// keys of a machine that does not answer with the bootstrap key, and records
// them. It returns nil when it learned any, and wrong when the cloud can't
// tell or the machine's first set-up is over: then its key is known for sure.
func (r *run) learnHostKeys(ctx context.Context, name cluster.NodeName, wrong *remote.HostKeyError) error {
	if n := r.node(name); !r.canLearn(&n) {
		return wrong
	}
	witness, _ := providers.Capability[providers.HostKeyEvidence](r.cloud)
	for {
		n := r.node(name)
		var keys []string
		err := r.cloud.Do(ctx, "ask for host keys", func(ctx context.Context) (err error) {
			keys, err = witness.HostKeys(ctx, r.id, n.Instance)
			return err
		})
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("learn the host key of its machine, which is none of ours: %w", err)
		}
		known := r.access.hostKeys(&n)
		keys = slices.DeleteFunc(keys, func(k string) bool { return slices.Contains(known, k) })
		if len(keys) > 0 {
			r.session.Node(name, func(n *cluster.Node) { n.HostKeys = append(n.HostKeys, keys...) })
			return nil
		}
		if err := rest(ctx, evidencePause); err != nil {
			return fmt.Errorf("%w, and the provider shows no other key of its machine (%w)", wrong, err)
		}
	}
}

// canLearn reports whether the cloud may be asked for the keys of a node:
// once its first set-up is over they are known for sure.
func (r *run) canLearn(n *cluster.Node) bool {
	_, can := providers.Capability[providers.HostKeyEvidence](r.cloud)
	return can && n.SetUp == ""
}

// waitForFrontendKey gives the frontend's own pipeline the time to learn its
// key.
func (r *run) waitForFrontendKey(ctx context.Context, wrong *remote.HostKeyError) error {
	f := r.node(r.spec.FrontendNode())
	if !r.canLearn(&f) {
		return wrong
	}
	if err := rest(ctx, evidencePause); err != nil {
		return fmt.Errorf("%w (%w)", wrong, err)
	}
	return nil
}

func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// foreignKey returns the error of a host that shows a key of which we don't
// know that it is the node's.
func foreignKey(err error) *remote.HostKeyError {
	wrong, _ := errors.AsType[*remote.HostKeyError](err)
	return wrong
}
