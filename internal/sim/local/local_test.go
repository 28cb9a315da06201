package local

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

func open(tb testing.TB, o Options) *Machines {
	tb.Helper()
	m := New(o)
	probe, err := m.Boot(tb.Context(), sim.Boot{ID: "probe", Agent: &sim.Agent{Users: []sim.AgentUser{{AuthorizedKey: newKey(tb).Authorized}}}})
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EADDRINUSE) {
		tb.Skipf("not possible here: %v", err)
	}
	if err != nil || !strings.HasPrefix(probe.PublicIP, "127.") {
		tb.Fatal(probe, err)
	}
	if err := m.Delete(tb.Context(), "probe"); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := m.Close(context.WithoutCancel(tb.Context())); err != nil {
			tb.Error(err)
		}
	})
	return m
}

func newKey(tb testing.TB) remote.KeyPair {
	tb.Helper()
	key, err := remote.GenerateKey()
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func userData(tb testing.TB, user, host remote.KeyPair, theirs string) []byte {
	tb.Helper()
	data, err := bootdata.CloudInit(bootdata.Config{
		Access:   providers.Access{AuthorizedKey: user.Authorized, HostKey: host.PrivatePEM, HostKeyPublic: host.Authorized},
		UserData: theirs,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func zipped(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data)
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// hostname logs in, with no other host keys than these.
func hostname(tb testing.TB, user remote.KeyPair, addr sim.Address, hostKeys ...string) (string, error) {
	tb.Helper()
	dialer := &remote.Dialer{Key: user.PrivatePEM}
	conn, err := dialer.Dial(tb.Context(), remote.Target{
		Node: "n", User: bootdata.AdminUser, HostKeys: hostKeys, Endpoints: []cluster.Endpoint{{Host: addr.PublicIP, Port: 22}},
	})
	if err != nil {
		return "", err
	}
	defer conn.Close()
	out, _, err := conn.Run(tb.Context(), "sudo -n hostname", nil)
	return strings.TrimSpace(string(out)), err
}

func TestUserData(t *testing.T) {
	m := open(t, Options{})
	user, host := newKey(t), newKey(t)
	plain := userData(t, user, host, "")
	for id, data := range map[string][]byte{
		"plain":  plain,
		"zipped": zipped(t, plain),
		"script": userData(t, user, host, "#!/bin/sh\necho hello\n"),
		"merged": userData(t, user, host, "#cloud-config\nusers: [default]\n"),
	} {
		addr, err := m.Boot(t.Context(), sim.Boot{ID: id, Hostname: "host-" + id, UserData: data})
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		if got, err := hostname(t, user, addr, host.Authorized); err != nil || got != "host-"+id {
			t.Errorf("%s: %q, %v", id, got, err)
		}
		if _, err := hostname(t, newKey(t), addr, host.Authorized); err == nil {
			t.Errorf("%s: another key gets in", id)
		}
		if keys, err := m.HostKeys(t.Context(), id); err != nil || len(keys) > 0 {
			t.Errorf("%s: it publishes %q, %v", id, keys, err)
		}
		if console, err := m.Console(t.Context(), id); err != nil || !strings.Contains(string(console), host.Authorized+"\n") {
			t.Errorf("%s: console %q, %v", id, console, err)
		}
	}
}

func TestBadUserData(t *testing.T) {
	m := New(Options{})
	user, host, other := newKey(t), newKey(t), newKey(t)
	good := string(userData(t, user, host, ""))
	for says, data := range map[string]string{
		"no user with an authorized key": "#cloud-config\nssh_keys: {}\n",
		"no ed25519 host key":            "#cloud-config\nusers: [{name: a, ssh_authorized_keys: [" + user.Authorized + "]}]\n",
		"not the other half":             strings.ReplaceAll(good, host.Authorized, other.Authorized),
		"read private SSH key":           "#cloud-config\nssh_keys: {ed25519_private: nonsense}\n",
		"neither":                        "#!/bin/sh\n",
		"not multipart":                  "Content-Type: text/plain\n\nhello\n",
		"read user data":                 "#cloud-config\n\tx: [\n",
	} {
		if _, err := m.Boot(t.Context(), sim.Boot{ID: "x", UserData: []byte(data)}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	if _, err := m.Boot(t.Context(), sim.Boot{ID: "x", Agent: &sim.Agent{}}); err == nil || !strings.Contains(err.Error(), "no user with a key") {
		t.Error(err)
	}
}

func TestAgentStopStart(t *testing.T) {
	m := open(t, Options{})
	user := newKey(t)
	boot := sim.Boot{ID: "vm", Hostname: "vm", Agent: &sim.Agent{Users: []sim.AgentUser{{Name: "a", AuthorizedKey: user.Authorized}}}}
	addr, err := m.Boot(t.Context(), boot)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := m.HostKeys(t.Context(), "vm")
	if err != nil || len(keys) != 1 {
		t.Fatalf("host keys %q, %v", keys, err)
	}
	if _, err := hostname(t, user, addr, keys...); err != nil {
		t.Error(err)
	}
	if _, err := m.Boot(t.Context(), boot); err == nil {
		t.Error("a machine of this name was booted twice")
	}
	if err := m.Stop(t.Context(), "vm"); err != nil {
		t.Error(err)
	}
	if _, err := hostname(t, user, addr, keys...); err == nil {
		t.Error("a machine that is off answers")
	}
	if addr, err = m.Start(t.Context(), "vm"); err != nil {
		t.Fatal(err)
	}
	if _, err := hostname(t, user, addr, keys...); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := m.Delete(t.Context(), "vm"); err != nil {
			t.Error(err)
		}
	}
	if _, err := m.Start(t.Context(), "vm"); err == nil {
		t.Error("a machine that was deleted starts")
	}
}

func TestSilent(t *testing.T) {
	m := open(t, Options{})
	user, host := newKey(t), newKey(t)
	addr, err := m.Boot(t.Context(), sim.Boot{ID: "mute", UserData: userData(t, user, host, ""), Silent: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hostname(t, user, addr, host.Authorized); err == nil {
		t.Error("a silent machine answers")
	}
	slow := open(t, Options{SSHTime: time.Hour})
	if addr, err = slow.Boot(t.Context(), sim.Boot{ID: "slow", UserData: userData(t, user, host, "")}); err != nil {
		t.Fatal(err)
	}
	if _, err := hostname(t, user, addr, host.Authorized); err == nil {
		t.Error("a machine answers that still boots")
	}
}

func TestShellLines(t *testing.T) {
	got := shellLines("step 'a b' 'it'\\''s' ''  x\n\nexport EC_NODE='c\n1'\n# no more")
	want := []call{{"step", "a b", "it's", "", "x"}, {"export", "EC_NODE=c\n1"}, {"#", "no", "more"}}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if strings.Join(got[i], "|") != strings.Join(want[i], "|") {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
}
