package sftpshell_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
	"github.com/ecluster/ecluster/internal/sftpshell"
	"github.com/ecluster/ecluster/internal/transfer"
)

// session is a shell over a test server, with what it printed.
type session struct {
	*testing.T
	*sftpshell.Shell
	home, here string
	out        []string
}

func newSession(t *testing.T) *session {
	t.Helper()
	key, err := remote.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{T: t, home: t.TempDir(), here: t.TempDir()}
	server := remotetest.Start(t, remotetest.Options{Files: &remotetest.Files{Home: s.home}})
	dialer := &remote.Dialer{Key: key.PrivatePEM}
	conn, err := dialer.Dial(t.Context(), remote.Target{
		Node: "frontend001", User: "root", Endpoints: []cluster.Endpoint{server.Endpoint()}, HostKeys: server.HostKeys(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	files, err := conn.Files(t.Context(), remote.FilesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Shell, err = sftpshell.New(files, s.here); err != nil {
		t.Fatal(err)
	}
	s.Print = func(line string) { s.out = append(s.out, line) }
	s.Copy = func(work func(transfer.Options) (*transfer.Destination, error)) error {
		d, err := work(transfer.Options{})
		if err == nil && !d.Tally.Whole() {
			err = errors.Join(append(d.Tally.Errors(), errors.New("incomplete"))...)
		}
		return err
	}
	return s
}

// do carries lines out and returns what they printed.
func (s *session) do(lines ...string) string {
	s.Helper()
	s.out = nil
	for _, line := range lines {
		if err := s.Do(s.Context(), line); err != nil {
			s.Fatalf("%s: %v", line, err)
		}
	}
	return strings.Join(s.out, "|")
}

func (s *session) fails(line, with string) {
	s.Helper()
	err := s.Do(s.Context(), line)
	if err == nil || !strings.Contains(err.Error(), with) {
		s.Errorf("%s: %v, want %q", line, err, with)
	}
}

func (s *session) write(path, text string) {
	s.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.Fatal(err)
	}
}

func TestLookAround(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.write(s.home+"/a", "")
	s.write(s.home+"/.hidden", "")
	s.write(s.home+"/with space/x[1]", "four")
	for line, want := range map[string]string{
		"ls":                   "a|with space/",
		"ls -a":                ".hidden|a|with space/",
		"ls 'with space'":      "x[1]",
		`ls with\ space/`:      "x[1]",
		"ls w*":                "x[1]",
		"ls w*/*":              "x[1]",
		"ls 'with space/x[1]'": "x[1]",
		"ls -- a":              "a",
		"pwd":                  s.home,
		"lpwd":                 s.here,
		"":                     "",
		"# a comment":          "",
	} {
		if got := s.do(line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	if got := s.do("ls -l a"); !strings.HasPrefix(got, "-rw-r--r--") {
		t.Errorf("%q", got)
	}
	if got := s.do("cd 'with space'", "pwd", "ls x*", "cd ..", "pwd", "cd /", "pwd"); got != s.home+"/with space|x[1]|"+s.home+"|/" {
		t.Errorf("%q", got)
	}
	s.fails("cd nowhere", "not exist")
	s.fails("ls nothing*", "no file matches")
	s.fails("mkdirr", `did you mean "mkdir"?`)
	s.fails("frobnicate", "'help' lists them")
	s.fails("ls -z", "has no option -z")
	s.fails("rename one", "usage: rename OLD NEW")
	s.fails("ls 'open", "quotation mark")
	if got := s.do("help"); !strings.Contains(got, "get [-rp] FILE... [TARGET]") {
		t.Errorf("%q", got)
	}
	if err := s.Do(t.Context(), "bye"); !errors.Is(err, sftpshell.ErrQuit) {
		t.Errorf("bye: %v", err)
	}
}

func TestCopyAndChange(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.write(s.here+"/one", "1")
	s.write(s.here+"/two", "2")
	s.write(s.here+"/[odd]/three", "3")
	s.do("put one", "put one uno", "mkdir d", "put one two d", "put -r [odd]", "put o*e* d/")
	s.do("lcd [odd]", "put three", "get uno ../back", "lcd ..", "get -r d", "cd d", "get t* .")
	for path, want := range map[string]string{
		s.home + "/one": "1", s.home + "/uno": "1", s.home + "/d/two": "2", s.home + "/[odd]/three": "3",
		s.home + "/three": "3", s.here + "/back": "1", s.here + "/d/one": "1", s.here + "/two": "2",
	} {
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	s.fails("get one two three", "is no folder")
	s.fails("put d", "add -r")
	s.fails("put none", "none")
	s.fails("rename one two", "exists")
	s.fails("rm .", "is a folder")
	s.do("rename one three", "rm t*", "cd ..", "rmdir d", "rm -r [odd]")
	s.fails("rmdir uno", "is no folder")
	if got := s.do("ls"); !strings.Contains(got, "uno") || strings.Contains(got, "[odd]") {
		t.Errorf("%q", got)
	}
	// A link is deleted, not what it leads to.
	s.write(s.home+"/keep/me", "")
	if err := os.Symlink(s.home+"/keep", s.home+"/link"); err != nil {
		t.Fatal(err)
	}
	s.do("rm -r link")
	if _, err := os.Stat(s.home + "/keep/me"); err != nil {
		t.Error(err)
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.write(s.home+"/results/x", "")
	s.write(s.home+"/read me", "")
	s.write(s.here+"/local.txt", "")
	for line, want := range map[string][]string{
		"l":             {"lcd", "lls", "lpwd", "ls"},
		"get re":        {`get read\ me`, "get results/"},
		`get read\ `:    {`get read\ me`},
		"get results/":  {"get results/x"},
		"put ":          {"put local.txt"},
		"put l":         {"put local.txt"},
		"get nothing":   nil,
		"get 'results/": nil,
		"cd /no/such":   nil,
	} {
		if got := s.Complete(line); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	if got := s.Complete("get " + s.home + "/res"); !slices.Equal(got, []string{"get " + s.home + "/results/"}) {
		t.Errorf("%q", got)
	}
}

func FuzzLine(f *testing.F) {
	f.Add(`ls 'a b' "c\"d" e\ f`)
	f.Add(`pwd \`)
	f.Fuzz(func(t *testing.T, line string) {
		s := &sftpshell.Shell{Print: func(string) {}}
		if strings.Contains(line, "help") || strings.Contains(line, "pwd") {
			_ = s.Do(t.Context(), "pwd "+line) // needs no node
		}
	})
}
