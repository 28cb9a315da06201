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
		if slices.ContainsFunc(page.Examples, isReal) {
			t.Run(page.Path, func(t *testing.T) { n += typed(t, page) })
		}
	}
	t.Logf("%d commands run on real nodes", n)
}

func isReal(e manual.Example) bool {
	return e.Lang == "console" && (e.Mode == manual.Real || e.Mode == manual.Nodes)
}

// typed runs the commands of a page, and returns how many there were.
func typed(t *testing.T, page manual.Page) int {
	t.Helper()
	u := newUser(t, clusterOf(t, page))
	u.patience = 20 * time.Minute // recipes install compilers and the like
	u.shim()
	n := 0
	for _, e := range page.Examples {
		if e.File != "" {
			if err := os.MkdirAll(filepath.Join(u.dir, filepath.Dir(e.File)), 0o700); err != nil {
				t.Fatal(err)
			}
			u.write(e.File, e.Text)
		}
		if !isReal(e) {
			continue
		}
		commands, err := e.Commands()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commands {
			n++
			if err := u.shell(c.Text); err != nil {
				t.Fatalf("line %d: %v", c.Line, err)
			}
		}
	}
	return n
}

// clusterOf is the cluster that a page starts: one, so that it can be known
// whether anything of it is left.
func clusterOf(t *testing.T, page manual.Page) string {
	t.Helper()
	for _, e := range page.Examples {
		if !isReal(e) {
			continue
		}
		commands, err := e.Commands()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commands {
			for _, call := range c.Calls {
				if len(call.Args) > 1 && call.Args[0] == "start" {
					return call.Args[1]
				}
			}
		}
	}
	t.Fatalf("%s starts no cluster", page.Path)
	return ""
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
