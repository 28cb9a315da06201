package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// Files is the file system of a node, over SFTP. Relative names begin in the
// home of the user. It is safe for concurrent use. Errors are *fs.PathError;
// what ended the connection is a *LostError in it.
type Files struct {
	conn    *Conn
	session *ssh.Session
	client  *sftp.Client
	umask   atomic.Pointer[fs.FileMode] // of the SFTP server, once it is known
}

// FilesOptions tune a Files. The zero value is for one node with much to copy.
type FilesOptions struct {
	// Requests is how many packets of 32 KiB are under way for one file; 0
	// means 64. Their memory counts for each file that is open.
	Requests int
}

// Files opens the file system of the node, which takes one session. The end
// of ctx ends only the opening.
func (c *Conn) Files(ctx context.Context, o FilesOptions) (*Files, error) {
	var in io.WriteCloser
	var out io.Reader
	session, err := c.open(ctx, func(s *ssh.Session) error {
		var err1, err2 error
		in, err1 = s.StdinPipe()
		out, err2 = s.StdoutPipe()
		return errors.Join(err1, err2, s.RequestSubsystem("sftp"))
	})
	if err != nil {
		return nil, fmt.Errorf("open the files of %s: %w (does its sshd serve SFTP?)", c.node, err)
	}
	f := &Files{conn: c, session: session}
	stop := context.AfterFunc(ctx, f.end)
	defer stop()
	if o.Requests == 0 {
		o.Requests = 64
	}
	f.client, err = sftp.NewClientPipe(out, in,
		sftp.MaxConcurrentRequestsPerFile(o.Requests), sftp.UseConcurrentWrites(true), sftp.UseFstat(true))
	if err != nil {
		f.end()
		go func() { _ = c.reap(session) }()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("open the files of %s: %w", c.node, err)
	}
	go func() { _ = c.reap(session) }() // gives the session's place back
	return f, nil
}

// Close ends the session, and with it all that is under way.
func (f *Files) Close() error {
	f.end()
	_ = f.client.Close() // it says that the session has ended
	return nil
}

func (f *Files) end() { _ = f.session.Close() }

// Stat describes a file; of a link, what it leads to.
func (f *Files) Stat(name string) (fs.FileInfo, error) {
	info, err := f.client.Stat(name)
	return info, f.failed("stat", name, err)
}

// Lstat describes a file, or a link itself.
func (f *Files) Lstat(name string) (fs.FileInfo, error) {
	info, err := f.client.Lstat(name)
	return info, f.failed("stat", name, err)
}

// ReadDir lists a folder, in no order. What a name is made of is up to the
// node: the caller checks it.
func (f *Files) ReadDir(name string) ([]fs.FileInfo, error) {
	entries, err := f.client.ReadDir(name)
	return entries, f.failed("read", name, err)
}

// ReadLink returns what a link leads to.
func (f *Files) ReadLink(name string) (string, error) {
	target, err := f.client.ReadLink(name)
	return target, f.failed("read", name, err)
}

// RealPath returns the absolute name of a file without links; of "", the home.
func (f *Files) RealPath(name string) (string, error) {
	if name == "" {
		name = "."
	}
	found, err := f.client.RealPath(name)
	return found, f.failed("find", name, err)
}

// Open opens a file to be read.
func (f *Files) Open(name string) (*File, error) {
	file, err := f.client.Open(name)
	if err != nil {
		return nil, f.failed("read", name, err)
	}
	return &File{files: f, file: file, name: name}, nil
}

// Create makes a file that does not exist yet, with what the node's umask
// leaves of mode, before anything can be in it.
func (f *Files) Create(name string, mode fs.FileMode) (*File, error) {
	file, err := f.client.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, f.failed("create", name, f.full(name, err))
	}
	made := &File{files: f, file: file, name: name}
	if f.umask.Load() == nil {
		info, err := file.Stat()
		if err != nil {
			return nil, errors.Join(made.failed("create", err), made.Close())
		}
		// What a umask takes from reading it takes from executing too.
		taken := 0o666 &^ info.Mode().Perm()
		taken |= taken & 0o444 >> 2
		f.umask.Store(&taken)
	}
	if err := file.Chmod(mode.Perm() &^ *f.umask.Load()); err != nil {
		return nil, errors.Join(made.failed("create", err), made.Close())
	}
	return made, nil
}

// Mkdir makes a folder with what the node's umask leaves of mode; where new
// folders inherit their group they still do.
func (f *Files) Mkdir(name string, mode fs.FileMode) error {
	if err := f.client.Mkdir(name); err != nil {
		return f.failed("create", name, f.full(name, err))
	}
	info, err := f.client.Stat(name)
	if err != nil {
		return f.failed("create", name, err)
	}
	given := info.Mode().Perm()
	if want := mode.Perm() & given; want != given {
		return f.failed("create", name, f.client.Chmod(name, want|info.Mode()&fs.ModeSetgid))
	}
	return nil
}

// Symlink makes a link called name.
func (f *Files) Symlink(target, name string) error {
	return f.failed("create", name, f.full(name, f.client.Symlink(target, name)))
}

// Rename gives a file another name, in place of the file that has it.
func (f *Files) Rename(from, to string) error {
	if _, ok := f.client.HasExtension("posix-rename@openssh.com"); ok {
		return f.failed("rename", from, f.client.PosixRename(from, to))
	}
	return f.failed("rename", from, f.client.Rename(from, to))
}

// Remove deletes a file, a link, or a folder that is empty.
func (f *Files) Remove(name string) error { return f.failed("delete", name, f.client.Remove(name)) }

// Chmod sets the rights of a file.
func (f *Files) Chmod(name string, mode fs.FileMode) error {
	return f.failed("change", name, f.client.Chmod(name, mode))
}

// Chtimes sets the times of a file, in whole seconds.
func (f *Files) Chtimes(name string, accessed, modified time.Time) error {
	return f.failed("change", name, f.client.Chtimes(name, accessed, modified))
}

// failed makes an error of this package's types; nil stays nil.
func (f *Files) failed(op, name string, err error) error {
	if err == nil {
		return nil
	}
	if ended := f.conn.Err(); ended != nil {
		err = ended
	} else if errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, io.EOF) {
		err = &LostError{Node: f.conn.node, Err: errors.New("the session with its files ended")}
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// full finds out whether a failure that the protocol has no word for was a
// full disk.
func (f *Files) full(name string, err error) error {
	if status, ok := errors.AsType[*sftp.StatusError](err); ok && status.FxCode() == sftp.ErrSSHFxFailure {
		if _, known := f.client.HasExtension("statvfs@openssh.com"); !known {
			return err
		}
		v, vfsErr := f.client.StatVFS(path.Dir(name))
		if vfsErr == nil && (v.Bavail*v.Frsize < 1<<20 || v.Files > 0 && v.Favail == 0) {
			return syscall.ENOSPC
		}
	}
	return err
}

// File is an open file of a node.
type File struct {
	files *Files
	file  *sftp.File
	name  string
}

// Stat describes the open file.
func (f *File) Stat() (fs.FileInfo, error) {
	info, err := f.file.Stat()
	return info, f.failed("stat", err)
}

// Read reads on; WriteTo is much faster over a long way.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.file.Read(p)
	if err == io.EOF { //nolint:errorlint // the contract of io.Reader
		return n, err
	}
	return n, f.failed("read", err)
}

// WriteTo reads the rest with many requests under way. Errors of w are handed
// on as they are.
func (f *File) WriteTo(w io.Writer) (int64, error) {
	mine := &localWriter{Writer: w}
	n, err := f.file.WriteTo(mine)
	if mine.err != nil {
		return n, mine.err
	}
	return n, f.failed("read", err)
}

// ReadFrom writes all of r, with many requests under way where r has a method
// Size() int64. Errors of r are handed on as they are.
func (f *File) ReadFrom(r io.Reader) (int64, error) {
	mine := &localReader{Reader: r}
	n, err := f.file.ReadFrom(mine)
	if mine.err != nil {
		return n, mine.err
	}
	return n, f.failed("write", f.files.full(f.name, err))
}

// Write writes at the end of what was written.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	return n, f.failed("write", f.files.full(f.name, err))
}

// Close ends the use of the file. Some servers say only now that a disk is full.
func (f *File) Close() error { return f.failed("close", f.files.full(f.name, f.file.Close())) }

func (f *File) failed(op string, err error) error { return f.files.failed(op, f.name, err) }

// localWriter remembers its own error, to be told from one of the node.
type localWriter struct {
	io.Writer
	err error
}

// Write writes to the writer below.
func (w *localWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		w.err = err
	}
	return n, err
}

// localReader remembers its own error, to be told from one of the node.
type localReader struct {
	io.Reader
	err error
}

// Read reads from the reader below.
func (r *localReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// Size is that of the reader below, or 0.
func (r *localReader) Size() int64 {
	if sized, ok := r.Reader.(interface{ Size() int64 }); ok {
		return sized.Size()
	}
	return 0
}
