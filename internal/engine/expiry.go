package engine

import (
	"context"
	"time"

	"github.com/ecluster/ecluster/internal/state"
)

// leastLife is for how long a machine must at least be good when it is asked
// for: less is not worth its boot.
const leastLife = 10 * time.Minute

// settleExpiry decides until when the machines of the cluster live.
func (w *work) settleExpiry(ctx context.Context, now time.Time) error {
	st := w.session.Snapshot()
	ttl := st.Spec.Limits.TTL
	if w.plugin.IgnoresTTL {
		ttl = 0
	}
	expires := expiry(st, ttl, now)
	if expires.Equal(st.Expires) {
		return nil
	}
	return w.session.Commit(ctx, func(st *state.State) error {
		st.Extend(expires, now)
		return nil
	})
}

// expiry is until when machines live that are asked for now: ttl from when the
// first machines of the cluster were asked for. Machines that come later go at
// the same time; a cluster that has outlived its time, or has no machines, gets
// a new one. It is zero where there is no ttl.
func expiry(st *state.State, ttl time.Duration, now time.Time) time.Time {
	switch {
	case ttl <= 0:
		return time.Time{}
	case len(st.Nodes) == 0 || st.Expires.Before(now.Add(leastLife)):
		return now.Add(ttl).UTC().Truncate(time.Second)
	}
	return st.Expires
}
