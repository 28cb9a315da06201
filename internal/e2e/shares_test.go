package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

// sharePatience bounds a command that installs a file system on four nodes: a
// machine under load needs long for that.
const sharePatience = 20 * time.Minute

// admin runs a line of shell as root on a node.
func (u *user) admin(node, line string) string {
	u.Helper()
	return strings.TrimSpace(u.run("ssh", u.cluster, "--admin", "-n", node, "--", line))
}

// chunks is a job that writes files of a megabyte and their checksums, and
// tells after each how far it is. It ends with a failure at the first write
// that fails.
const chunks = `set -eu; cd /data; mkdir -p job; : > /home/$USER/sums
for i in $(seq 1 120); do
  head -c 1000000 /dev/urandom > /tmp/chunk
  cp /tmp/chunk job/$i
  echo "$(sha256sum < /tmp/chunk | cut -d ' ' -f 1)  job/$i" >> /home/$USER/sums
  echo wrote $i
done`

// TestGlusterFS kills a server of a replicated volume while a job writes. No
// byte is lost, the job goes on, and the server catches up when it is back. The
// cluster also has a share over SSH and scratch space.
func TestGlusterFS(t *testing.T) {
	needFull(t)
	u := newUser(t, "gluster")
	u.patience = sharePatience
	u.writeSpec(`cluster "gluster" {
  provider = provider.docker
  share "/data" {
    type   = "glusterfs"
    server = "storage"
  }
  share "/shared" { type = "sshfs" }
  scratch {}
  node_group "frontend" { count = 1 }
  node_group "storage" { count = 3 }
}`)
	u.run("start", "gluster")
	u.settled()
	proved(t, "debian-13", roletest.Containers,
		"glusterfs-server", "glusterfs-client", "sshfs-server", "sshfs-client", "scratch")

	t.Run("the volume has three copies", func(t *testing.T) {
		u := u.within(t)
		u.says(u.admin("storage001", "gluster volume info data"), "Type: Replicate", "Number of Bricks: 1 x 3 = 3", "Status: Started")
	})

	t.Run("users share files over SSH", func(t *testing.T) {
		u := u.within(t)
		u.ssh("echo from the frontend > /shared/note && chmod 600 /shared/note")
		if got := u.run("ssh", "gluster", "-n", "storage001", "--", "cat /shared/note && stat -c %U /shared/note && echo back >> /shared/note"); !strings.Contains(got, "from the frontend\necluster") {
			t.Errorf("storage001 reads %q", got)
		}
		if got := u.ssh("cat /shared/note"); !strings.Contains(got, "back") {
			t.Errorf("the frontend reads %q", got)
		}
		made := u.run("ssh", "gluster", "-n", "storage001", "--", "umask 077; mkdir /shared/mine && echo private > /shared/mine/it && cat /shared/mine/it && stat -c %U:%a /shared/mine /shared/mine/it")
		if want := "private\necluster:700\necluster:600\n"; made != want {
			t.Errorf("a file that storage001 made: %q, not %q", made, want)
		}
		if got := u.ssh("cat /shared/mine/it"); got != "private\n" {
			t.Errorf("the frontend reads of a file that storage001 made: %q", got)
		}
		if got := u.admin("storage001", "cp /shared/note /shared/root; ssh -o BatchMode=yes -i /etc/ecluster/sshfs-shared/key root@frontend001 id 2>&1 || true"); !strings.Contains(got, "sftp") {
			t.Errorf("the key of the share opens more than file transfer: %q", got)
		}
	})

	t.Run("scratch is a folder where there is no disk", func(t *testing.T) {
		if got := u.within(t).admin("storage001", "stat -c %a /scratch"); got != "1777" {
			t.Errorf("/scratch has mode %s", got)
		}
	})

	t.Run("a server is killed while a job writes", func(t *testing.T) {
		u := u.within(t)
		job := u.begin("ssh", "gluster", "--", chunks)
		job.await("wrote 20\n")
		u.docker("kill", u.container("storage003"))
		job.end(0)
		u.check("frontend001", "/data")
		u.check("storage001", "/srv/glusterfs/data/brick")

		u.run("start", "gluster")
		u.eventually(3*time.Minute, func() error {
			out := u.admin("storage001", "gluster volume heal data info summary | awk '/^Total/ { n += $NF } /^Status/ { s = s $2 } END { print n s }'")
			if out != "0ConnectedConnectedConnected" {
				return fmt.Errorf("entries to heal, and servers: %s", out)
			}
			return nil
		})
		u.check("storage003", "/srv/glusterfs/data/brick")
	})

	t.Run("awake at other addresses", func(t *testing.T) {
		u := u.within(t)
		u.run("pause", "gluster", "--yes")
		u.wakeElsewhere("storage003", "resume", u.cluster)
		for _, node := range []string{"frontend001", "storage001", "storage002", "storage003"} {
			u.check(node, "/data")
			if got := u.run("ssh", "gluster", "-n", node, "--", "cat /shared/mine/it"); got != "private\n" {
				t.Errorf("%s reads %q over SSH", node, got)
			}
		}
	})

	u.run("stop", "gluster", "--yes")
}

// check compares what the job has written with its checksums, as a node has it
// in a folder.
func (u *user) check(node, folder string) {
	u.Helper()
	sums := u.ssh("cat sums")
	if n := strings.Count(sums, "job/"); n != 120 {
		u.Fatalf("there are %d checksums", n)
	}
	out := u.admin(node, "cd "+folder+" && sha256sum --quiet --strict -c - <<'END' && echo all are right\n"+sums+"END")
	if out != "all are right" {
		u.Errorf("%s on %s: %s", folder, node, out)
	}
}

// TestNFSInContainers: containers can't serve or mount NFS, and say what can be
// used instead.
func TestNFSInContainers(t *testing.T) {
	needFull(t)
	for name, share := range map[string]string{
		"own": `share "/home" { type = "nfs" }`,
		"managed": `share "/data" {
    type    = "nfs"
    address = "fs-0123.efs.example:/"
  }`,
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, "nfs")
			u.patience = sharePatience
			u.writeSpec(`cluster "nfs" {
  provider = provider.docker
  ` + share + `
  node_group "frontend" { count = 1 }
}`)
			_, err := u.try("start", "nfs")
			if err == nil {
				t.Skip("not possible here: the kernel of this machine has NFS")
			}
			u.says(err.Error(), "the kernel of frontend001", "NFS", "glusterfs", "sshfs", "virtual machines")
			u.run("stop", "nfs", "--yes")
		})
	}
}
