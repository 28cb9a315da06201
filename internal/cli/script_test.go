package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers/fake"
)

var update = flag.Bool("update", false, "write the golden files and the scripts anew")

// The scripts are the manual of the command line: each tells one story. Their
// own commands are:
//
//	status N COMMAND...    runs a command that must end with exit status N
//	says TEXT              standard error has these words, however it is broken into lines
//	asks TEXT              the same of the terminal of ttyin
//	json FILE              one JSON value and nothing else is in it (or in stdout)
//	jsonlines FILE         one JSON object a line is in it
//	yaml FILE              YAML is in it
//	empty FILE             nothing is in it
//	mark CLUSTER NODE PHASE    records that a node is in a phase
//	vanish CLUSTER NODE    deletes a machine of the fake cloud behind our back
//	leftovers CLUSTER-ID   prints what the fake cloud still has of all clusters
//	hold CLUSTER           works on a cluster until the end of the script
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(what string) (bool, error) {
			if what != "bash-completion" {
				return false, fmt.Errorf("there is no condition %q", what)
			}
			_, err := os.Stat("/usr/share/bash-completion/bash_completion")
			return err == nil, nil
		},
		Setup: setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":    cmdStatus,
			"says":      cmdSays,
			"asks":      cmdAsks,
			"json":      cmdJSON,
			"jsonlines": cmdJSONLines,
			"yaml":      cmdYAML,
			"empty":     cmdEmpty,
			"mark":      cmdMark,
			"vanish":    cmdVanish,
			"leftovers": cmdLeftovers,
			"hold":      cmdHold,
		},
	})
}

// setUp gives each script a home, a cloud and no colour. testscript's own
// HOME does not exist, as that of a new user of a container.
func setUp(env *testscript.Env) error {
	l, stop, err := newLandlord()
	if err != nil {
		return err
	}
	env.Defer(stop)
	env.Setenv("HOME", env.WorkDir+"/home")
	env.Setenv("ECLUSTER_HOME", env.WorkDir+"/home/.ecluster")
	env.Setenv("CLOUD", env.WorkDir+"/cloud.json")
	env.Setenv("FAKE_MACHINES", l.socket)
	env.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	return nil
}

func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	status := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		status = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(status) != args[0] {
		ts.Fatalf("%v ended with status %d, not %s", args[1:], status, args[0])
	}
}

func cmdSays(ts *testscript.TestScript, neg bool, args []string) { shows(ts, "stderr", neg, args[0]) }

func cmdAsks(ts *testscript.TestScript, neg bool, args []string) { shows(ts, "ttyout", neg, args[0]) }

func shows(ts *testscript.TestScript, where string, neg bool, what string) {
	text := strings.Join(strings.Fields(ts.ReadFile(where)), " ")
	if strings.Contains(text, what) == neg {
		ts.Fatalf("%s should say %q: %v. It says:\n%s", where, what, !neg, text)
	}
}

func cmdJSON(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	d := json.NewDecoder(bytes.NewReader([]byte(ts.ReadFile(args[0]))))
	if err := d.Decode(&v); err != nil {
		ts.Fatalf("%s is no JSON: %v", args[0], err)
	}
	if err := d.Decode(&v); !errors.Is(err, io.EOF) {
		ts.Fatalf("%s has more than one JSON value", args[0])
	}
}

func cmdJSONLines(ts *testscript.TestScript, _ bool, args []string) {
	for line := range bytes.Lines([]byte(ts.ReadFile(args[0]))) {
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil || v["type"] == nil {
			ts.Fatalf("%s has a line that is no JSON object with a type: %s", args[0], line)
		}
	}
}

func cmdYAML(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	ts.Check(yaml.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
}

func cmdEmpty(ts *testscript.TestScript, neg bool, args []string) {
	if (ts.ReadFile(args[0]) == "") == neg {
		ts.Fatalf("%s: empty is %v", args[0], neg)
	}
}

func cmdMark(ts *testscript.TestScript, _ bool, args []string) {
	name := cluster.Name(args[0])
	store := state.OpenStore(ts.Getenv("ECLUSTER_HOME"))
	lock, err := store.Lock(context.Background(), name, state.NewHolder("mark", time.Now()))
	ts.Check(err)
	st, err := store.Load(name)
	ts.Check(err)
	session, err := store.OpenSession(lock, st)
	ts.Check(err)
	session.Node(cluster.NodeName(args[1]), func(n *cluster.Node) { n.Phase = cluster.Phase(args[2]) })
	ts.Check(errors.Join(session.Close(), lock.Release()))
}

// world is the cloud of a script.
func world(ts *testscript.TestScript) *fake.World {
	return fake.NewWorld(fake.Options{File: ts.Getenv("CLOUD"), Machines: tenant{socket: ts.Getenv("FAKE_MACHINES")}})
}

func cmdVanish(ts *testscript.TestScript, _ bool, args []string) {
	st, err := state.OpenStore(ts.Getenv("ECLUSTER_HOME")).Load(cluster.Name(args[0]))
	ts.Check(err)
	world(ts).Vanish(st.ID, cluster.NodeName(args[1]))
}

func cmdLeftovers(ts *testscript.TestScript, _ bool, _ []string) {
	refs, err := world(ts).Driver().Clusters(context.Background())
	ts.Check(err)
	for _, r := range refs {
		ts.Fatalf("the cloud still has %d machines and %v of cluster %s", r.Machines, r.Resources, r.ID)
	}
}

func cmdHold(ts *testscript.TestScript, _ bool, args []string) {
	lock, err := state.OpenStore(ts.Getenv("ECLUSTER_HOME")).Lock(context.Background(), cluster.Name(args[0]), state.NewHolder("setup", time.Now()))
	ts.Check(err)
	ts.Defer(func() { _ = lock.Release() })
}
