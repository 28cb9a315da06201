package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
	"github.com/ecluster/ecluster/internal/transfer"
)

// halves are temporary files that were left behind.
func halves(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	for name := range list(t, dir) {
		if strings.Contains(name, ".ecluster-") {
			found = append(found, name)
		}
	}
	return found
}

// A node that goes away in the middle is named with what it has and has not;
// the others get everything.
func TestConnectionDropped(t *testing.T) {
	t.Parallel()
	l := newLab(t, 3, remotetest.Files{})
	files := map[string]string{}
	for i := range 30 {
		files[fmt.Sprintf("d/%02d", i)] = strings.Repeat("x", 100_000)
	}
	src := tree(t, files)
	files["d/"] = ""
	l.servers["compute002"].DropAfter(1_000_000)
	task := transfer.Task{From: []string{src + "/d"}, To: ".", Options: transfer.Options{Recursive: true, Resume: true}}
	places := l.up(task)
	wantWhole(t, []*transfer.Destination{places[0], places[2]})
	same(t, l.homes["compute001"], files)
	same(t, l.homes["compute003"], files)

	lost := (*remote.LostError)(nil)
	bad := places[1]
	if !errors.As(bad.Dead(), &lost) {
		t.Errorf("compute002: %v", bad.Dead())
	}
	here, not := bad.Tally.Count(transfer.Arrived), bad.Tally.Count(transfer.Failed)+bad.Tally.Count(transfer.Missed)
	if here == 0 || not == 0 || here+not != 30 {
		t.Errorf("%d arrived and %d did not", here, not)
	}
	whole := 0
	for name, text := range list(t, l.homes["compute002"]) {
		if strings.HasPrefix(filepath.Base(name), ".") || name == "d/" {
			continue
		}
		whole++
		if text != files[name] {
			t.Errorf("%s is half there", name)
		}
	}
	// What was renamed when the answer got lost is there too.
	if whole < here {
		t.Errorf("%d files are there, %d are said to be", whole, here)
	}

	l.servers["compute002"].DropAfter(0)
	wantWhole(t, l.up(task))
	for _, f := range halves(t, l.homes["compute002"]) {
		_ = os.Remove(filepath.Join(l.homes["compute002"], f))
	}
	same(t, l.homes["compute002"], files)
}

func TestDownloadDropped(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1, remotetest.Files{})
	home := l.homes["compute001"]
	for i := range 20 {
		if err := os.WriteFile(fmt.Sprintf("%s/%02d", home, i), make([]byte, 500_000), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l.servers["compute001"].DropAfter(12_000) // of requests
	to := t.TempDir()
	places := l.down(transfer.Task{From: []string{"*"}, To: to})
	here, not := places[0].Tally.Count(transfer.Arrived), places[0].Tally.Count(transfer.Failed)+places[0].Tally.Count(transfer.Missed)
	if not == 0 || here+not != 20 {
		t.Fatalf("%d arrived and %d did not", here, not)
	}
	found := list(t, to)
	if len(found) != here {
		t.Errorf("%d files are there, %d arrived", len(found), here)
	}
	for name, text := range found {
		if len(text) != 500_000 {
			t.Errorf("%s has %d bytes", name, len(text))
		}
	}
}

// breaks is a source whose connection ends after some answers.
type breaks struct {
	transfer.Source
	left *int
}

func (b breaks) err(name string) error {
	if *b.left--; *b.left < 0 {
		return &fs.PathError{Op: "read", Path: name, Err: &remote.LostError{Node: "compute001", Err: io.EOF}}
	}
	return nil
}

func (b breaks) Lstat(name string) (fs.FileInfo, error) {
	if err := b.err(name); err != nil {
		return nil, err
	}
	return b.Source.Lstat(name)
}

func (b breaks) ReadDir(name string) ([]fs.FileInfo, error) {
	if err := b.err(name); err != nil {
		return nil, err
	}
	return b.Source.ReadDir(name)
}

// A connection that ends while names are looked for is not "no such file".
func TestGlobDropped(t *testing.T) {
	t.Parallel()
	src := tree(t, map[string]string{"a/x/1": "", "b/x/2": ""})
	const enough = 100
	answers := enough
	names, err := transfer.Glob(breaks{transfer.Local{}, &answers}, src+"/*/x/*")
	if err != nil || len(names) != 2 {
		t.Fatalf("%v, %v", names, err)
	}
	for n := range enough - answers {
		_, err := transfer.Glob(breaks{transfer.Local{}, &n}, src+"/*/x/*")
		if lost := (*remote.LostError)(nil); !errors.As(err, &lost) {
			t.Errorf("after %d answers: %v", n, err)
		}
	}
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	l := newLab(t, 2, remotetest.Files{})
	tight := remotetest.Start(t, remotetest.Options{Files: &remotetest.Files{Memory: true, Room: 250_000}})
	l.servers["compute002"] = tight
	files := map[string]string{}
	for i := range 10 {
		files[fmt.Sprintf("d/%02d", i)] = strings.Repeat("x", 100_000)
	}
	src := tree(t, files)
	files["d/"] = ""
	places := l.up(transfer.Task{From: []string{src + "/d"}, To: "/", Options: transfer.Options{Recursive: true, Files: 1}, Nodes: []cluster.NodeName{"compute002"}})
	if !errors.Is(places[0].Dead(), syscall.ENOSPC) || !strings.Contains(places[0].Dead().Error(), "no space left on device") {
		t.Errorf("dead: %v", places[0].Dead())
	}
	if a, f, m := places[0].Tally.Count(transfer.Arrived), places[0].Tally.Count(transfer.Failed), places[0].Tally.Count(transfer.Missed); a != 2 || f < 1 || a+f+m != 10 {
		t.Errorf("%d arrived, %d failed, %d missed", a, f, m)
	}
}

// What a hostile node calls its files leads nowhere else.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1, remotetest.Files{Memory: true, Strange: []string{"..", "/", "", "../../escaped", "a/b", "/etc/escaped"}})
	src := tree(t, map[string]string{"d/good": "good"})
	// Its file system lives as long as the connection: fill it and fetch over one.
	conn, err := l.Dial(t.Context(), "compute001")
	if err != nil {
		t.Fatal(err)
	}
	files, err := conn.Files(t.Context(), remote.FilesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	node := transfer.Node{Files: files}
	up := &transfer.Destination{Target: node, Path: "/"}
	transfer.Copy(t.Context(), transfer.Local{}, []transfer.Item{{Path: src + "/d", Name: "d"}}, []*transfer.Destination{up}, transfer.Options{Recursive: true})
	wantWhole(t, []*transfer.Destination{up})

	to := t.TempDir()
	folder, err := transfer.OpenFolder(to)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	here := &transfer.Destination{Target: folder}
	transfer.Copy(t.Context(), node, []transfer.Item{{Path: "/d", Name: "d"}}, []*transfer.Destination{here}, transfer.Options{Recursive: true})
	if here.Tally.Whole() || !strings.Contains(fmt.Sprint(here.Tally.Errors()), "is refused") {
		t.Errorf("%v", here.Tally.Errors())
	}
	for name := range list(t, filepath.Dir(to)) {
		if strings.Contains(name, "escaped") && !strings.Contains(name, filepath.Base(to)+"/d/escaped") {
			t.Errorf("%s was made", name)
		}
	}
}

// liar is a source whose folder has a link and a folder of the same name.
type liar struct{ transfer.Local }

type liarInfo struct {
	name string
	mode fs.FileMode
}

func (i liarInfo) Name() string      { return i.name }
func (i liarInfo) Size() int64       { return 4 }
func (i liarInfo) Mode() fs.FileMode { return i.mode }
func (liarInfo) ModTime() time.Time  { return time.Time{} }
func (i liarInfo) IsDir() bool       { return i.mode.IsDir() }
func (liarInfo) Sys() any            { return nil }

func (liar) Stat(name string) (fs.FileInfo, error) {
	return liarInfo{filepath.Base(name), fs.ModeDir | 0o755}, nil
}
func (l liar) Lstat(name string) (fs.FileInfo, error) { return l.Stat(name) }

func (liar) ReadDir(name string) ([]fs.FileInfo, error) {
	if strings.HasSuffix(name, "/trap") {
		return []fs.FileInfo{liarInfo{"written", 0o644}}, nil
	}
	return []fs.FileInfo{liarInfo{"trap", fs.ModeSymlink | 0o777}, liarInfo{"trap", fs.ModeDir | 0o755}}, nil
}

func (liar) ReadLink(name string) (string, error) { return os.Getenv("TRAP_TARGET"), nil }

func (liar) Open(string) (transfer.ReadFile, error) { return evil{strings.NewReader("evil")}, nil }

type evil struct{ *strings.Reader }

func (evil) Stat() (fs.FileInfo, error) { return liarInfo{"written", 0o644}, nil }
func (evil) Close() error               { return nil }

// A link that a hostile node plants is not followed by what it sends next.
func TestPlantedLink(t *testing.T) {
	victim, to := t.TempDir(), t.TempDir()
	for _, target := range []string{victim, "../" + filepath.Base(victim)} {
		t.Setenv("TRAP_TARGET", target)
		folder, err := transfer.OpenFolder(to)
		if err != nil {
			t.Fatal(err)
		}
		d := &transfer.Destination{Target: folder}
		transfer.Copy(t.Context(), liar{}, []transfer.Item{{Path: "/x", Name: "x"}}, []*transfer.Destination{d}, transfer.Options{Recursive: true})
		if d.Tally.Whole() {
			t.Error("nothing was refused")
		}
		folder.Close()
		if got := list(t, victim); len(got) > 0 {
			t.Errorf("it wrote %v", got)
		}
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1, remotetest.Files{})
	src := tree(t, map[string]string{"d/a": "A", "d/b": "B"})
	if err := syscall.Mkfifo(src+"/d/pipe", 0o644); err != nil {
		t.Fatal(err)
	}
	places := l.up(transfer.Task{From: []string{src + "/d"}, To: ".", Options: transfer.Options{Recursive: true}})
	if names := places[0].Tally.Names(transfer.Failed); len(names) != 1 || !strings.HasSuffix(names[0], "/pipe") {
		t.Errorf("failed: %v", names)
	}
	same(t, l.homes["compute001"], map[string]string{"d/": "", "d/a": "A", "d/b": "B"})

	places = l.up(transfer.Task{From: []string{src + "/d"}, To: "."})
	if places[0].Tally.Whole() || !strings.Contains(fmt.Sprint(places[0].Tally.Errors()), "add -r") {
		t.Errorf("a folder without -r: %v", places[0].Tally.Errors())
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1, remotetest.Files{})
	src := tree(t, map[string]string{"a": "A"})
	nodes := []cluster.NodeName{"compute001", "compute002"}
	places := l.up(transfer.Task{From: []string{src + "/a"}, To: ".", Nodes: nodes})
	wantWhole(t, places[:1])
	if places[1].Dead() == nil || places[1].Tally.Count(transfer.Missed) != 1 {
		t.Errorf("compute002: %v, %v", places[1].Dead(), places[1].Tally.Names(transfer.Missed))
	}
	places = l.down(transfer.Task{From: []string{"a", "b*"}, To: t.TempDir(), Nodes: nodes, Apart: true})
	if !strings.Contains(fmt.Sprint(places[0].Dead()), `no file matches "b*"`) || places[1].Dead() == nil {
		t.Errorf("%v, %v", places[0].Dead(), places[1].Dead())
	}
	none := remotetest.Start(t, remotetest.Options{})
	l.servers["compute003"] = none
	places = l.up(transfer.Task{From: []string{src + "/a"}, To: ".", Nodes: []cluster.NodeName{"compute003"}})
	if !strings.Contains(fmt.Sprint(places[0].Dead()), "does its sshd serve SFTP?") {
		t.Errorf("without SFTP: %v", places[0].Dead())
	}
}

// slow is a source that never ends.
type slow struct {
	transfer.Local
	begun chan struct{}
}

func (s slow) Open(string) (transfer.ReadFile, error) { return &endless{s.begun}, nil }

func (slow) Stat(name string) (fs.FileInfo, error) { return liarInfo{filepath.Base(name), 0o644}, nil }

type endless struct{ begun chan struct{} }

func (e *endless) WriteTo(w io.Writer) (int64, error) {
	for n := int64(0); ; n += 1000 {
		if n == 1_000_000 {
			close(e.begun)
		}
		if _, err := w.Write(make([]byte, 1000)); err != nil {
			return n, err
		}
	}
}
func (*endless) Stat() (fs.FileInfo, error) { return liarInfo{"x", 0o644}, nil }
func (*endless) Close() error               { return nil }

// Ctrl-C leaves no half file.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1, remotetest.Files{})
	conn, err := l.Dial(t.Context(), "compute001")
	if err != nil {
		t.Fatal(err)
	}
	files, err := conn.Files(t.Context(), remote.FilesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	ctx, cancel := context.WithCancel(t.Context())
	begun := make(chan struct{})
	go func() { <-begun; cancel() }()
	d := &transfer.Destination{Target: transfer.Node{Files: files}, Path: "."}
	transfer.Copy(ctx, slow{begun: begun}, []transfer.Item{{Path: "x", Name: "x"}}, []*transfer.Destination{d}, transfer.Options{})
	if d.Tally.Count(transfer.Missed) != 1 {
		t.Errorf("missed: %v, errors: %v", d.Tally.Names(transfer.Missed), d.Tally.Errors())
	}
	same(t, l.homes["compute001"], map[string]string{})
}

// counted counts how often each file is opened.
type counted struct {
	transfer.Local
	opened *atomic.Int64
}

func (c counted) Open(name string) (transfer.ReadFile, error) {
	c.opened.Add(1)
	return c.Local.Open(name)
}

// However many nodes there are, a file is read once.
func TestReadOnce(t *testing.T) {
	t.Parallel()
	src := tree(t, map[string]string{"big": strings.Repeat("x", 3_000_000)})
	var to []*transfer.Destination
	var dirs []string
	for range 40 {
		dir := t.TempDir()
		folder, err := transfer.OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Close()
		to, dirs = append(to, &transfer.Destination{Target: folder}), append(dirs, dir)
	}
	var opened atomic.Int64
	transfer.Copy(t.Context(), counted{opened: &opened}, []transfer.Item{{Path: src + "/big", Name: "big"}}, to, transfer.Options{})
	wantWhole(t, to)
	if n := opened.Load(); n != 1 {
		t.Errorf("it was read %d times", n)
	}
	for _, dir := range dirs {
		same(t, dir, list(t, src))
	}
}
