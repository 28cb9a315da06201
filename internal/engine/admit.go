package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// autoAddress stands in ssh_from for the address that this machine is seen from.
const autoAddress = "auto"

// networks returns who may log in to a cluster, as networks: "auto" looked up,
// single addresses with their prefix.
func (e *Engine) networks(ctx context.Context, n cluster.Network) (cluster.Network, error) {
	out := cluster.Network{}
	for _, from := range n.SSHFrom {
		if from == autoAddress {
			addr, err := e.opts.SeenFrom(ctx)
			if err != nil {
				return out, fmt.Errorf("%w; write the networks from which you log in into the spec, network { ssh_from = [\"192.0.2.0/24\"] }, or set ECLUSTER_ADDRESS to that address", err)
			}
			from = addr.String()
		}
		if addr, err := netip.ParseAddr(from); err == nil {
			from = netip.PrefixFrom(addr, addr.BitLen()).String()
		}
		if !slices.Contains(out.SSHFrom, from) {
			out.SSHFrom = append(out.SSHFrom, from)
		}
	}
	return out, nil
}

// admit opens the firewall of a cluster for where its user is now, and closes
// it for where they were. Without a firewall of the cloud's it does nothing.
func (w *work) admit(ctx context.Context) error {
	st := w.session.Snapshot()
	changed, err := w.letIn(ctx, w.cloud, st)
	if err != nil || changed == nil {
		return err
	}
	return w.session.Commit(ctx, func(st *state.State) error {
		st.Admitted = changed
		return nil
	})
}

// letIn asks the cloud to admit the networks of a cluster if they are others
// than the recorded ones, and returns them; nil when nothing changed.
func (e *Engine) letIn(ctx context.Context, cloud *providers.Cloud, st *state.State) ([]string, error) {
	firewall, has := providers.Capability[providers.Firewall](cloud)
	if !has || !st.Prepared {
		return nil, nil
	}
	n, err := e.networks(ctx, st.Spec.Network)
	if err != nil {
		return nil, err
	}
	if slices.Equal(n.SSHFrom, st.Admitted) {
		return nil, nil
	}
	e.notice(event.Info, "", "the firewall now lets in %v", n.SSHFrom)
	err = cloud.Do(ctx, "open the firewall", func(ctx context.Context) error { return firewall.Admit(ctx, st.ID, n) })
	if err != nil {
		return nil, err
	}
	return n.SSHFrom, nil
}

// follow lets in a user whose address changed while they connect: a laptop
// that moved. It runs beside the dial, which goes on as soon as the firewall
// lets it; what goes wrong here shows as a dial that fails.
func (e *Engine) follow(ctx context.Context, st *state.State) error {
	if !slices.Contains(st.Spec.Network.SSHFrom, autoAddress) {
		return nil
	}
	cloud, _, err := e.cloud(st.Name, st.Spec.Provider, st.Spec.BatchSize)
	if err != nil {
		return err
	}
	admitted, err := e.letIn(ctx, cloud, st)
	if err != nil || admitted == nil {
		return err
	}
	// Whoever holds the lock will find the same address and record it.
	lock, err := e.store.Lock(ctx, st.Name, state.NewHolder("connect", time.Now()))
	if err != nil {
		return nil //nolint:nilerr // the user is in, which is what counts
	}
	session, err := e.store.OpenSession(lock, st.Clone())
	if err == nil {
		err = session.Commit(ctx, func(st *state.State) error { st.Admitted = admitted; return nil })
		err = errors.Join(err, session.Close())
	}
	return errors.Join(err, lock.Release())
}
