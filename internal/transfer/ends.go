package transfer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/remote"
)

// Source is where files come from. Names are separated by slashes. It must be
// safe for concurrent use.
type Source interface {
	Stat(name string) (fs.FileInfo, error)
	Lstat(name string) (fs.FileInfo, error)
	ReadDir(name string) ([]fs.FileInfo, error)
	ReadLink(name string) (string, error)
	Open(name string) (ReadFile, error)
}

// ReadFile is a file of a Source.
type ReadFile interface {
	io.WriterTo
	Stat() (fs.FileInfo, error)
	Close() error
}

// Target is where files go. Names are separated by slashes. It must be safe for
// concurrent use.
type Target interface {
	Lstat(name string) (fs.FileInfo, error)
	// Create makes a new file, and Mkdir a new folder, with what the umask
	// there leaves of mode.
	Create(name string, mode fs.FileMode) (io.WriteCloser, error)
	Mkdir(name string, mode fs.FileMode) error
	Symlink(target, name string) error
	// Rename replaces the file, or the link, that has the new name.
	Rename(from, to string) error
	Remove(name string) error
	Chmod(name string, mode fs.FileMode) error
	Chtimes(name string, accessed, modified time.Time) error
}

// Node is the file system of a node as a Source and a Target.
type Node struct{ *remote.Files }

// Open opens a file to be read.
func (n Node) Open(name string) (ReadFile, error) {
	f, err := n.Files.Open(name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Create makes a new file.
func (n Node) Create(name string, mode fs.FileMode) (io.WriteCloser, error) {
	f, err := n.Files.Create(name, mode)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Local is this computer as a Source.
type Local struct{}

// Stat describes a file; of a link, what it leads to.
func (Local) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// Lstat describes a file, or a link itself.
func (Local) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(name) }

// ReadLink returns what a link leads to.
func (Local) ReadLink(name string) (string, error) { return os.Readlink(name) }

// ReadDir lists a folder.
func (Local) ReadDir(name string) ([]fs.FileInfo, error) {
	d, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	infos, err := d.Readdir(-1)
	return infos, err
}

// Open opens a file to be read.
func (Local) Open(name string) (ReadFile, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Folder is a folder of this computer as a Target. Nothing that a source says,
// no name and no link, leads out of it.
type Folder struct{ root *os.Root }

// OpenFolder opens an existing folder; Close ends its use.
func OpenFolder(name string) (*Folder, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &Folder{root}, nil
}

// Close ends the use of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Lstat describes a file, or a link itself.
func (f *Folder) Lstat(name string) (fs.FileInfo, error) { return f.root.Lstat(name) }

// Create makes a new file.
func (f *Folder) Create(name string, mode fs.FileMode) (io.WriteCloser, error) {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode.Perm())
	if err != nil {
		return nil, err
	}
	return file, nil
}

// Mkdir makes a new folder.
func (f *Folder) Mkdir(name string, mode fs.FileMode) error { return f.root.Mkdir(name, mode.Perm()) }

// Symlink makes a link, wherever it may lead to.
func (f *Folder) Symlink(target, name string) error { return f.root.Symlink(target, name) }

// Rename gives a file another name.
func (f *Folder) Rename(from, to string) error { return f.root.Rename(from, to) }

// Remove deletes a file or a link.
func (f *Folder) Remove(name string) error { return f.root.Remove(name) }

// Chmod sets the rights of a file.
func (f *Folder) Chmod(name string, mode fs.FileMode) error { return f.root.Chmod(name, mode.Perm()) }

// Chtimes sets the times of a file.
func (f *Folder) Chtimes(name string, accessed, modified time.Time) error {
	return f.root.Chtimes(name, accessed, modified)
}

// properName refuses a name that is not one of a file in a folder: the other
// end may be hostile.
func properName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("the name %q is refused: it leads to another folder", name)
	}
	return nil
}

// isMissing reports whether a file does not exist.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
