package role_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/role"
)

// systemctl pretends a unit whose properties stand in the file unit, and notes
// what is done to it.
const systemctl = `#!/bin/sh
case $1 in
  show) cat "$EC_ROOT/unit" ;;
  *) echo "$*" >>"$EC_ROOT/calls" ;;
esac
`

func newNotifyRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, map[string]string{
		"toy/role.hcl": `
summary = "for tests"
param "word" {
  type    = string
  default = "one"
}
file "/etc/toy.conf" {
  template = "toy.tmpl"
  owner    = "OWNER"
  notify   = ["restart:toy.service"]
}
file "/etc/other.conf" {
  template = "toy.tmpl"
  owner    = "OWNER"
  notify   = ["restart:toy.service", "reload:other.service"]
}
step "go" {
  phase = "configure"
  run   = "go.sh"
}`,
		"toy/files/toy.tmpl": "{{ .Params.word }}",
		"toy/steps/go.sh":    `[ ! -e "$EC_ROOT/hang" ] || { echo >"$EC_ROOT/pipe"; sleep 1000; }`,
	})
	r.write("bin/systemctl", systemctl, 0o755)
	return r
}

func TestNotify(t *testing.T) {
	const early, late = "ActiveEnterTimestampMonotonic=1\n", "ActiveEnterTimestampMonotonic=9000000000000000\n"
	for _, tc := range []struct {
		name, unit string
		calls      []string
	}{
		{"inactive", "ActiveState=inactive\nActiveEnterTimestampMonotonic=0\n", nil},
		{"no systemd", "", nil},
		{"active before", "ActiveState=active\n" + early, []string{"restart toy.service", "reload-or-restart other.service"}},
		{"started by the role's step", "ActiveState=active\n" + late, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newNotifyRig(t)
			r.write("unit", tc.unit, 0o644)
			r.must()
			if got := r.calls(); !slices.Equal(got, tc.calls) {
				t.Errorf("calls %q, want %q", got, tc.calls)
			}
			r.must().expectChanged()
			if got := r.calls(); !slices.Equal(got, tc.calls) {
				t.Errorf("calls after a run that changed nothing: %q", got)
			}
		})
	}
}

// TestNotifyInterrupted: a run that dies between the change of a file and its
// consequences leaves them to the next one, which changes no file.
func TestNotifyInterrupted(t *testing.T) {
	t.Parallel()
	r := newNotifyRig(t)
	r.write("unit", "ActiveState=active\nActiveEnterTimestampMonotonic=1\n", 0o644)
	r.write("hang", "", 0o644)
	started, _ := r.fifo("pipe")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := r.start(ctx, role.Options{})
	await(t, "the step", started)
	cancel()
	if err := s.Wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := r.calls(); len(got) > 0 {
		t.Errorf("calls of the run that was interrupted: %q", got)
	}
	r.remove("hang")
	r.must().expectChanged("toy.go", "toy.restart:toy.service", "toy.reload:other.service")
	if got := strings.Join(r.calls(), ", "); got != "restart toy.service, reload-or-restart other.service" {
		t.Errorf("calls %s", got)
	}
	r.must().expectChanged()
}
