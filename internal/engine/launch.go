package engine

import (
	"context"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// launchHooks records what becomes of a launch, and begins the pipeline of
// each node whose machine the cloud accepted. It implements
// providers.LaunchHooks.
type launchHooks struct {
	*run
	begin func(cluster.NodeName)

	mu   sync.Mutex
	told map[cluster.NodeName]bool // nodes whose outcome is known
}

// Intend writes down that machines will be asked for, before they are.
func (h *launchHooks) Intend(ctx context.Context, token string, names []cluster.NodeName) error {
	now := time.Now().UTC()
	err := h.session.Commit(ctx, func(st *state.State) error {
		if h.quote.Known() {
			st.Bill.Currency = h.quote.Currency
		}
		st.Intend(state.Intent{Token: token, Kind: state.IntentLaunch, Nodes: names, Since: now})
		for _, name := range names {
			st.Forget(name, now) // the machine that had the name before
			st.Nodes[name] = &cluster.Node{
				Name: name, Group: name.Group(), Phase: cluster.Launching, Attempt: token, Created: now, Changed: now,
				Meter: cluster.Meter{PerHour: h.quote.node[name]},
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		h.emitPhase(name, cluster.Launching, "")
	}
	return nil
}

// Launched begins the pipeline of a node.
func (h *launchHooks) Launched(name cluster.NodeName, id cluster.InstanceID) {
	h.session.Node(name, func(n *cluster.Node) {
		n.Instance = id
		n.Meter.Start(time.Now())
	})
	h.phase(name, cluster.Booting, "")
	h.tell(name)
	h.begin(name)
}

// Refused ends a node that will have no machine.
func (h *launchHooks) Refused(name cluster.NodeName, err *providers.Error) {
	h.tell(name)
	h.refuse(name, err)
}

// Settled writes down that an attempt has no more surprises.
func (h *launchHooks) Settled(ctx context.Context, token string) error {
	return h.session.Commit(ctx, func(st *state.State) error {
		st.Settle(token, time.Now().UTC())
		return nil
	})
}

func (h *launchHooks) tell(name cluster.NodeName) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told[name] = true
}
