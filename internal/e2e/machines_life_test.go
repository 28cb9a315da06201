package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

// What the roles of this cluster install.
const machinePackages = "dnsmasq-base mdadm nfs-common nfs-kernel-server nftables quota tzdata xfsprogs"

const machineSpec = `
  share "/home" {
    type   = "nfs"
    server = "frontend"
  }

  role "firewall" {
    ports = ["8080"]
  }

  node_group "frontend" {
    count = 1
    boot_disk { size_gb = 13 }
  }

  node_group "compute" {
    count = 1
    disks = [{ size_gb = 3 }]
    scratch {}
    role "restarts" {}
  }
`

// restarts is a role that needs one reboot of its node, as a driver may.
var restarts = map[string]string{
	"role.hcl": "summary = \"Needs a reboot\"\n\nstep \"once\" {\n  phase = \"configure\"\n  run   = \"once.sh\"\n}\n",
	"steps/once.sh": `now=$(cat /proc/sys/kernel/random/boot_id)
[ -e /etc/first-boot ] || echo "$now" >/etc/first-boot
[ "$(cat /etc/first-boot)" != "$now" ] || reboot "the test wants it"
`,
}

// TestMachines is what needs a kernel of the node's own: on a cluster of two
// virtual machines one loses its power in the middle of the set-up, a role
// reboots it, the home is on kernel NFS, disks have the sizes that they were
// given, ports are closed, and a job goes on writing while the server of its
// file system reboots.
func TestMachines(t *testing.T) {
	u := newMachines(t, "vms", machinePackages, machineSpec)
	for name, text := range restarts {
		path := filepath.Join(u.dir, "roles", "restarts", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	timeout := machineTime.String()

	start := u.begin("start", "vms", "--boot-timeout", timeout)
	start.await("compute001: installing")
	u.unplug("compute001")
	if said := start.end(1); !strings.Contains(said, "switched off") {
		t.Errorf("it does not say that compute001 was switched off")
	}
	if said := u.ends(0, "start", "vms", "--boot-timeout", timeout); !strings.Contains(said, "the test wants it") {
		t.Errorf("it does not say that compute001 rebooted")
	}
	for node, state := range u.nodes() {
		if state != "ready" {
			t.Errorf("%s is %s", node, state)
		}
	}

	t.Run("disks", func(t *testing.T) {
		if gb, _ := strconv.Atoi(u.on("frontend001", "df --output=size -B1G / | tail -n 1 | tr -d ' '")); gb < 11 {
			t.Errorf("the root file system on a disk of 13 GB has %d GB", gb)
		}
		if got := u.on("compute001", "findmnt -n -o SOURCE,FSTYPE /scratch"); got != "/dev/vdb xfs" {
			t.Errorf("the scratch space of compute001 is %q", got)
		}
	})

	t.Run("home over NFS", func(t *testing.T) {
		if got := u.on("compute001", "findmnt -n -o FSTYPE,OPTIONS /home"); !strings.HasPrefix(got, "nfs4") || !strings.Contains(got, "vers=4.2") || !strings.Contains(got, "hard") {
			t.Errorf("/home of compute001 is %q", got)
		}
		u.on("frontend001", "echo from the frontend >one")
		u.on("compute001", "cat one; echo from compute >two")
		if got := u.on("frontend001", "cat two; stat -c %U two"); got != "from compute\necluster" {
			t.Errorf("what compute001 wrote arrives as %q", got)
		}
		u.lockAcross(t)
	})

	t.Run("firewall", func(t *testing.T) { u.closed(t) })

	t.Run("the server reboots while a job writes", func(t *testing.T) {
		u.on("compute001", `nohup setsid sh -c 'i=0; until [ -e stop ]; do i=$((i + 1)); echo $i >>log && sync log || echo $i >>/tmp/lost; sleep 0.1; done; touch stopped' >/dev/null 2>&1 </dev/null &`)
		lines := func() int {
			n, _ := strconv.Atoi(u.on("compute001", "wc -l <log"))
			return n
		}
		grows := func(than int) func() error {
			return func() error {
				if n := lines(); n <= than {
					return fmt.Errorf("the job has written %d lines", n)
				}
				return nil
			}
		}
		u.eventually(machineTime, grows(3))
		u.reboot("frontend001")
		after, _ := strconv.Atoi(u.on("frontend001", "wc -l <log"))
		u.eventually(machineTime, grows(after+3))
		u.on("frontend001", "touch stop")
		u.eventually(machineTime, func() error {
			_, err := u.try("ssh", u.cluster, "-n", "compute001", "--", "test -e stopped")
			return err
		})
		if got := u.on("compute001", "cat /tmp/lost 2>/dev/null; awk '$1 != NR' log | head -n 3"); got != "" {
			t.Errorf("of what the job wrote, lines are missing: %s", got)
		}
		u.closed(t) // the rules came back as well
	})

	u.settled()
	proved(t, "debian-13", roletest.Machines, "base", "firewall", "names-client", "names-server", "nfs-client", "nfs-server", "scratch")
	u.run("stop", "vms", "--yes")
}

// lockAcross holds a lock on the server and tries to take it on the client. (A
// flock of a client is a lock of that kind on the server.)
func (u *user) lockAcross(t *testing.T) {
	t.Helper()
	const hold = `import fcntl, os, time; f = open("locked", "w"); fcntl.lockf(f, fcntl.LOCK_EX); open("held", "w")
while not os.path.exists("release"): time.sleep(0.1)`
	u.on("frontend001", "nohup setsid python3 -c '"+hold+"' >/dev/null 2>&1 </dev/null &")
	u.eventually(machineTime, func() error {
		_, err := u.try("ssh", u.cluster, "-n", "compute001", "--", "test -e held")
		return err
	})
	if got := u.on("compute001", "flock --nonblock locked echo taken || echo busy"); got != "busy" {
		t.Errorf("a lock that frontend001 holds is %s on compute001", got)
	}
	if got := u.on("compute001", "touch release; flock locked echo taken"); got != "taken" {
		t.Errorf("a lock that frontend001 released is %q on compute001", got)
	}
}

// closed proves the packet filter of the frontend: of two ports with a server,
// one is open to the world and both are to the other node.
func (u *user) closed(t *testing.T) {
	t.Helper()
	for _, port := range []int{8080, 8081} {
		u.root("frontend001", fmt.Sprintf("systemctl is-active --quiet port%d || systemd-run --quiet --unit=port%[1]d python3 -m http.server %[1]d --directory /media", port))
		u.eventually(machineTime, func() error {
			got, err := u.try("ssh", u.cluster, "-n", "compute001", "--",
				fmt.Sprintf(`timeout 60 bash -c 'exec 3<>/dev/tcp/frontend001/%d; printf "GET / HTTP/1.0\r\n\r\n" >&3; head -n 1 <&3'`, port))
			if !strings.HasPrefix(got, "HTTP/1") {
				return fmt.Errorf("from compute001, port %d answers %q (%w)", port, got, err)
			}
			return nil
		})
	}
	if !greets(t, u.fromOutside("frontend001", 8080), 2*time.Minute) {
		t.Error("port 8080, which the spec opens, does not answer from outside")
	}
	if greets(t, u.fromOutside("frontend001", 8081), 20*time.Second) {
		t.Error("port 8081 answers from outside")
	}
}
