package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers/bootdata"
)

const toy = `summary = "A toy"
platforms = ["debian-13"]
packages = { debian = ["a", "b"] }
file "/etc/toy" {
  template = "toy.tmpl"
  notify   = ["step:again"]
}
step "first" {
  phase   = "configure"
  run     = "x.sh"
  exports = ["node.hostkey"]
}
step "again" {
  phase = "configure"
  run   = "x.sh"
  wait  = ["node.hostkey.saved"]
}
step "always" {
  phase  = "verify"
  run    = "x.sh"
  always = true
}
`

// set is a machine and what is to be done on it.
type set struct {
	t    *testing.T
	conn *remote.Conn
	lib  *role.Library
}

func newSet(t *testing.T, o Options, boot sim.Boot) *set {
	t.Helper()
	m := open(t, o)
	user, host := newKey(t), newKey(t)
	boot.ID, boot.UserData = "n", userData(t, user, host, "")
	addr, err := m.Boot(t.Context(), boot)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&remote.Dialer{Key: user.PrivatePEM}).Dial(t.Context(), remote.Target{
		Node: "n", User: bootdata.AdminUser, HostKeys: []string{host.Authorized}, Endpoints: []cluster.Endpoint{{Host: addr.PublicIP, Port: 22}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &set{t: t, conn: conn, lib: role.NewLibrary(fstest.MapFS{
		"toy/role.hcl":       {Data: []byte(toy)},
		"toy/steps/x.sh":     {Data: []byte("true\n")},
		"toy/files/toy.tmpl": {Data: []byte("toy\n")},
	})}
}

// Start implements role.Transport.
func (s *set) Start(ctx context.Context, command string) (role.Process, error) {
	return s.conn.Start(ctx, command)
}

// run sets the machine up; tell hears each message.
func (s *set) run(ctx context.Context, o role.Options, tell func(*role.Session, role.Message)) (*role.Session, error) {
	s.t.Helper()
	bundle, err := role.Assemble(s.lib, role.Node{
		Cluster: "c", ID: "c-1", Name: "n", Group: "g", Frontend: "f", Login: cluster.Login{User: "u", UID: 1000},
	}, []cluster.RoleUse{{Name: "toy"}}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	var session *role.Session
	started := make(chan struct{})
	o.Sudo = true
	o.Handle = func(m role.Message) {
		<-started
		tell(session, m)
	}
	session, err = role.StartSession(ctx, s, bundle, o)
	if err != nil {
		s.t.Fatal(err)
	}
	close(started)
	return session, session.Wait()
}

func TestSetUpTwice(t *testing.T) {
	s := newSet(t, Options{StepTime: time.Millisecond}, sim.Boot{})
	var key string
	for _, want := range [][]string{
		{"os/packages changed", "toy/files changed", "toy/first changed", "toy/again changed", "toy/always changed"},
		{"os/packages unchanged", "toy/files unchanged", "toy/first unchanged", "toy/again unchanged", "toy/always changed"},
	} {
		var got []string
		_, err := s.run(t.Context(), role.Options{}, func(session *role.Session, m role.Message) {
			switch m := m.(type) {
			case role.StepFinished:
				got = append(got, fmt.Sprintf("%s/%s %s", m.Role, m.Step, m.Outcome))
			case role.FactSet:
				if key != "" && key != m.Value {
					t.Errorf("another host key: %s", m.Value)
				}
				key = m.Value
				_ = session.Fact("node.hostkey.saved", m.Value)
			case role.Notice:
				t.Error(m.Text)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("steps %q, want %q", got, want)
		}
	}
}

func TestCancel(t *testing.T) {
	s := newSet(t, Options{StepTime: time.Hour}, sim.Boot{})
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	_, err := s.run(ctx, role.Options{}, func(_ *role.Session, m role.Message) {
		if _, ok := m.(role.StepStarted); ok {
			once.Do(cancel)
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

func TestOtherPlatform(t *testing.T) {
	s := newSet(t, Options{}, sim.Boot{Image: "debian-11"})
	_, err := s.run(t.Context(), role.Options{}, func(*role.Session, role.Message) {})
	if _, failed := errors.AsType[*role.StepError](err); !failed {
		t.Errorf("it ended with %v", err)
	}
}

func TestServe(t *testing.T) {
	s := newSet(t, Options{}, sim.Boot{})
	_, err := s.run(t.Context(), role.Options{Serve: true, Phases: []role.Phase{}}, func(session *role.Session, m role.Message) {
		if _, ok := m.(role.Serving); !ok {
			return
		}
		go func() {
			out, err := session.Exec(t.Context(), "scontrol --oneliner show nodes || exit\necho '%%'\n")
			if err != nil || string(out) != "%%\n" {
				t.Errorf("it answered %q, %v", out, err)
			}
			_ = session.End()
		}()
	})
	if err != nil {
		t.Error(err)
	}
}
