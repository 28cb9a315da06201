package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

const cephSpec = `
cluster "ceph" {
  provider = provider.docker
  share "/data" {
    type    = "cephfs"
    server  = "storage"
    replica = 2
    size    = "4G"
  }
  node_group "frontend" { count = 1 }
  node_group "storage" { count = 3 }
}
`

// TestCephFS: a server is killed while files are written; not a byte is lost,
// and the server comes back by itself.
func TestCephFS(t *testing.T) {
	needFull(t)
	u := newUser(t, "ceph")
	u.patience = sharePatience
	u.write("ecluster.hcl", cephSpec)
	u.run("start", "ceph")
	u.settled()
	proved(t, "debian-13", roletest.Containers, "cephfs-server", "cephfs-client")

	t.Run("one folder everywhere", func(t *testing.T) {
		u := u.within(t)
		u.ssh("head -c 3000000 /dev/urandom >/data/first && sha256sum /data/first >/data/first.sum")
		for _, node := range []string{"storage001", "storage002", "storage003"} {
			u.run("ssh", "ceph", "-n", node, "--", "sha256sum --check --quiet /data/first.sum")
		}
	})

	t.Run("nobody else gets in", func(t *testing.T) {
		u := u.within(t)
		for _, node := range []string{"frontend001", "storage001"} {
			open := u.admin(node, `find /etc/ceph /var/lib/ceph -type f \( -name '*key*' -o -name secret \) -perm /o+r,g+r`)
			if open != "" {
				t.Errorf("on %s others can read %s", node, open)
			}
			for line := range strings.Lines(u.admin(node, "ss -Hltn")) {
				at := strings.Fields(line)[3]
				if all := strings.HasPrefix(at, "0.0.0.0:") || strings.HasPrefix(at, "[::]:") || strings.HasPrefix(at, "*:"); all && !strings.HasSuffix(at, ":22") {
					t.Errorf("%s listens at %s", node, at)
				}
			}
		}
		if out, err := u.try("ssh", "ceph", "--", "test ! -r /etc/ceph/ecluster-client/keyring && test ! -e /etc/ceph/ceph.client.admin.keyring"); err != nil {
			t.Errorf("the login user can read a key: %v %s", err, out)
		}
	})

	t.Run("a server dies while a job writes", func(t *testing.T) {
		u := u.within(t)
		u.ssh(`cat >write.sh <<'END'
for i in $(seq 1 60); do
    head -c 2000000 /dev/urandom >part.$i
    cp part.$i /data/part.$i && (cd /data && sha256sum part.$i) >>/data/parts.new
    sha256sum part.$i >>parts
done
sync /data/part.*
touch written
END
nohup sh write.sh >write.log 2>&1 </dev/null &`)
		u.eventually(time.Minute, func() error {
			if out := u.ssh("grep -c . parts 2>/dev/null || true"); strings.TrimSpace(out) < "3" {
				return fmt.Errorf("%s files are written", out)
			}
			return nil
		})
		killed := u.container("storage002")
		u.docker("kill", killed)
		if out := u.ssh("ls written 2>/dev/null || true"); out != "" {
			t.Fatal("the job had ended before the server was killed")
		}
		u.eventually(8*time.Minute, func() error {
			_, err := u.try("ssh", "ceph", "--", "test -e written")
			return err
		})
		u.ssh("cd /data && sha256sum --check --quiet ~/parts && test $(grep -c . ~/parts) = 60")

		u.docker("start", killed)
		u.eventually(10*time.Minute, func() error {
			// How full the disk of the test machine is says nothing of Ceph.
			health := u.admin("storage001", "timeout 60 ceph health mute MON_DISK_LOW 1h --sticky && timeout 60 ceph health")
			if !strings.HasPrefix(health, "HEALTH_OK") {
				return fmt.Errorf("Ceph says %s", health)
			}
			return nil
		})
		u.ssh("cp parts /data/parts.sum")
		u.eventually(3*time.Minute, func() error {
			_, err := u.try("ssh", "ceph", "-n", "storage002", "--", "cd /data && sha256sum --check --quiet parts.sum")
			return err
		})
	})

	u.run("setup", "ceph")
	u.settled()
	if _, err := u.try("remove-node", "ceph", "storage003", "--yes"); err == nil {
		t.Error("a server that holds data was removed")
	}
	u.run("pause", "ceph", "--yes")
	u.wakeElsewhere("storage003", "resume", u.cluster)
	for _, node := range []string{"frontend001", "storage001", "storage002", "storage003"} {
		u.run("ssh", "ceph", "-n", node, "--", "cd /data && sha256sum --check --quiet parts.sum")
	}
	u.settled()
	u.run("stop", "ceph", "--yes")
}

// TestCephFSRefused: what a Ceph file system can't be is said at its line.
func TestCephFSRefused(t *testing.T) {
	for wrong, c := range map[string]struct{ old, new, says string }{
		"more copies than servers": {`replica = 2`, `replica = 4`, "More copies than servers"},
		"no size":                  {`"4G"`, `"4 gigs"`, "is no size"},
		"unknown client":           {`replica = 2`, `client = "nfs"`, "kernel"},
		"a second one":             {`node_group "frontend"`, `share "/more" { type = "cephfs" }` + "\n" + `node_group "frontend"`, "Second share of this kind"},
		"kept":                     {`replica = 2`, `keep = true`, "Data that can't be kept"},
	} {
		t.Run(wrong, func(t *testing.T) {
			u := &user{TB: t, home: t.TempDir(), dir: t.TempDir(), cluster: "ceph", patience: commandTime}
			u.write("ecluster.hcl", strings.Replace(cephSpec, c.old, c.new, 1))
			if _, err := u.try("validate"); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("validate does not say %q: %v", c.says, err)
			}
		})
	}
}
