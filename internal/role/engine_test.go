package role_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/role"
)

// container is a Transport into a node container of this machine's Docker
// engine: a real Debian with systemd, dpkg and apt.
type container struct {
	t    *testing.T
	id   string
	user string // whom sessions log in as
}

// nodeImage is an image that the engine has: the one that is asked for, else
// one of local clusters; "" without an engine or an image.
func nodeImage() string {
	if image := os.Getenv("ECLUSTER_TEST_IMAGE"); image != "" {
		return image
	}
	out, err := exec.Command("docker", "images", "-q", "--filter", "reference=ecluster-node:debian-13-*").Output()
	if err != nil {
		return ""
	}
	image, _, _ := strings.Cut(string(out), "\n")
	return image
}

// newContainer starts a node, or skips the test where there is no engine or no
// node image; with ECLUSTER_REQUIRE_ENGINE=1 that is a failure.
func newContainer(t *testing.T) *container {
	t.Helper()
	image := nodeImage()
	if image == "" {
		if os.Getenv("ECLUSTER_REQUIRE_ENGINE") == "1" {
			t.Fatal("a Docker engine with a node image is needed: make node-image")
		}
		t.Skip("not possible here: no Docker engine with a node image (make node-image, or ECLUSTER_TEST_IMAGE)")
	}
	out, err := exec.Command("docker", "run", "-d", "--rm", "--label", "ecluster-name=role-test", "--hostname", "node", "--cap-add", "SYS_ADMIN",
		"--security-opt", "seccomp=unconfined", "--cgroupns=private", "--tmpfs", "/run", "--tmpfs", "/run/lock",
		"-e", "container=docker", "--stop-signal", "SIGRTMIN+3", image, "/bin/sh", "-c",
		"umount -R /sys/fs/cgroup; mount -t cgroup2 -o rw,nosuid,nodev,noexec cgroup2 /sys/fs/cgroup && exec /sbin/init").Output()
	if err != nil {
		t.Fatalf("start a node container: %v", err)
	}
	c := &container{t: t, id: strings.TrimSpace(string(out)), user: "root"}
	t.Cleanup(func() { _ = exec.Command("docker", "rm", "-f", c.id).Run() })
	c.sh("until [ -S /run/systemd/private ]; do sleep 0.1; done; systemctl is-system-running --wait || :")
	return c
}

// sh runs a script in the container and returns what it prints.
func (c *container) sh(script string) string {
	c.t.Helper()
	out, err := exec.Command("docker", "exec", c.id, "sh", "-c", script).CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (c *container) Start(_ context.Context, command string) (role.Process, error) {
	return startLocal(exec.Command("docker", "exec", "-i", "-u", c.user, c.id, "sh", "-c", command))
}

// run carries the roles out in the container.
func (c *container) run(ctx context.Context, r *rig, o role.Options) (*run, error) {
	c.t.Helper()
	s := r.startOn(ctx, c, o)
	return s, s.Wait()
}

const mungeRole = `
summary  = "for tests"
packages = { debian = ["munge", "PACKAGE"] }
secret "munge_key" { bytes = 64 }
file "/etc/munge/munge.key" {
  secret = "munge_key"
  owner  = "munge:munge"
  mode   = "0400"
  notify = ["restart:munge.service"]
}
file "/etc/munge.note" {
  template = "note.tmpl"
  notify   = ["restart:munge.service"]
}
step "look" {
  phase = "install"
  run   = "look.sh"
}
step "start" {
  phase = "configure"
  run   = "start.sh"
}
step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
`

// TestOnNode takes a real package from nothing to a service that works, and
// then looks at what a second run, an edited file and a kill do.
func TestOnNode(t *testing.T) {
	c := newContainer(t)
	files := map[string]string{
		"munge/role.hcl":         strings.Replace(mungeRole, ", \"PACKAGE\"", "", 1),
		"munge/files/note.tmpl":  "{{ .Node }}",
		"munge/steps/look.sh":    "! unit active munge.service || die 'the package started its service'",
		"munge/steps/start.sh":   "unit start munge.service",
		"munge/steps/verify.sh":  "wait_for 5 munge unit active munge.service; munge -n </dev/null | unmunge",
		"second/role.hcl":        "summary = \"for tests\"\nrequires = [\"munge\"]\nstep \"go\" {\n  phase = \"join\"\n  run = \"go.sh\"\n}\n",
		"second/steps/go.sh":     "die \"the key is $(stat -c '%a %U' /etc/munge/munge.key)\"",
		"second/files/notes.txt": "",
	}
	r := newRig(t, files)
	ctx, cancel := context.WithTimeout(t.Context(), 5*deadline)
	defer cancel()

	_, err := c.run(ctx, r, role.Options{})
	var failed *role.StepError
	if !errors.As(err, &failed) || failed.Message != "the key is 400 munge" || failed.Role != "second" {
		t.Fatalf("got %v", err)
	}
	files["second/steps/go.sh"] = ":"
	r.roles(files)
	s, err := c.run(ctx, r, role.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.expectChanged("second.go", "munge.verify")
	if out := c.sh("ls /usr/sbin/policy-rc.d /run/ecluster/* /var/lib/ecluster/pending/* /var/lib/ecluster/packages-pending 2>/dev/null || :"); out != "" {
		t.Errorf("left on the node: %s", out)
	}
	pid := c.sh("systemctl show -p MainPID --value munge")

	// Restarted, because the file changed and the service is older.
	c.sh("echo mine >/etc/munge.note")
	if s, err = c.run(ctx, r, role.Options{}); err != nil {
		t.Fatal(err)
	}
	s.expectChanged("munge.files", "munge.restart:munge.service", "munge.verify")
	if now := c.sh("systemctl show -p MainPID --value munge"); now == pid {
		t.Error("munge was not restarted")
	}

	// Killed in the middle of a transaction, then again.
	files["munge/role.hcl"] = strings.Replace(mungeRole, "PACKAGE", "rsync", 1)
	r.roles(files)
	short, stop := context.WithCancel(ctx)
	defer stop()
	killed := r.startOn(short, c, role.Options{})
	killed.until("the transaction", func(m role.Message) bool {
		return m == role.Message(role.StepStarted{Role: role.OS, Step: "packages"})
	})
	c.sh("until ls /var/lib/ecluster/packages-pending 2>/dev/null; do sleep 0.05; done")
	stop()
	if err := killed.Wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if out := c.sh("ls /usr/sbin/policy-rc.d 2>/dev/null; pgrep -x 'apt-get|dpkg' || :"); out != "" {
		t.Errorf("left on the node: %s", out)
	}
	if s, err = c.run(ctx, r, role.Options{}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(s.changed(), "os.packages") {
		t.Errorf("steps that ran: %q", s.changed())
	}
	c.sh("rsync --version && dpkg --audit")

	// A package that does not exist.
	files["munge/role.hcl"] = strings.Replace(mungeRole, "PACKAGE", "no-such-package", 1)
	r.roles(files)
	_, err = c.run(ctx, r, role.Options{})
	if !errors.As(err, &failed) || !strings.HasPrefix(failed.Message, "no-such-package: no such package") {
		t.Errorf("got %v", err)
	}

	// Scripts of the engine, in a session that has nothing else to do.
	session := r.startOn(ctx, c, role.Options{Serve: true, Phases: []role.Phase{}})
	out, err := session.Exec(ctx, "hostname")
	if err != nil || string(out) != "node\n" {
		t.Errorf("exec: %q %v", out, err)
	}
	if err := errors.Join(session.End(), session.Wait()); err != nil {
		t.Error(err)
	}

	// An ordinary login user, who may use sudo and then may not.
	r.roles(oneStep("unit active dbus.service; [ \"$(id -u)\" = 0 ]"))
	c.sh("useradd -m admin && echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin")
	c.user = "admin"
	if s, err = c.run(ctx, r, role.Options{Sudo: true}); err != nil {
		t.Fatal(err)
	}
	s.expectChanged("toy.go")
	c.sh("rm /etc/sudoers.d/admin")
	if _, err = c.run(ctx, r, role.Options{Sudo: true}); err == nil || !strings.Contains(err.Error(), "needs sudo without a password") {
		t.Errorf("got %v", err)
	}
}
