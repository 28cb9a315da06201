package qemu

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/providertest"
)

// noVolumes is why one case of the suite never applies.
const noVolumes = "does not apply: virtual machines have no volume that many of them mount"

// needQEMU skips a test where QEMU is not installed.
func needQEMU(t *testing.T) {
	t.Helper()
	if missing := missingTools((&Driver{emulator: "qemu-system-x86_64"}).runners()); len(missing) > 0 {
		t.Skipf("not possible here: %s is not installed; 'make qemu' does it", strings.Join(missing, " and "))
	}
}

// bareDisk is an image without an operating system: the machine's firmware
// finds nothing to boot and waits, which costs next to nothing.
func bareDisk(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bare.qcow2")
	if out, err := exec.Command("qemu-img", "create", "-q", "-f", "qcow2", path, "64M").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// testDriver keeps its machines in a folder whose name is short enough for
// sockets.
func testDriver(t *testing.T) *Driver {
	t.Helper()
	dir, err := os.MkdirTemp("", "ecq") //nolint:usetesting // too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d, err := open(schema.Values{"accel": accelTCG, "dir": dir, "image_dir": t.TempDir()}, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var testAccess = providers.Access{
	AuthorizedKey: "ssh-ed25519 AAAAuser someone", HostKey: "-----BEGIN\nkey\n-----END\n", HostKeyPublic: "ssh-ed25519 AAAAhost",
}

func TestConformance(t *testing.T) {
	providertest.Server(t, "QEMU, machines without an operating system")
	needQEMU(t)
	d := testDriver(t)
	d.shutdown = time.Second // nothing in these machines hears the power button
	disk := bareDisk(t)
	providertest.Run(t, providertest.Harness{
		Open: func(*testing.T) providers.Driver { other := *d; return &other },
		Node: func(n cluster.NodeName, g cluster.GroupName) providers.NodeRequest {
			return providers.NodeRequest{Name: n, Group: cluster.Group{Name: g, Image: disk}, Image: disk}
		},
		Spoil: func(n providers.NodeRequest) providers.NodeRequest {
			n.Image, n.Group.Image = "/nonexistent.qcow2", "/nonexistent.qcow2"
			return n
		},
		UnknownImage:    "/nonexistent.qcow2",
		UnknownInstance: "vm-0123456789ab",
		Access:          testAccess,
		Leftovers:       func(t *testing.T, id cluster.ID) []string { t.Helper(); return leftovers(t, d, id) },
		Skip:            map[providertest.Case]string{providertest.Volumes: noVolumes},
	})
}

// leftovers names the processes and folders of a cluster, found without the
// driver.
func leftovers(t *testing.T, d *Driver, id cluster.ID) []string {
	t.Helper()
	var left []string
	folders, err := filepath.Glob(filepath.Join(d.dir, "*"+string(id)+"*", "nodes", "*"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(d.dir, "*"+string(id)+"*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(folders, more...) {
		left = append(left, "folder "+f)
	}
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		text, _ := os.ReadFile(c) // it may have ended meanwhile
		if words := strings.ReplaceAll(string(text), "\x00", " "); strings.Contains(words, "ecluster-"+string(id)) {
			left = append(left, "process "+words)
		}
	}
	return left
}
