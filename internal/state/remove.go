package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Remove forgets the locked cluster with its keys, secrets and logs, and
// releases the lock. Its folder first gets another name, so that nobody ever
// sees half of it; what a kill leaves of that is deleted by the next Remove.
func (s *Store) Remove(l *Lock) error {
	if err := l.Check(); err != nil {
		return err
	}
	l.unwatch() // the lock file goes away by our own doing
	trash, err := os.MkdirTemp(s.clusters(), removedMark+string(l.name)+"-")
	if err != nil {
		return accessError("write", s.clusters(), err)
	}
	if err := os.Rename(l.dir, filepath.Join(trash, string(l.name))); err != nil {
		return errors.Join(accessError("write", l.dir, err), os.Remove(trash))
	}
	if err := syncDir(s.clusters()); err != nil {
		return accessError("write", s.clusters(), err)
	}
	return errors.Join(l.Release(), s.emptyTrash())
}

func (s *Store) emptyTrash() error {
	entries, err := os.ReadDir(s.clusters())
	if err != nil {
		return accessError("read", s.clusters(), err)
	}
	var errs []error
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), removedMark) {
			continue
		}
		path := filepath.Join(s.clusters(), e.Name())
		if err := os.RemoveAll(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("delete what is left of a removed cluster: %w", err))
		}
	}
	return errors.Join(errs...)
}
