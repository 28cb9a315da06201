package remotetest

import (
	"context"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// Files is what a server serves over SFTP.
type Files struct {
	// Home is where relative names begin. The server shows all files of this
	// machine, as whoever runs the test.
	Home string

	// Memory shows a file system in memory instead, empty for each connection.
	Memory bool
	// Room is how many bytes fit into that file system; 0: no limit.
	Room int64
	// Strange are names that each of its folders claims to have.
	Strange []string
}

// serveFiles speaks SFTP until the client goes away.
func (s *Server) serveFiles(ctx context.Context, channel ssh.Channel) {
	defer func() { _ = channel.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = channel.Close() })
	defer stop()
	f := s.options.Files
	if f.Memory {
		server := sftp.NewRequestServer(channel, f.handlers())
		_ = server.Serve()
		_ = server.Close()
	} else if server, err := sftp.NewServer(channel, sftp.WithServerWorkingDirectory(f.Home)); err == nil {
		_ = server.Serve()
		_ = server.Close()
	}
	exit(channel, 0)
}

// handlers are those of pkg/sftp, with faults.
func (f *Files) handlers() sftp.Handlers {
	h := sftp.InMemHandler()
	d := &disk{Files: f, Handlers: h}
	d.free.Store(f.Room)
	return sftp.Handlers{FileGet: h.FileGet, FilePut: d, FileCmd: d, FileList: d}
}

// disk is a file system in memory that can be full, and can lie.
type disk struct {
	*Files
	sftp.Handlers
	free atomic.Int64
}

// Filewrite opens a file.
func (d *disk) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	w, err := d.FilePut.Filewrite(r)
	if err != nil || d.Room == 0 {
		return w, err
	}
	return &tightFile{w, d}, nil
}

// Filecmd changes a name.
func (d *disk) Filecmd(r *sftp.Request) error { return d.FileCmd.Filecmd(r) }

// PosixRename replaces a file.
func (d *disk) PosixRename(r *sftp.Request) error {
	if renamer, ok := d.FileCmd.(sftp.PosixRenameFileCmder); ok {
		return renamer.PosixRename(r)
	}
	return sftp.ErrSSHFxOpUnsupported
}

// StatVFS tells how much room is left.
func (d *disk) StatVFS(*sftp.Request) (*sftp.StatVFS, error) {
	free := uint64(1 << 40)
	if d.Room > 0 {
		free = uint64(max(0, d.free.Load()))
	}
	return &sftp.StatVFS{Bsize: 1, Frsize: 1, Blocks: free, Bfree: free, Bavail: free}, nil
}

// Filelist lists folders, with names that are not there.
func (d *disk) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	l, err := d.FileList.Filelist(r)
	if err != nil || r.Method != "List" {
		return l, err
	}
	all := make([]os.FileInfo, 10_000)
	n, err := l.ListAt(all, 0)
	if err != nil && err != io.EOF { //nolint:errorlint // the contract of ListAt
		return nil, err
	}
	all = all[:n]
	for _, name := range d.Strange {
		all = append(all, strangeInfo{all[0], name})
	}
	return listing(all), nil
}

// Lstat describes a file.
func (d *disk) Lstat(r *sftp.Request) (sftp.ListerAt, error) {
	if l, ok := d.FileList.(sftp.LstatFileLister); ok {
		return l.Lstat(r)
	}
	return d.FileList.Filelist(r)
}

// strangeInfo is a file under another name.
type strangeInfo struct {
	fs.FileInfo
	name string
}

// Name is the other name.
func (i strangeInfo) Name() string { return i.name }

// listing is a folder that has been read.
type listing []os.FileInfo

// ListAt copies entries.
func (l listing) ListAt(to []os.FileInfo, from int64) (int, error) {
	if from >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(to, l[from:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

// tightFile is a file on a disk that may become full.
type tightFile struct {
	io.WriterAt
	disk *disk
}

// WriteAt fails as sftp-server does when there is no room.
func (f *tightFile) WriteAt(p []byte, off int64) (int, error) {
	if f.disk.free.Add(-int64(len(p))) < 0 {
		return 0, syscall.ENOSPC
	}
	return f.WriterAt.WriteAt(p, off)
}
