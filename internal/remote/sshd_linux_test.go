package remote_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
)

// sshd is OpenSSH's own server in a container of a node image: the one that
// ECLUSTER_TEST_IMAGE names, or one that the Docker provider made here. Where
// there is none its tests are skipped, or fail with ECLUSTER_REQUIRE_ENGINE=1.
type sshd struct {
	name   string
	dialer *remote.Dialer
	target remote.Target
}

func docker(args ...string) (string, error) {
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("docker %s: %w: %s", args[0], err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

func needEngine(t *testing.T) (image string) {
	t.Helper()
	image = os.Getenv("ECLUSTER_TEST_IMAGE")
	if image == "" {
		if made, err := docker("images", "-q", "--filter", "reference=ecluster-node:debian-13-*"); err == nil {
			image, _, _ = strings.Cut(made, "\n")
		}
	}
	if _, err := docker("image", "inspect", image, "--format", "ok"); err != nil {
		if os.Getenv("ECLUSTER_REQUIRE_ENGINE") == "1" {
			t.Fatalf("the tests against OpenSSH need a Docker engine with a node image (make node-image): %q: %v", image, err)
		}
		t.Skip("not possible here: no Docker engine with a node image (ECLUSTER_TEST_IMAGE)")
	}
	return image
}

// startSSHD runs a server that has an RSA and an ECDSA key beside the ed25519
// one that is known, and a user named "someone" beside root.
func startSSHD(t *testing.T) *sshd {
	t.Helper()
	image := needEngine(t)
	host, user := newKey(t), newKey(t)
	name := "e-remote-" + rand.Text()
	const script = `mkdir -p /run/sshd && useradd -m -s /bin/sh someone && rm -f /etc/ssh/ssh_host_*
printf %s "$HOST" > /etc/ssh/ssh_host_ed25519_key && chmod 600 /etc/ssh/ssh_host_ed25519_key
ssh-keygen -q -t rsa -b 2048 -N '' -f /etc/ssh/ssh_host_rsa_key
ssh-keygen -q -t ecdsa -N '' -f /etc/ssh/ssh_host_ecdsa_key
for home in /root /home/someone; do mkdir -p $home/.ssh; echo "$USERKEY" > $home/.ssh/authorized_keys; done
chown -R someone /home/someone; exec /usr/sbin/sshd -D -e`
	_, err := docker("run", "-d", "--name", name, "--label", "ecluster-name="+name, "-e", "HOST="+host.PrivatePEM.Reveal(), "-e", "USERKEY="+user.Authorized,
		image, "/bin/sh", "-c", script)
	t.Cleanup(func() { _, _ = docker("rm", "-f", "-v", name) })
	if err != nil {
		t.Fatal(err)
	}
	ip, err := docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name)
	if err != nil {
		t.Fatal(err)
	}
	return &sshd{
		name:   name,
		dialer: &remote.Dialer{Key: user.PrivatePEM},
		target: remote.Target{
			Node: "compute001", User: "root", PrivateIP: ip, HostKeys: []string{host.Authorized},
			Endpoints: []cluster.Endpoint{{Host: ip, Port: 22}},
		},
	}
}

func (s *sshd) dial(t *testing.T) *remote.Conn {
	t.Helper()
	conn, err := s.dialer.DialWait(testContext(t), s.target, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestSSHDCommands(t *testing.T) {
	s := startSSHD(t)
	conn := s.dial(t)
	for command, code := range map[string]int{"true": 0, "exit 3": 3, "kill -TERM $$": 143} {
		var got remote.ExitError
		if _, _, err := conn.Run(testContext(t), command, nil); err != nil {
			got = *wantError[*remote.ExitError](t, err)
		}
		if got.Code != code {
			t.Errorf("%s: %+v", command, got)
		}
	}
	data := bytes.Repeat([]byte{0, 0xff, '\n', '\r', 3, 4, 0x7f}, 1<<17)
	stdout, _, err := conn.Run(testContext(t), "cat", bytes.NewReader(data))
	if err != nil || !bytes.Equal(stdout, data) {
		t.Errorf("%d of %d bytes came back, error %v", len(stdout), len(data), err)
	}
	stdout, stderr, err := conn.Run(testContext(t), "head -c 100000000 /dev/zero >&2; echo done", nil)
	if err != nil || string(stdout) != "done\n" || len(stderr) > 1<<20 {
		t.Errorf("stdout %q, %d bytes of stderr, error %v", stdout, len(stderr), err)
	}
	s.target.User = "someone"
	stdout, _, err = s.dial(t).Run(testContext(t), "id -un; pwd", nil)
	if err != nil || string(stdout) != "someone\n/home/someone\n" {
		t.Errorf("stdout %q, error %v", stdout, err)
	}
	s.target.User = "nobody"
	_, err = s.dialer.Dial(testContext(t), s.target)
	wantError[*remote.AuthError](t, err)
}

func TestSSHDHostKeys(t *testing.T) {
	s := startSSHD(t)
	conn := s.dial(t) // ed25519, though the others are there too
	rsa, _, err := conn.Run(testContext(t), "cat /etc/ssh/ssh_host_rsa_key.pub", nil)
	if err != nil {
		t.Fatal(err)
	}
	known := s.target.HostKeys
	s.target.HostKeys = []string{string(rsa)}
	s.dial(t)
	s.target.HostKeys = append(s.target.HostKeys, known...)
	s.dial(t)
	s.target.HostKeys = []string{newKey(t).Authorized}
	_, err = s.dialer.DialWait(testContext(t), s.target, nil)
	wantError[*remote.HostKeyError](t, err)
}

// Ending standard input is how a role session is cancelled: the node must
// notice when a session is closed from this side.
func TestSSHDCancelEndsStdin(t *testing.T) {
	conn := startSSHD(t).dial(t)
	p, err := conn.Start(testContext(t), "echo up; cat; touch /tmp/ended")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Stdout().Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	_ = p.Kill()
	if err := p.Wait(); !errors.Is(err, remote.ErrKilled) {
		t.Errorf("wait: %v", err)
	}
	if _, _, err := conn.Run(testContext(t), "until test -e /tmp/ended; do sleep 0.05; done", nil); err != nil {
		t.Error(err)
	}
}

func TestSSHDManyAtOnce(t *testing.T) {
	s := startSSHD(t)
	conn := s.dial(t)
	var all sync.WaitGroup
	for i := range 30 { // MaxSessions is 10
		all.Go(func() {
			out, _, err := conn.Run(testContext(t), fmt.Sprintf("sleep 0.05; echo %d", i), nil)
			if err != nil || string(out) != fmt.Sprintf("%d\n", i) {
				t.Errorf("session %d: %q, error %v", i, out, err)
			}
		})
	}
	for range 30 { // MaxStartups is 10:30:100
		all.Go(func() {
			conn, err := s.dialer.Dial(testContext(t), s.target)
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
		})
	}
	all.Wait()
}

func TestSSHDJumpAndCut(t *testing.T) {
	front, inner := startSSHD(t), startSSHD(t)
	inner.dial(t)
	inner.dialer.Timing = remote.Timing{KeepAlive: 200 * time.Millisecond, Answer: 500 * time.Millisecond}
	inner.target.Endpoints = nil
	inner.target.Via = front.dial(t)
	conn, err := inner.dialer.Dial(testContext(t), inner.target)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p, err := conn.Start(testContext(t), "cat")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := docker("network", "disconnect", "bridge", inner.name); err != nil {
		t.Fatal(err)
	}
	wantError[*remote.LostError](t, p.Wait())
	if inner.target.Via.Err() != nil {
		t.Errorf("the jump host is gone too: %v", inner.target.Via.Err())
	}
	inner.dialer.Timing.Connect = 200 * time.Millisecond
	_, err = inner.dialer.Dial(testContext(t), inner.target)
	wantError[*remote.UnreachableError](t, err)
}

func TestSSHDSignal(t *testing.T) {
	s := startSSHD(t)
	s.target.User = "someone"
	out := watchFor("up\n")
	signals := make(chan os.Signal, 1)
	go func() {
		<-out.seen
		signals <- syscall.SIGTERM
	}()
	code, err := s.dial(t).Interact(testContext(t), remote.InteractOptions{
		Command: []string{"echo up; exec sleep 1000"}, Stdout: out, Signals: signals,
	})
	if code != 143 || err != nil {
		t.Errorf("code %d, error %v", code, err)
	}
}

func TestSSHDTerminal(t *testing.T) {
	conn := startSSHD(t).dial(t)
	keyboard, tty := openTerminal(t)
	small, ready := watchFor("30 100"), watchFor("ready")
	go func() { _, _ = io.Copy(io.MultiWriter(small, ready), keyboard) }()
	go func() {
		<-small.seen
		resize(t, tty, 132, 43)
		_ = syscall.Kill(os.Getpid(), syscall.SIGWINCH)
		<-ready.seen
		_, _ = io.WriteString(keyboard, "\x03")
	}()
	code, err := conn.Interact(testContext(t), remote.InteractOptions{
		Command: []string{`stty size; echo $TERM; until stty size | grep '43 132'; do sleep 0.05; done
			trap 'exit 6' INT; echo ready; while :; do sleep 0.05; done`},
		Term: "vt220", Stdin: tty, Stdout: tty, Stderr: tty,
	})
	if code != 6 || err != nil || !strings.Contains(small.String(), "vt220") {
		t.Errorf("code %d, error %v, screen %q", code, err, small.String())
	}
}
