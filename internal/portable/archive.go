package portable

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Format is the version of archives that this program writes, and the newest
// that it reads.
const Format = 1

// The names in an archive, in their order.
const (
	manifestName = "ecluster.json"
	stateName    = "state.json"
	hostsName    = "known_hosts"
	keyName      = "id_ed25519"
	secretPrefix = "secrets/"
)

// Manifest is the first entry of an archive: what else must be in it.
type Manifest struct {
	Format   int             `json:"format"`
	Tool     string          `json:"tool"` // the ecluster that wrote it
	Cluster  cluster.Name    `json:"cluster"`
	ID       cluster.ID      `json:"id"`
	Keys     bool            `json:"keys"`
	Exported time.Time       `json:"exported"`
	Files    map[string]File `json:"files"`

	size int64 // in bytes, as it was read
}

// File is what the manifest says of one other entry.
type File struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Archive is the content of one file.
type Archive struct {
	Manifest Manifest
	Files    state.Files
}

// BoundError says that a cluster can't leave the computer where it was made.
type BoundError struct {
	Cluster cluster.Name
	Kind    string // of the provider
}

// Error says why.
func (e *BoundError) Error() string {
	return fmt.Sprintf("cluster %q can't be exported: the provider %q keeps files of its own about it on this computer, without which its machines can't be found", e.Cluster, e.Kind)
}

// Gather reads the record of a cluster, with its keys and secrets where they are
// asked for. A command that works on the cluster is not waited for.
func Gather(ctx context.Context, store *state.Store, name cluster.Name, keys bool, tool string, now time.Time) (*Archive, error) {
	st, err := store.Load(name)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(filepath.Join(store.Dir(name), st.Spec.Provider.Kind)); err == nil {
		return nil, &BoundError{Cluster: name, Kind: st.Spec.Provider.Kind}
	}
	if keys && st.NoKeys {
		return nil, fmt.Errorf("export cluster %q: its keys are not here, because it was imported without them", name)
	}
	files, err := store.Export(ctx, name, keys)
	if err != nil {
		return nil, err
	}
	return &Archive{
		Manifest: Manifest{Format: Format, Tool: tool, Cluster: name, ID: files.State.ID, Keys: keys, Exported: now.UTC().Truncate(time.Second)},
		Files:    files,
	}, nil
}

// Place records the cluster of an archive in a store, under another name where
// rename is not empty. It returns what was recorded.
func (a *Archive) Place(ctx context.Context, store *state.Store, rename cluster.Name) (*state.State, error) {
	files := a.Files
	st := files.State.Clone()
	if rename != "" && rename != st.Name {
		if err := cluster.CheckLabel(string(rename)); err != nil {
			return nil, fmt.Errorf("rename the cluster: %w", err)
		}
		st.BornAs, st.Name = st.OwnName(), rename
		if st.BornAs == st.Name {
			st.BornAs = ""
		}
		st.Spec.Name = rename
		st.SpecHash = state.HashSpec(&st.Spec)
	}
	st.NoKeys = files.Key == nil
	files.State = st
	if err := store.Import(ctx, files); err != nil {
		return nil, err
	}
	return store.Load(st.Name)
}
