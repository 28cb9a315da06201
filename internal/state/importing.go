package state

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// importMark begins the name of a folder that is being filled.
const importMark = ".import-"

// importAge is how old such a folder is when nobody can be filling it any more.
const importAge = time.Hour

// Files are all that is kept of a cluster, without its logs.
type Files struct {
	State      *State
	KnownHosts []byte
	Key        []byte            // nil: without keys and secrets
	Secrets    map[string][]byte // by their names
}

// TakenError says that a cluster of that name, or the same cluster under
// another name, is recorded already.
type TakenError struct {
	Name cluster.Name // of the record that is there
	Same bool         // it is the very cluster
}

// Error says what is in the way.
func (e *TakenError) Error() string {
	if e.Same {
		return fmt.Sprintf("this very cluster is recorded here already, as %q: two records of it would fight over its machines", e.Name)
	}
	return fmt.Sprintf("another cluster is called %q here: choose a name for the imported one with --rename", e.Name)
}

// Import records a cluster from somewhere else, whole or not at all. A record
// without keys of the same cluster is completed by one that has them: of the two
// states the newer one stays. The caller has set State.NoKeys.
func (s *Store) Import(ctx context.Context, f Files) error {
	st := f.State
	bare, err := s.free(f)
	if err != nil {
		return err
	}
	if bare != nil {
		return s.complete(ctx, f)
	}
	if err := os.MkdirAll(s.clusters(), folderMode); err != nil {
		return accessError("write", s.clusters(), err)
	}
	s.sweepImports()
	tmp, err := os.MkdirTemp(s.clusters(), importMark)
	if err != nil {
		return accessError("write", s.clusters(), err)
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // it is gone where all went well, and swept later where not
	if err := s.fill(tmp, f); err != nil {
		return err
	}
	lock, err := s.Lock(ctx, st.Name, NewHolder("import", s.clock.Now()))
	if err != nil {
		return err
	}
	if bare, err := s.free(f); err != nil || bare != nil { // again: it may have changed until we held the lock
		if err == nil {
			err = &TakenError{Name: st.Name, Same: true}
		}
		return errors.Join(err, lock.Release())
	}
	if err := s.Remove(lock); err != nil { // an empty folder
		return err
	}
	if err := os.Rename(tmp, s.Dir(st.Name)); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return &TakenError{Name: st.Name}
		}
		return accessError("write", s.Dir(st.Name), err)
	}
	return syncDir(s.clusters())
}

// complete gives the record of a cluster the keys that it lacks. The state is
// written last: until then it is a record without keys, and nothing of it is lost.
func (s *Store) complete(ctx context.Context, f Files) (err error) {
	name := f.State.Name
	lock, err := s.Lock(ctx, name, NewHolder("import", s.clock.Now()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	bare, err := s.free(f) // it may have changed until we held the lock
	if err != nil || bare == nil {
		return cmp.Or(err, error(&TakenError{Name: name, Same: true}))
	}
	if bare.Serial > f.State.Serial || bare.Status == Stopping {
		f.State = bare.Clone()
		f.State.NoKeys = false
		if f.KnownHosts, err = readOptional(s.KnownHostsPath(name)); err != nil {
			return err
		}
	}
	return s.fill(s.Dir(name), f)
}

// free returns a *TakenError unless the cluster may be recorded, and the record
// without keys that may be completed, if there is one.
func (s *Store) free(f Files) (bare *State, err error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	for _, other := range list {
		same := other.Err == nil && other.ID == f.State.ID
		switch {
		case same && other.Name == f.State.Name && f.Key != nil:
			if bare, err = s.Load(other.Name); err != nil {
				return nil, err
			}
			if !bare.NoKeys {
				return nil, &TakenError{Name: other.Name, Same: true}
			}
		case same, other.Name == f.State.Name:
			return nil, &TakenError{Name: other.Name, Same: same}
		}
	}
	return bare, nil
}

// fill writes the files of a cluster into a folder, the state last.
func (s *Store) fill(dir string, f Files) error {
	st := f.State.Clone()
	st.Serial++
	st.Changed = s.clock.Now()
	data, err := Encode(st)
	if err != nil {
		return err
	}
	files := map[string][]byte{hostsFile: f.KnownHosts}
	if f.Key != nil {
		files[keyFile] = f.Key
		if err := os.MkdirAll(filepath.Join(dir, secretsDir), folderMode); err != nil {
			return accessError("write", dir, err)
		}
		for name, secret := range f.Secrets {
			if !secretName(name) {
				return fmt.Errorf("import secret %q: that is no name of a secret", name)
			}
			files[filepath.Join(secretsDir, name)] = secret
		}
	}
	for name, content := range files {
		mode := fileMode
		if name == hostsFile {
			mode = hostsMode
		}
		if err := s.write(filepath.Join(dir, name), content, mode); err != nil {
			return accessError("write", filepath.Join(dir, name), err)
		}
	}
	if err := s.write(filepath.Join(dir, stateFile), data, fileMode); err != nil {
		return accessError("write", filepath.Join(dir, stateFile), err)
	}
	return nil
}

// sweepImports deletes what killed imports left.
func (s *Store) sweepImports() {
	entries, err := os.ReadDir(s.clusters())
	if err != nil {
		return // the import itself will say what is wrong with the folder
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), importMark) && s.clock.Now().Sub(info.ModTime()) > importAge {
			_ = os.RemoveAll(filepath.Join(s.clusters(), e.Name())) // the next import tries again
		}
	}
}

// Export reads all that is kept of a cluster, at a moment when no command works
// on it; the key and the secrets only where they are asked for.
func (s *Store) Export(ctx context.Context, name cluster.Name, keys bool) (_ Files, err error) {
	if _, err := s.Load(name); err != nil {
		return Files{}, err
	}
	lock, err := s.Lock(ctx, name, NewHolder("export", s.clock.Now()))
	if err != nil {
		return Files{}, err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	var f Files
	if f.State, err = s.Load(name); err != nil {
		return Files{}, err
	}
	if f.KnownHosts, err = readOptional(s.KnownHostsPath(name)); err != nil {
		return Files{}, err
	}
	if !keys {
		return f, nil
	}
	if f.Key, err = readRegular(s.SSHKeyPath(name)); err != nil {
		return Files{}, accessError("read", s.SSHKeyPath(name), err)
	}
	f.Secrets, err = s.secrets(name)
	return f, err
}

func (s *Store) secrets(name cluster.Name) (map[string][]byte, error) {
	dir := s.SecretsDir(name)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, accessError("read", dir, err)
	}
	secrets := map[string][]byte{}
	for _, e := range entries {
		if !secretName(e.Name()) {
			continue // nothing of ours
		}
		path := filepath.Join(dir, e.Name())
		if secrets[e.Name()], err = readRegular(path); err != nil {
			return nil, accessError("read", path, err)
		}
	}
	return secrets, nil
}

// readOptional reads a file that need not be there.
func readOptional(path string) ([]byte, error) {
	data, err := readRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, accessError("read", path, err)
	}
	return data, nil
}

// DecodeFrom is Decode for a state that is read from a file of another kind.
func DecodeFrom(path string, data []byte) (*State, error) {
	st, err := Decode(data)
	if err == nil {
		return st, nil
	}
	if newer, ok := errors.AsType[*versionError](err); ok {
		return nil, &NewerError{Path: path, Version: newer.version, Tool: newer.tool}
	}
	return nil, err
}
