package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/manual"
)

// TestManualReal types what the pages of the documentation type that say so,
// from top to bottom, in a shell, with clusters of this machine's Docker engine.
func TestManualReal(t *testing.T) {
	needFull(t)
	pages, err := manual.Pages("../..")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, page := range pages {
		if slices.ContainsFunc(page.Examples, manual.Example.OnNodes) {
			t.Run(page.Path, func(t *testing.T) { n += typed(t, page) })
		}
	}
	t.Logf("%d commands run on real nodes", n)
}

// typed runs the commands of a page, and returns how many there were.
func typed(t *testing.T, page manual.Page) int {
	t.Helper()
	u := newUser(t, clusterOf(t, page))
	u.patience = 20 * time.Minute // recipes install compilers and the like
	u.shim()
	n := 0
	file := func(e manual.Example) error {
		err := os.MkdirAll(filepath.Join(u.dir, filepath.Dir(e.File)), 0o700)
		if err == nil {
			u.write(e.File, e.Text)
		}
		return err
	}
	err := page.Play(manual.Example.OnNodes, file, func(c manual.Command) error {
		n++
		return u.shell(c.Text)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// clusterOf is the cluster that a page starts: one, so that it can be known
// whether anything of it is left.
func clusterOf(t *testing.T, page manual.Page) string {
	t.Helper()
	name := ""
	unread := func(manual.Example) error { return nil }
	err := page.Play(manual.Example.OnNodes, unread, func(c manual.Command) error {
		for _, call := range c.Calls {
			if name == "" && len(call.Args) > 1 && call.Args[0] == "start" {
				name = call.Args[1]
			}
		}
		return nil
	})
	if err != nil || name == "" {
		t.Fatalf("%s starts no cluster: %v", page.Path, err)
	}
	return name
}

// shim puts a program ecluster into the user's folder of programs that says
// yes for a reader who would be asked.
func (u *user) shim() {
	u.Helper()
	dir := filepath.Join(u.home, "bin")
	script := fmt.Sprintf("#!/bin/sh\nverb=$1\ncase $verb in\nstart | stop | resize | remove-node | pause) shift; exec %s \"$verb\" --yes \"$@\" ;;\nesac\nexec %s \"$@\"\n", binary, binary)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		u.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ecluster"), []byte(script), 0o700); err != nil { //nolint:gosec // it is a program
		u.Fatal(err)
	}
}

// shell runs one line of a page as its reader's shell would.
func (u *user) shell(line string) error {
	u.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), u.patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-eo", "pipefail", "-c", line)
	cmd.Dir = u.dir
	cmd.Env = append(os.Environ(), "HOME="+u.home, "ECLUSTER_HOME="+u.home, "NO_COLOR=1", "PATH="+filepath.Join(u.home, "bin")+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	u.Logf("$ %s\n%s", line, strings.TrimRight(string(out), "\n"))
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", line, err, out)
	}
	return nil
}
