package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// ownDisk gives the user's records a small disk of their own.
func (u *user) ownDisk() {
	u.Helper()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", u.home).CombinedOutput(); err != nil {
		u.Skipf("not possible here: mount: %s", out)
	}
	u.Cleanup(func() {
		_, _ = u.try("stop", u.cluster, "--yes") // as long as there is a record
		if out, err := exec.Command("umount", "--lazy", u.home).CombinedOutput(); err != nil {
			u.Errorf("umount: %s", out)
		}
	})
}

// readOnly switches the user's disk.
func (u *user) readOnly(on bool) {
	u.Helper()
	mode := "remount,rw"
	if on {
		mode = "remount,ro"
	}
	if out, err := exec.Command("mount", "-o", mode, u.home).CombinedOutput(); err != nil {
		u.Fatalf("mount: %s", out)
	}
}

// fill leaves no room on the user's disk, until empty.
func (u *user) fill() {
	u.Helper()
	f, err := os.OpenFile(u.ballast(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		u.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		u.Fatal(err)
	}
}

func (u *user) empty() {
	u.Helper()
	if err := os.Remove(u.ballast()); err != nil {
		u.Fatal(err)
	}
}

func (u *user) ballast() string { return filepath.Join(u.home, "ballast") }

// TestDiskFull takes the room for the records away before, during and after a
// start. Nothing is done that could not be recorded, and with room all goes on.
func TestDiskFull(t *testing.T) {
	needFull(t)
	u := newSmall(t, "diskfull", small{step: holds})
	u.ownDisk()

	u.fill()
	u.says(u.ends(7, "start", "diskfull"), "no space left on device", "make room on that disk and run the command again")
	if ids := u.docker("ps", "-aq", "--filter", "label=ecluster-name=diskfull"); ids != "" {
		t.Errorf("machines were launched without a record: %s", ids)
	}
	u.empty()

	start := u.begin("start", "diskfull")
	start.await("compute001: joining")
	u.fill()
	u.release("compute001")
	u.says(start.end(7), "no space left on device", "make room on that disk and run the command again")
	u.run("list-nodes", "diskfull")
	u.fill() // files that were replaced made room
	u.says(u.ends(7, "stop", "diskfull", "--yes"), "no space left on device")
	if u.container("frontend001") == "" {
		t.Error("the frontend is gone")
	}
	u.empty()

	u.run("start", "diskfull")
	u.ready("frontend001", "compute001")
	u.fill()
	u.says(u.ends(7, "resize", "diskfull", "-a", "1:compute"), "no space left on device")
	u.empty()
	u.ready("frontend001", "compute001")
	u.run("stop", "diskfull", "--yes")
}

// TestReadOnlyDisk is the same for a disk that can't be written to: what only
// looks works, all else says why not.
func TestReadOnlyDisk(t *testing.T) {
	needFull(t)
	u := newSmall(t, "readonly", small{})
	u.ownDisk()
	u.run("start", "readonly")
	u.readOnly(true)
	u.run("list")
	u.run("list-nodes", "readonly")
	u.run("status", "readonly")
	u.run("ssh", "readonly", "--", "true")
	for _, command := range [][]string{
		{"start", "readonly"}, {"stop", "readonly", "--yes"}, {"setup", "readonly"}, {"list-nodes", "readonly", "--update"},
	} {
		u.says(u.ends(7, command...), "the file system is read-only: mount it for writing, or set ECLUSTER_HOME")
	}
	u.readOnly(false)
	u.ready("frontend001", "compute001")
	u.run("stop", "readonly", "--yes")
}

var copyLine = regexp.MustCompile(`cp (\S+) (\S+)`)

// TestRecordDamaged cuts the record of a running cluster short, and does what
// the message says: the cluster is there again.
func TestRecordDamaged(t *testing.T) {
	needFull(t)
	u := newSmall(t, "damaged", small{})
	u.run("start", "damaged")
	path := filepath.Join(u.home, "clusters", "damaged", "state.json")
	if err := os.Truncate(path, 400); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"start", "damaged"}, {"stop", "damaged", "--yes"}, {"list-nodes", "damaged"}} {
		u.says(u.ends(7, command...), "the state of cluster damaged can't be used", "is whole: go back to it with")
	}
	said := strings.Join(strings.Fields(u.ends(7, "list-nodes", "damaged")), " ")
	advice := copyLine.FindStringSubmatch(said)
	if len(advice) != 3 {
		t.Fatalf("it names no copy: %s", said)
	}
	good, err := os.ReadFile(advice[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(advice[2], good, 0o600); err != nil {
		t.Fatal(err)
	}
	before := u.container("frontend001")
	u.run("start", "damaged")
	u.ready("frontend001", "compute001")
	if u.container("frontend001") != before {
		t.Error("the frontend is another machine")
	}
	u.run("stop", "damaged", "--yes")
}

// TestRecordLost deletes the record of a running cluster: nothing is known of
// it any more, and a new one of that name does not touch its machines.
func TestRecordLost(t *testing.T) {
	needFull(t)
	u := newSmall(t, "lost", small{})
	u.run("start", "lost", "--no-setup")
	folder := filepath.Join(u.home, "clusters", "lost")
	away := filepath.Join(u.dir, "away")
	if err := os.Rename(folder, away); err != nil {
		t.Fatal(err)
	}
	u.says(u.ends(6, "stop", "lost", "--yes"), `there is no cluster "lost"`)
	first := u.container("frontend001")
	u.run("start", "lost", "--no-setup")
	u.run("stop", "lost", "--yes")
	if now := u.container("frontend001"); now != first {
		t.Errorf("the frontend of the first cluster was %s, and is %s", first, now)
	}
	if err := os.Rename(away, folder); err != nil {
		t.Fatal(err)
	}
	u.run("stop", "lost", "--yes")
}
