package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// The files of a cluster's folder. Folders are 0700 and files 0600, except
// known_hosts, which ssh programs of the same user read.
const (
	stateFile   = "state.json"
	backupFile  = "state.json.bak"
	lockFile    = "lock"
	holderFile  = "lock.json"
	keyFile     = "id_ed25519"
	hostsFile   = "known_hosts"
	configFile  = "ssh_config"
	eventsFile  = "events.jsonl"
	secretsDir  = "secrets"
	logsDir     = "logs"
	removedMark = ".removed-"

	folderMode fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600
	hostsMode  fs.FileMode = 0o644
)

// Store keeps the states of all clusters below one home folder. It holds
// nothing itself and is safe for concurrent use.
type Store struct {
	home     string
	decoders map[int]decoder
	clock    Clock
	// write replaces a file atomically and durably.
	write func(path string, data []byte, mode fs.FileMode) error
	// watch is how often a lock looks whether it is still there.
	watch time.Duration
}

// OpenStore returns the store in home ($ECLUSTER_HOME). Nothing is read or
// made until it is used.
func OpenStore(home string) *Store {
	return &Store{home: home, decoders: decoders(), clock: systemClock{}, write: replaceFile, watch: time.Second}
}

// Dir is the folder of a cluster.
func (s *Store) Dir(name cluster.Name) string {
	return filepath.Join(s.clusters(), string(name))
}

func (s *Store) clusters() string { return filepath.Join(s.home, "clusters") }

// StatePath is the state file of a cluster.
func (s *Store) StatePath(name cluster.Name) string { return filepath.Join(s.Dir(name), stateFile) }

// LogDir is where the logs of a cluster go; whoever writes one makes it, 0700.
func (s *Store) LogDir(name cluster.Name) string { return filepath.Join(s.Dir(name), logsDir) }

// SecretsDir is where the secrets of a cluster are.
func (s *Store) SecretsDir(name cluster.Name) string { return filepath.Join(s.Dir(name), secretsDir) }

// EventsPath is the file of a cluster's events, one JSON object a line.
func (s *Store) EventsPath(name cluster.Name) string { return filepath.Join(s.Dir(name), eventsFile) }

// Load reads the state of a cluster. Its errors are *NotFoundError,
// *NewerError, *DamagedError and *AccessError.
func (s *Store) Load(name cluster.Name) (*State, error) {
	if cluster.CheckLabel(string(name)) != nil {
		return nil, &NotFoundError{name}
	}
	path := s.StatePath(name)
	data, err := readRegular(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, s.missing(name)
	case err != nil:
		return nil, accessError("read", path, err)
	}
	st, err := decode(data, s.decoders)
	if err == nil && st.Name != name {
		err = &damageError{Edited, "it is the state of cluster " + string(st.Name)}
	}
	if err != nil {
		return nil, s.describe(name, err)
	}
	return st, nil
}

// missing tells a cluster that never was from one whose state was deleted.
func (s *Store) missing(name cluster.Name) error {
	if _, err := os.Lstat(filepath.Join(s.Dir(name), backupFile)); err != nil {
		return &NotFoundError{name}
	}
	return s.describe(name, &damageError{Missing, "state.json was deleted"})
}

// describe gives what Decode found a name, a path and a way out.
func (s *Store) describe(name cluster.Name, err error) error {
	path := s.StatePath(name)
	if newer, ok := errors.AsType[*versionError](err); ok {
		return &NewerError{Name: name, Path: path, Version: newer.version, Tool: newer.tool}
	}
	out := &DamagedError{Name: name, Path: path, Damage: Malformed, Reason: err.Error()}
	if damage, ok := errors.AsType[*damageError](err); ok {
		out.Damage = damage.damage
	}
	backup := filepath.Join(s.Dir(name), backupFile)
	data, err := readRegular(backup)
	if err != nil {
		return out
	}
	if old, err := decode(data, s.decoders); err == nil && old.Name == name {
		out.Backup, out.Changed, out.Serial = backup, old.Changed, old.Serial
	}
	return out
}

// Summary is one line of a list of clusters.
type Summary struct {
	Name     cluster.Name
	ID       cluster.ID
	Status   Status
	Provider string // its kind
	Nodes    int
	Ready    int
	Failed   int
	Created  time.Time
	Changed  time.Time
	Vitals   Vitals
	Holder   *Holder // the command that works on it now
	Err      error   // why the state can't be read; then only Name is set
}

// List returns all clusters by name. One that can't be read is listed with
// its error and hides no other.
func (s *Store) List() ([]Summary, error) {
	entries, err := os.ReadDir(s.clusters())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, accessError("read", s.clusters(), err)
	}
	var list []Summary
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") || cluster.CheckLabel(e.Name()) != nil {
			continue
		}
		sum := s.summary(cluster.Name(e.Name()))
		if !errors.Is(sum.Err, ErrNotFound) {
			list = append(list, sum)
		}
	}
	slices.SortFunc(list, func(a, b Summary) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return list, nil
}

func (s *Store) summary(name cluster.Name) Summary {
	st, err := s.Load(name)
	if err != nil {
		return Summary{Name: name, Err: err}
	}
	sum := Summary{
		Name: name, ID: st.ID, Status: st.Status, Provider: st.Spec.Provider.Kind,
		Nodes: len(st.Nodes), Created: st.Created, Changed: st.Changed, Holder: s.holder(name),
		Vitals: st.Vitals(s.clock.Now()),
	}
	for _, n := range st.Nodes {
		switch n.Phase { //nolint:exhaustive // only these two are counted
		case cluster.Ready:
			sum.Ready++
		case cluster.Failed:
			sum.Failed++
		}
	}
	return sum
}
