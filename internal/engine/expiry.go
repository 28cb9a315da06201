package engine

import (
	"context"
	"time"

	"github.com/ecluster/ecluster/internal/state"
)

// leastLife is for how long a machine must at least be good when it is asked
// for: less is not worth its boot.
const leastLife = 10 * time.Minute

// settleExpiry decides until when the machines of the cluster live: limits.ttl
// from when its first machines are asked for. Machines that come later go at
// the same time; a cluster that has outlived its time, or has no machines, gets
// a new one.
func (w *work) settleExpiry(ctx context.Context, now time.Time) error {
	st := w.session.Snapshot()
	ttl := st.Spec.Limits.TTL
	var expires time.Time
	if ttl > 0 {
		expires = st.Expires
		if len(st.Nodes) == 0 || expires.Before(now.Add(leastLife)) {
			expires = now.Add(ttl).UTC().Truncate(time.Second)
		}
	}
	if expires.Equal(st.Expires) {
		return nil
	}
	return w.session.Commit(ctx, func(st *state.State) error {
		st.Expires = expires
		return nil
	})
}
