package role_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/role"
)

// toy is a role with a bit of everything.
func toy() map[string]string {
	return map[string]string{
		"toy/role.hcl": `
summary = "for tests"
param "greeting" {
  type    = string
  default = "hello"
}
param "list" {
  type    = list(string)
  install = true
  default = ["a b", "c'd"]
}
secret "key" { bytes = 8 }
file "/etc/toy.conf" {
  template = "toy.conf.tmpl"
  owner    = "OWNER"
  mode     = "0640"
  notify   = ["step:reread"]
}
file "/etc/toy/deep/key" {
  secret = "key"
  owner  = "OWNER"
  mode   = "0400"
}
step "prepare" {
  phase = "install"
  run   = "prepare.sh"
}
step "setup" {
  phase   = "configure"
  run     = "setup.sh"
  exports = ["toy.address"]
}
step "reread" {
  phase = "notified"
  run   = "reread.sh"
}
step "prove" {
  phase = "verify"
  run   = "prove.sh"
}
`,
		"toy/steps/prepare.sh":    `env | sort >"$EC_ROOT/prepare.env"; printf %s "$EC_PARAM_LIST" >"$EC_ROOT/list"; cat >"$EC_ROOT/stdin"`,
		"toy/steps/setup.sh":      `fact set toy.address "$EC_NODE: \"5\" €"; env | sort >"$EC_ROOT/setup.env"; cp "$EC_SECRETS/key" "$EC_FILES/raw.txt" "$EC_ROOT/"; cat "$EC_KEYS"`,
		"toy/steps/reread.sh":     `echo again >>"$EC_ROOT/reread"`,
		"toy/steps/prove.sh":      `notice warning "it's \"so\"-so"`,
		"toy/files/toy.conf.tmpl": "{{ .Params.greeting }} from {{ .Node }} {{ join \",\" .Params.list }} {{ secret \"key\" }}\n",
		"toy/files/raw.txt":       "raw",
	}
}

func TestWholeRun(t *testing.T) {
	r := newRig(t, toy())
	first := r.must()
	want := []string{
		"toy.prepare changed", "toy.files changed", "toy.setup changed", "toy.reread changed", "toy.prove changed",
	}
	if got := first.outcomes(); !slices.Equal(got, want) {
		t.Errorf("outcomes %q, want %q", got, want)
	}
	if got := r.read("etc/toy.conf"); got != "hello from compute001 a b,c'd 6b6b6b6b6b6b6b6b\n" {
		t.Errorf("rendered %q", got)
	}
	if info, err := os.Stat(r.path("etc/toy/deep/key")); err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("key: %v %v", info, err)
	}
	if got := r.read("list") + r.read("stdin") + r.read("raw.txt"); got != "a b\nc'draw" {
		t.Errorf("list, stdin and raw file: %q", got)
	}
	fact := role.FactSet{Name: "toy.address", Value: `compute001: "5" €`}
	if !slices.Contains(first.messages(), role.Message(fact)) {
		t.Errorf("no %v in %v", fact, first.messages())
	}
	notice := role.Notice{Level: event.Warning, Role: "toy", Step: "prove", Text: `it's "so"-so`}
	if !slices.Contains(first.messages(), role.Message(notice)) {
		t.Errorf("no %v in %v", notice, first.messages())
	}

	second := r.must()
	second.expectChanged("toy.prove")
	if !slices.Contains(second.messages(), role.Message(fact)) {
		t.Errorf("the fact of a skipped step was not replayed: %v", second.messages())
	}
	left, _ := filepath.Glob(r.path("run/ecluster/*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestInstallKnowsNoCluster: what bake freezes must not depend on the cluster.
func TestInstallKnowsNoCluster(t *testing.T) {
	r := newRig(t, toy())
	r.must()
	env := r.read("prepare.env")
	for _, secret := range []string{"EC_CLUSTER", "EC_NODE", "EC_FRONTEND", "EC_LOGIN", "EC_SECRETS", "EC_KEYS", "EC_PARAM_GREETING", "compute001", "test-1"} {
		if strings.Contains(env, secret) {
			t.Errorf("an install step sees %s:\n%s", secret, env)
		}
	}
	for _, wanted := range []string{"EC_PARAM_LIST=", "EC_OS_FAMILY=debian", "EC_OS_VERSION=13", "EC_PHASE=install"} {
		if !strings.Contains(env, wanted) {
			t.Errorf("an install step does not see %s:\n%s", wanted, env)
		}
	}
	if env := r.read("setup.env"); !strings.Contains(env, "EC_PARAM_GREETING=hello") || !strings.Contains(env, "EC_MEMORY_MB=512") {
		t.Errorf("a configure step lacks something:\n%s", env)
	}

	// The same role in another cluster: nothing is to be installed again.
	r.node.Cluster, r.node.ID, r.node.Name, r.node.Frontend = "other", "other-2", "n001", "n001"
	r.uses[0].Params = map[string]any{"greeting": "bye"}
	r.must().expectChanged("toy.files", "toy.setup", "toy.reread", "toy.prove")
}

func TestWhatRunsAgain(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*rig)
		want   []string
	}{
		{
			"install parameter", func(r *rig) { r.uses[0].Params = map[string]any{"list": []any{"x"}} },
			[]string{"toy.prepare", "toy.files", "toy.setup", "toy.reread", "toy.prove"},
		},
		{
			"edited by hand", func(r *rig) { r.write("etc/toy.conf", "mine", 0o640) },
			[]string{"toy.files", "toy.reread", "toy.prove"},
		},
		{
			"mode changed by hand", func(r *rig) { _ = os.Chmod(r.path("etc/toy.conf"), 0o600) },
			[]string{"toy.files", "toy.reread", "toy.prove"},
		},
		{
			"removed by hand", func(r *rig) { _ = os.Remove(r.path("etc/toy/deep/key")) },
			[]string{"toy.files", "toy.prove"},
		},
		{
			"stamp lost", func(r *rig) { _ = os.Remove(r.path("var/lib/ecluster/stamps/toy.prepare")) },
			[]string{"toy.prepare", "toy.prove"},
		},
		{
			"fact lost", func(r *rig) { _ = os.Remove(r.path("var/lib/ecluster/facts/toy.address")) },
			[]string{"toy.setup", "toy.prove"},
		},
		{
			"key of the user", func(r *rig) { r.node.AuthorizedKeys = nil },
			[]string{"toy.setup", "toy.prove"},
		},
		{"script", func(r *rig) {
			files := toy()
			files["toy/steps/prepare.sh"] += "\n: more"
			r.roles(files)
		}, []string{"toy.prepare", "toy.setup", "toy.prove"}},
		{"script of a later step", func(r *rig) {
			files := toy()
			files["toy/steps/setup.sh"] += "\n: more"
			r.roles(files)
		}, []string{"toy.setup", "toy.prove"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, toy())
			r.must()
			tc.change(r)
			r.must().expectChanged(tc.want...)
			r.must().expectChanged("toy.prove")
		})
	}
}

func TestWaitForFact(t *testing.T) {
	r := newRig(t, map[string]string{
		"toy/role.hcl": `
summary = "for tests"
step "join" {
  phase = "join"
  run   = "join.sh"
  wait  = ["slurm.controller", "other"]
}`,
		"toy/steps/join.sh": `fact get slurm.controller >"$EC_ROOT/controller"; fact get other >>"$EC_ROOT/controller"`,
	})
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	s := r.start(ctx, role.Options{})
	if err := s.Fact("other", "\n'x'\x01\n"); err != nil {
		t.Fatal(err)
	}
	s.until("waiting", func(m role.Message) bool { return m == role.Message(role.Waiting{Fact: "slurm.controller"}) })
	if err := s.Fact("slurm.controller", "frontend001"); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := r.read("controller"); got != "frontend001\n'x'\x01\n" {
		t.Errorf("facts arrived as %q", got)
	}
	if err := s.Fact("late", "x"); err != nil {
		t.Errorf("a fact for a node that is done: %v", err)
	}
	if err := s.Fact("Bad name", "x"); err == nil {
		t.Error("a bad name was accepted")
	}
}

func TestExec(t *testing.T) {
	r := newRig(t, toy())
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	s := r.start(ctx, role.Options{Serve: true, Phases: []role.Phase{}})
	out, err := s.Exec(ctx, `printf 'a\000b\377'; echo noise >&2; cat`)
	if err != nil || string(out) != "a\x00b\xff" {
		t.Errorf("exec: %q %v", out, err)
	}
	_, err = s.Exec(ctx, "echo first >&2; echo \"it's wrong\" >&2; exit 3")
	var failed *role.ExecError
	if !errors.As(err, &failed) || failed.Status != 3 || !slices.Equal(failed.Tail, []string{"first", "it's wrong"}) {
		t.Errorf("exec: %#v", err)
	}
	if out, err = s.Exec(ctx, "head -c 3000000 /dev/zero"); err != nil || len(out) != 3000000 {
		t.Errorf("exec with much output: %d bytes, %v", len(out), err)
	}
	if _, err = s.Exec(ctx, "head -c 9000000 /dev/zero"); err == nil {
		t.Error("exec with too much output went well")
	}
	short, stop := context.WithCancel(ctx)
	s.until("serving", func(m role.Message) bool { return m == role.Message(role.Serving{}) })
	sleeping, _ := r.fifo("sleeping")
	go func() {
		<-sleeping
		stop()
	}()
	if _, err = s.Exec(short, `echo >"`+r.path("sleeping")+`"; exec sleep 1000`); !errors.Is(err, context.Canceled) {
		t.Errorf("exec that was canceled: %v", err)
	}
	if out, err = s.Exec(ctx, "echo on"); err != nil || string(out) != "on\n" {
		t.Errorf("exec after a canceled one: %q %v", out, err)
	}
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err = s.Exec(ctx, "echo late"); err == nil {
		t.Error("exec after the end went well")
	}
	if got := s.outcomes(); len(got) > 0 {
		t.Errorf("steps in a session without phases: %q", got)
	}
}

// A step that always runs can say that it found nothing to do.
func TestAlwaysUnchanged(t *testing.T) {
	r := newRig(t, map[string]string{
		"toy/role.hcl": `
summary = "for tests"
step "look" {
  phase  = "configure"
  run    = "look.sh"
  always = true
}
`,
		"toy/steps/look.sh": `if [ -e "$EC_ROOT/done" ]; then unchanged; else touch "$EC_ROOT/done"; fi`,
	})
	for _, want := range []string{"toy.look changed", "toy.look unchanged", "toy.look unchanged"} {
		if got := r.must().outcomes(); !slices.Equal(got, []string{want}) {
			t.Errorf("outcomes %q, want %q", got, want)
		}
	}
}
