package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"
)

// replaceFile writes a file so that at any instant, also after a power cut,
// either the old content or the new one is there. It returns when the new
// content is on the disk.
func replaceFile(path string, data []byte, mode fs.FileMode) error {
	dir := filepath.Dir(path)
	err := renameio.WriteFile(path, data, mode, renameio.WithTempDir(dir), renameio.WithStaticPermissions(mode))
	if err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes renames and new names within dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// keepBackup makes path's present content also known as backup.
func keepBackup(path, backup string) error {
	tmp := backup + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := os.Link(path, tmp)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // there is nothing to keep yet
	case err != nil: // a file system without hard links
		return copyFile(path, backup)
	}
	return os.Rename(tmp, backup)
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return replaceFile(to, data, fileMode)
}

// readRegular reads a file, and refuses what is none: reading a pipe would
// wait for ever.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is not a file but %s", info.Mode().Type())
	}
	return os.ReadFile(path)
}

// readStart returns the first bytes of a file, at most n.
func readStart(path string, n int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, n)
	got, err := f.ReadAt(data, 0)
	if got > 0 {
		err = nil
	}
	return data[:got], err
}

// sweepAge is how old a temporary file is when nobody can be writing it any
// more: what is for other programs, such as known_hosts, is written without the
// lock.
const sweepAge = time.Minute

// sweep deletes the temporary files that a killed process left in dir. Only
// the holder of the cluster's lock calls it.
func sweep(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // the work itself will say what is wrong with the folder
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && strings.HasPrefix(e.Name(), ".") && now.Sub(info.ModTime()) > sweepAge {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
