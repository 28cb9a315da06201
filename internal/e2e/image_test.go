package e2e

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// imageFiles is all that the image holds, beside what the engine adds to every
// container.
var imageFiles = []string{"bin/ecluster", "etc/ssl/certs/ca-certificates.crt"}

// TestImage is the whole life of a cluster through ecluster.sh and the image,
// for root and for somebody who may only use the engine.
func TestImage(t *testing.T) {
	needFull(t)
	if os.Getuid() != 0 {
		t.Skip("not possible here: only root can make a user for the test")
	}
	image := buildTestImage(t)
	checkImage(t, image)

	me, err := osuser.Current()
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []*person{{User: me, home: t.TempDir()}, newPerson(t)} {
		t.Run(who.Username, func(t *testing.T) {
			u := newUser(t, "wrapped")
			u.patience = 20 * time.Minute
			who.moveIn(u, image)
			u.wrappedLife(t, who)
		})
	}
}

// wrappedLife is what a person does first, with one Ctrl-C.
func (u *user) wrappedLife(t *testing.T, who *person) {
	t.Helper()
	start := []string{"start", "local", "-n", u.cluster, "--nodes", "1:compute"}
	first := u.begin(start...)
	first.await("frontend001")
	first.interrupt()
	first.end(130)
	u.run(start...)
	u.ready("frontend001", "compute001")
	if said := strings.TrimSpace(u.ssh("srun -N1 hostname")); said != "compute001" {
		t.Errorf("srun said %q", said)
	}
	u.ends(7, "ssh", u.cluster, "--", "exit 7")
	u.ends(6, "ssh", "nosuch")
	t.Run("input", u.testInput)
	t.Run("terminal", u.testTerminal)
	u.run("init")
	u.run("validate")
	who.owns(t, who.home)
	u.run("stop", u.cluster, "--yes")
	if said := u.run("list"); !strings.Contains(said, "There are no clusters") {
		t.Errorf("after the stop list says %q", said)
	}
}

// testInput carries bytes to a command on the cluster and back.
func (u *user) testInput(t *testing.T) {
	cmd := u.command(t.Context(), "ssh", u.cluster, "--", "md5sum")
	cmd.Stdin = strings.NewReader(strings.Repeat("0123456789abcde\n", 1<<16)) // a megabyte
	out, err := cmd.Output()
	const sum = "f6671daa02ca47d12016abc835ca4a4d"
	if err != nil || !strings.HasPrefix(string(out), sum) {
		t.Errorf("%s, %v", out, err)
	}
}

// testTerminal is a shell on the frontend, in a terminal of a known size, in
// which Ctrl-C ends what runs there and nothing else.
func (u *user) testTerminal(t *testing.T) {
	if _, err := exec.LookPath("script"); err != nil {
		t.Skip("not possible here: no command 'script' that gives a terminal")
	}
	inner := u.within(t)
	inner.as = func(cmd *exec.Cmd) {
		u.as(cmd)
		line := "stty rows 33 cols 77; exec"
		for _, word := range cmd.Args {
			line += " '" + word + "'"
		}
		script, err := exec.LookPath("script")
		if err != nil {
			t.Fatal(err)
		}
		cmd.Path, cmd.Args = script, []string{"script", "-qec", line, "/dev/null"}
	}
	typed, typing := io.Pipe()
	j := inner.beginWith(typed, "ssh", u.cluster)
	t.Cleanup(func() { _ = typing.Close() }) // or the command waits for more
	for _, s := range []struct{ typed, shown string }{
		{"stty size; echo up$((1+1)); sleep 600\r", "33 77"},
		{"", "up2"},
		{"\x03", "^C"},
		{"exit 5\r", ""},
	} {
		if _, err := io.WriteString(typing, s.typed); err != nil {
			t.Fatal(err)
		}
		if s.shown != "" {
			j.await(s.shown)
		}
	}
	if err := typing.Close(); err != nil {
		t.Fatal(err)
	}
	j.end(5)
}

// buildTestImage puts the program under test into an image.
func buildTestImage(t *testing.T) string {
	t.Helper()
	image := fmt.Sprintf("ecluster:e2e-%d", os.Getpid())
	if out, err := exec.Command("../../scripts/image.sh", binary, "e2e", image).CombinedOutput(); err != nil {
		t.Fatalf("build the image: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("docker", "rmi", image).CombinedOutput(); err != nil {
			t.Errorf("remove the image: %v\n%s", err, out)
		}
	})
	return image
}

// checkImage looks at what is in an image and who runs it.
func checkImage(t *testing.T, image string) {
	t.Helper()
	out, err := exec.Command("docker", "image", "inspect", "--format", "{{.Config.User}} {{.Size}}", image).Output()
	if err != nil || !strings.HasPrefix(string(out), "65532:65532 ") {
		t.Errorf("the image is run by %s (%v), not by nobody", out, err)
	}
	t.Logf("user and size: %s", out)
	out, err = exec.Command("sh", "-c", `id=$(docker create --label ecluster-name=wrapped "$1") && docker export "$id" | tar -t; docker rm "$id" >&2`, "sh", image).Output()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for file := range strings.Lines(string(out)) {
		file = strings.TrimSpace(file)
		if !strings.HasSuffix(file, "/") && !strings.HasPrefix(file, "dev/") && file != ".dockerenv" &&
			!slices.Contains([]string{"etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab"}, file) {
			files = append(files, file)
		}
	}
	slices.Sort(files)
	if !slices.Equal(files, imageFiles) {
		t.Errorf("the image holds %v", files)
	}
}

// person is somebody on this machine.
type person struct {
	*osuser.User
	home   string
	groups []uint32
}

// newPerson makes an account that may use the engine, and nothing else.
func newPerson(t *testing.T) *person {
	t.Helper()
	name := fmt.Sprintf("ecwrap%d", os.Getpid())
	if out, err := exec.Command("useradd", "--create-home", name).CombinedOutput(); err != nil {
		t.Skipf("not possible here: no user can be made: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("userdel", "--remove", name).CombinedOutput(); err != nil {
			t.Logf("userdel: %v\n%s", err, out) // it has no mail to remove
		}
		if _, err := osuser.Lookup(name); err == nil {
			t.Errorf("the user %s is still there", name)
		}
	})
	account, err := osuser.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := os.Stat("/var/run/docker.sock")
	if err != nil {
		t.Skipf("not possible here: %v", err)
	}
	owner, ok := socket.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatal("a file has no owner")
	}
	return &person{User: account, home: account.HomeDir, groups: []uint32{owner.Gid}}
}

// moveIn makes the user that person, who has downloaded ecluster.sh.
func (p *person) moveIn(u *user, image string) {
	u.Helper()
	work := filepath.Join(p.home, "my work")
	if err := os.Mkdir(work, 0o755); err != nil {
		u.Fatal(err)
	}
	text, err := os.ReadFile("../../ecluster.sh")
	if err != nil {
		u.Fatal(err)
	}
	script := filepath.Join(work, "ecluster.sh")
	if err := os.WriteFile(script, text, 0o644); err != nil {
		u.Fatal(err)
	}
	uid, gid := p.number(u.TB, p.Uid), p.number(u.TB, p.Gid)
	for _, path := range []string{p.home, work, script} {
		if err := os.Chown(path, int(uid), int(gid)); err != nil {
			u.Fatal(err)
		}
	}
	u.home, u.dir = filepath.Join(p.home, ".ecluster"), work
	u.as = func(cmd *exec.Cmd) {
		cmd.Path = "/bin/sh"
		cmd.Args = append([]string{"sh", script}, cmd.Args[1:]...)
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + p.home, "ECLUSTER_IMAGE=" + image, "TERM=xterm",
			"ECLUSTER_RUN_ARGS=--label ecluster-name=" + u.cluster, // other tests look away
		}
		// One that is killed leaves its container behind.
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = time.Minute
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid, Groups: p.groups}}
	}
}

func (*person) number(tb testing.TB, id string) uint32 {
	tb.Helper()
	n, err := strconv.ParseUint(id, 10, 32)
	if err != nil {
		tb.Fatal(err)
	}
	return uint32(n)
}

// owns wants everything below a folder to be the person's.
func (p *person) owns(t *testing.T, dir string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		owner, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return errors.New("a file has no owner")
		}
		if id := fmt.Sprintf("%d %d", owner.Uid, owner.Gid); id != p.Uid+" "+p.Gid {
			t.Errorf("%s belongs to %s", path, id)
		}
		n++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files and folders belong to %s", n, p.Username)
}
