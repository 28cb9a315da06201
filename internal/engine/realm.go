package engine

import (
	"context"
	"fmt"

	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// RealmError says that the provider leads to another place than the one where
// the cluster was made. Nothing was changed: its machines would be taken for
// gone.
type RealmError struct {
	Cluster string
	Made    state.Realm
	Now     state.Realm
}

// Error names both places.
func (e *RealmError) Error() string {
	return fmt.Sprintf("cluster %q was made on %s, and now its provider leads to %s. "+
		"Set the environment, or the provider's settings, as they were; nothing was changed", e.Cluster, e.Made.Words, e.Now.Words)
}

// checkRealm makes sure that the provider leads to where the cluster is.
func (w *work) checkRealm(ctx context.Context) error {
	made := w.session.Snapshot().Realm
	if made.ID == "" {
		return nil
	}
	now, err := w.realm(ctx)
	if err != nil {
		return err
	}
	if now.ID != made.ID {
		return &RealmError{Cluster: string(w.name), Made: made, Now: now}
	}
	return nil
}

// realm asks the provider where it leads; empty when it can't tell.
func (w *work) realm(ctx context.Context) (state.Realm, error) {
	identifier, can := providers.Capability[providers.Identifier](w.cloud)
	if !can {
		return state.Realm{}, nil
	}
	var identity providers.Identity
	err := w.cloud.Do(ctx, "find the provider", func(ctx context.Context) (err error) {
		identity, err = identifier.Identity(ctx)
		return err
	})
	return state.Realm(identity), err
}
