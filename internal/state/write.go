package state

import (
	"path/filepath"

	"github.com/ecluster/ecluster/internal/cluster"
)

// file is the state file as one writer knows it.
type file struct {
	store   *Store
	name    cluster.Name
	lineage string
	saved   uint64 // the serial that is certainly on the disk; 0: none
	tried   uint64 // the highest serial that may be on the disk
}

func newFile(s *Store, st *State) *file {
	return &file{store: s, name: st.Name, lineage: st.Lineage, saved: st.Serial, tried: st.Serial}
}

// save gives st the next serial and writes it, keeping the version before it
// as the backup. It refuses to overwrite what somebody else wrote.
func (f *file) save(st *State) error {
	path := f.store.StatePath(f.name)
	backup, err := f.guard(path)
	if err != nil {
		return err
	}
	st.Serial = f.tried + 1
	st.Changed = f.store.clock.Now()
	data, err := Encode(st)
	if err != nil {
		return err
	}
	if backup {
		if err := keepBackup(path, filepath.Join(filepath.Dir(path), backupFile)); err != nil {
			return accessError("write", path, err)
		}
	}
	// A failure after the rename leaves the new serial on the disk.
	f.tried = st.Serial
	if err := f.store.write(path, data, fileMode); err != nil {
		return accessError("write", path, err)
	}
	f.saved = st.Serial
	return nil
}

// guard compares the file on the disk with what we know, and says whether it
// is worth keeping as the backup. A file that was deleted or garbled while we
// hold the lock is written anew: the memory is right.
func (f *file) guard(path string) (backup bool, err error) {
	theirs, ok := f.onDisk(path)
	if !ok {
		return false, nil
	}
	if theirs.Lineage != f.lineage || theirs.Serial < f.saved || theirs.Serial > f.tried {
		return false, &StaleError{
			Name: f.name, Ours: f.saved, Theirs: theirs.Serial,
			OtherLineage: theirs.Lineage != f.lineage,
		}
	}
	return true, nil
}

// onDisk reads the header of the file, or all of a file of an older version.
func (f *file) onDisk(path string) (header, bool) {
	start, err := readStart(path, headerMax)
	if err != nil {
		return header{}, false
	}
	if h, _, err := split(start); err == nil && h.Version == Version {
		return h, true
	}
	data, err := readRegular(path)
	if err != nil {
		return header{}, false
	}
	old, err := decode(data, f.store.decoders)
	if err != nil {
		return header{}, false
	}
	return header{Serial: old.Serial, Lineage: old.Lineage}, true
}
