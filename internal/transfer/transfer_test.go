package transfer_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
	"github.com/ecluster/ecluster/internal/transfer"
)

// lab is some nodes, each a server with a home of its own.
type lab struct {
	*testing.T
	dialer  *remote.Dialer
	servers map[cluster.NodeName]*remotetest.Server
	homes   map[cluster.NodeName]string

	mu    sync.Mutex
	conns map[cluster.NodeName]*remote.Conn
}

func newLab(t *testing.T, nodes int, files remotetest.Files) *lab {
	t.Helper()
	key, err := remote.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{
		T: t, dialer: &remote.Dialer{Key: key.PrivatePEM},
		servers: map[cluster.NodeName]*remotetest.Server{}, homes: map[cluster.NodeName]string{}, conns: map[cluster.NodeName]*remote.Conn{},
	}
	for i := range nodes {
		node := cluster.NewNodeName("compute", i+1)
		served := files
		served.Home = t.TempDir()
		l.homes[node] = served.Home
		l.servers[node] = remotetest.Start(t, remotetest.Options{Files: &served})
	}
	return l
}

func (l *lab) Dial(ctx context.Context, node cluster.NodeName) (*remote.Conn, error) {
	s := l.servers[node]
	if s == nil {
		return nil, &remote.UnreachableError{Node: node}
	}
	conn, err := l.dialer.Dial(ctx, remote.Target{
		Node: node, User: "root", Endpoints: []cluster.Endpoint{s.Endpoint()}, HostKeys: s.HostKeys(),
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[node] = conn
	return conn, err
}

func (l *lab) Drop(node cluster.NodeName) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.conns[node]; c != nil {
		_ = c.Close()
	}
	delete(l.conns, node)
}

func (l *lab) nodes() []cluster.NodeName {
	var names []cluster.NodeName
	for n := range l.servers {
		names = append(names, n)
	}
	slices.SortFunc(names, cluster.CompareNodes)
	return names
}

// up and down copy, and fail the test when nothing could be begun.
func (l *lab) up(t transfer.Task) []*transfer.Destination {
	l.Helper()
	return l.copied(t, transfer.Task.Upload)
}

func (l *lab) down(t transfer.Task) []*transfer.Destination {
	l.Helper()
	return l.copied(t, transfer.Task.Download)
}

func (l *lab) copied(t transfer.Task, run func(transfer.Task, context.Context) ([]*transfer.Destination, error)) []*transfer.Destination {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), time.Minute)
	defer cancel()
	t.Network = l
	if t.Nodes == nil {
		t.Nodes = l.nodes()
	}
	places, err := run(t, ctx)
	if err != nil {
		l.Fatal(err)
	}
	return places
}

// wantWhole fails the test unless everything arrived.
func wantWhole(t *testing.T, places []*transfer.Destination) {
	t.Helper()
	for _, p := range places {
		if p.Dead() != nil || !p.Tally.Whole() {
			t.Errorf("%s: %v, %v, missed %v", p.Label, p.Dead(), p.Tally.Errors(), p.Tally.Names(transfer.Missed))
		}
	}
}

// tree writes files; a name that ends in / is a folder, "a -> b" is a link.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		link, target, isLink := strings.Cut(name, " -> ")
		path := filepath.Join(dir, link)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case isLink:
			err = os.Symlink(target, path)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// list is what is in a folder: names, kinds and texts.
func list(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		switch {
		case d.IsDir():
			found[name+"/"] = ""
		case d.Type()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(path)
			found[name+" -> "+asMade(t, target)] = ""
		default:
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found[name] = string(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// asMade undoes what the test server does to the target of a link: it makes it
// absolute, as seen from its home.
func asMade(t *testing.T, target string) string {
	t.Helper()
	all := filepath.Dir(t.TempDir())
	switch {
	case target == all:
		return ".."
	case filepath.Dir(filepath.Dir(target)) == all:
		return filepath.Base(target)
	}
	return target
}

func same(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	got := list(t, dir)
	for name, text := range want {
		if have, ok := got[name]; !ok || have != text {
			t.Errorf("%q is %.40q (%v), want %.40q", name, have, ok, text)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("there are also %.200q", fmt.Sprint(got))
	}
}

// strange are files that break copiers.
func strange() map[string]string {
	return map[string]string{
		"tree/":                   "",
		"tree/a b":                "spaces",
		"tree/-rf":                "a dash",
		"tree/new\nline":          "a line",
		"tree/caf\xe9":            "Latin-1",
		"tree/*?[x]":              "a pattern",
		"tree/.hidden":            "a dot",
		"tree/empty":              "",
		"tree/big":                strings.Repeat("0123456789abcdef", 40_000),
		"tree/sub/":               "",
		"tree/sub/deep/":          "",
		"tree/sub/deep/x":         "x",
		"tree/sub/loop -> ..":     "",
		"tree/self -> self":       "",
		"tree/gone -> /no/where":  "",
		"tree/empty folder/":      "",
		"tree/quote'd \"name\"; ": "quotes",
	}
}

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	l := newLab(t, 3, remotetest.Files{})
	src := tree(t, strange())
	wantWhole(t, l.up(transfer.Task{From: []string{src + "/tree"}, To: ".", Options: transfer.Options{Recursive: true}}))
	for _, n := range l.nodes() {
		same(t, l.homes[n], strange())
	}

	// From one node, and from all of them.
	back := t.TempDir()
	wantWhole(t, l.down(transfer.Task{Nodes: []cluster.NodeName{"compute002"}, From: []string{"tree"}, To: back, Options: transfer.Options{Recursive: true}}))
	same(t, back, strange())
	apart := filepath.Join(t.TempDir(), "new")
	wantWhole(t, l.down(transfer.Task{From: []string{"./tree/sub/*/x", "tree/[ab] b"}, To: apart, Apart: true}))
	same(t, apart, map[string]string{
		"compute001/": "", "compute001/x": "x", "compute001/a b": "spaces",
		"compute002/": "", "compute002/x": "x", "compute002/a b": "spaces",
		"compute003/": "", "compute003/x": "x", "compute003/a b": "spaces",
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1, remotetest.Files{})
	src := tree(t, map[string]string{"a": "A", "b": "B", "d/x": "X"})
	home := l.homes["compute001"]
	for _, c := range []struct {
		from []string
		to   string
		want string // names, or the error
	}{
		{[]string{"/a"}, ".", "a"},
		{[]string{"/a"}, "other", "other"},
		{[]string{"/a"}, "HOME/abs", "abs"},
		{[]string{"/a", "/b"}, ".", "a b"},
		{[]string{"/a", "/b"}, "other", "is no folder, which several files could go to"},
		{[]string{"/a"}, "no/such", "there is no folder no/"},
		{[]string{"/a"}, "no/", "there is no folder no/"},
		{[]string{"/d"}, ".", "d/ d/x"},
		{[]string{"/d"}, "e", "e/ e/x"},
		{[]string{"/d"}, "e/", "e/ e/x"},
		{[]string{"/d/."}, ".", "x"},
		{[]string{"/d/."}, "e", "e/ e/x"},
		{[]string{"/nothing"}, ".", "no such file"},
	} {
		name := fmt.Sprintf("%v to %s", c.from, c.to)
		var from []string
		for _, f := range c.from {
			from = append(from, src+f)
		}
		task := transfer.Task{Network: l, Nodes: l.nodes(), From: from, To: strings.Replace(c.to, "HOME", home, 1), Options: transfer.Options{Recursive: true}}
		places, err := task.Upload(t.Context())
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(places[0].Dead(), places[0].Tally.Errors())
			if places[0].Dead() == nil && places[0].Tally.Whole() {
				var names []string
				for n := range list(t, home) {
					names = append(names, n)
				}
				slices.Sort(names)
				got = strings.Join(names, " ")
			}
		}
		if got != c.want && !strings.Contains(got, c.want) || c.want == "" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		left, _ := filepath.Glob(home + "/*")
		for _, f := range left {
			_ = os.RemoveAll(f)
		}
	}
}

func TestRightsAndTimes(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1, remotetest.Files{})
	src := tree(t, map[string]string{"d/run": "x", "d/private": "x", "d/wide": "x", "d/locked/y": "y"})
	when := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, mode := range map[string]fs.FileMode{"run": 0o755, "private": 0o600, "wide": 0o777, "locked": 0o500} {
		if err := os.Chmod(src+"/d/"+name, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(src+"/d/"+name, when, when); err != nil {
			t.Fatal(err)
		}
	}
	check := func(dir string, want map[string]fs.FileMode, times bool) {
		t.Helper()
		for name, mode := range want {
			info, err := os.Stat(dir + "/" + name)
			if err != nil || info.Mode().Perm() != mode || info.ModTime().Equal(when) != times {
				t.Errorf("%s: %v %v %v", name, info.Mode(), info.ModTime(), err)
			}
		}
	}
	plain := map[string]fs.FileMode{"run": 0o755, "private": 0o600, "wide": 0o755, "locked": 0o500}
	exact := map[string]fs.FileMode{"run": 0o755, "private": 0o600, "wide": 0o777, "locked": 0o500}
	home := l.homes["compute001"]
	wantWhole(t, l.up(transfer.Task{From: []string{src + "/d"}, To: "plain", Options: transfer.Options{Recursive: true}}))
	check(home+"/plain", plain, false)
	wantWhole(t, l.up(transfer.Task{From: []string{src + "/d"}, To: "exact", Options: transfer.Options{Recursive: true, Preserve: true}}))
	check(home+"/exact", exact, true)
	back := t.TempDir()
	wantWhole(t, l.down(transfer.Task{From: []string{"exact"}, To: back + "/plain", Options: transfer.Options{Recursive: true}}))
	check(back+"/plain", plain, false)
	wantWhole(t, l.down(transfer.Task{From: []string{"exact"}, To: back + "/exact", Options: transfer.Options{Recursive: true, Preserve: true}}))
	check(back+"/exact", exact, true)
}

// A file that is replaced keeps its own rights, and a link makes way for a file.
func TestReplace(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1, remotetest.Files{})
	home := l.homes["compute001"]
	src := tree(t, map[string]string{"secret": "new", "link": "new", "folder": "new"})
	for name, text := range map[string]string{"secret": "old", "victim": "old"} {
		if err := os.WriteFile(home+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("victim", home+"/link"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(home+"/folder", 0o755); err != nil {
		t.Fatal(err)
	}
	places := l.up(transfer.Task{From: []string{src + "/secret", src + "/link", src + "/folder"}, To: "."})
	if names := places[0].Tally.Names(transfer.Failed); len(names) != 1 || !strings.HasSuffix(names[0], "/folder") {
		t.Errorf("failed: %v", names)
	}
	same(t, home, map[string]string{"secret": "new", "link": "new", "victim": "old", "folder/": ""})
	if info, err := os.Stat(home + "/secret"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1, remotetest.Files{})
	src := tree(t, map[string]string{"d/a": "A", "d/b": "B", "d/c": "C"})
	task := transfer.Task{From: []string{src + "/d"}, To: ".", Options: transfer.Options{Recursive: true, Resume: true}}
	wantWhole(t, l.up(task))
	home := l.homes["compute001"]
	if err := os.Remove(home + "/d/b"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(src+"/d/c", []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	places := l.up(task)
	wantWhole(t, places)
	if a, s := places[0].Tally.Count(transfer.Arrived), places[0].Tally.Count(transfer.Skipped); a != 2 || s != 1 {
		t.Errorf("%d arrived, %d skipped", a, s)
	}
	same(t, home, map[string]string{"d/": "", "d/a": "A", "d/b": "B", "d/c": "another"})
}
