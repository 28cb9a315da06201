package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// needMachines skips a test where virtual machines can't be made.
func needMachines(t *testing.T) {
	t.Helper()
	needFull(t)
	for _, tool := range []string{"qemu-system-x86_64", "qemu-img", "mmdebstrap"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("not possible here: %s is not installed; 'make qemu' does it", tool)
		}
	}
}

// machineTime bounds what concerns virtual machines, which may be emulated on
// a computer that has other things to do.
const machineTime = 40 * time.Minute

// newMachines is a user of a cluster of virtual machines; spec is the text of
// its cluster block. What the roles install is part of the image, which stays
// for the next run.
func newMachines(t *testing.T, cluster, packages, spec string) *user {
	t.Helper()
	needMachines(t)
	u := newUser(t, cluster)
	u.patience = machineTime
	images, err := filepath.Abs("../../.cache/qemu")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for p := range strings.FieldsSeq(packages) {
		list = append(list, strconv.Quote(p))
	}
	u.write("ecluster.hcl", fmt.Sprintf("provider \"qemu\" {\n  image_dir = %q\n  packages  = [%s]\n}\n\ncluster %q {\n  provider = provider.qemu\n%s}\n",
		images, strings.Join(list, ", "), cluster, spec))
	t.Cleanup(func() { // runs after the cluster was stopped
		if left := machineProcesses(u.home); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	})
	t.Cleanup(func() { _, _ = u.try("stop", cluster, "--yes") })
	return u
}

// machineProcesses are those that have a path of the folder in their arguments.
func machineProcesses(home string) []string {
	var list []string
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, c := range commands {
		text, _ := os.ReadFile(c) // it may have ended meanwhile
		if strings.HasPrefix(string(text), "qemu") && strings.Contains(string(text), home) {
			list = append(list, strings.ReplaceAll(string(text), "\x00", " "))
		}
	}
	return list
}

// machineFolder is where the provider keeps a machine.
func (u *user) machineFolder(node string) string {
	u.Helper()
	pattern := filepath.Join(u.home, "qemu", "*", "nodes", node)
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		u.Fatalf("%s: %v, %v", pattern, found, err)
	}
	return found[0]
}

// unplug ends a machine at once, as a power cut does.
func (u *user) unplug(node string) {
	u.Helper()
	text, err := os.ReadFile(filepath.Join(u.machineFolder(node), "pid"))
	if err != nil {
		u.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		u.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		u.Fatal(err)
	}
}

// on runs a line of shell as the login user on a node; root runs it as root.
func (u *user) on(node, line string) string {
	u.Helper()
	return strings.TrimSpace(u.run("ssh", u.cluster, "-n", node, "--", line))
}

func (u *user) root(node, line string) string {
	u.Helper()
	return strings.TrimSpace(u.run("ssh", u.cluster, "-n", node, "--admin", "--", "sudo sh -c '"+line+"'"))
}

// boot is an ID of the boot that a node is in; empty while it does not answer.
func (u *user) boot(node string) string {
	out, _ := u.try("ssh", u.cluster, "-n", node, "--admin", "--", "cat /proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(out)
}

// reboot reboots a node from inside and waits until it answers again.
func (u *user) reboot(node string) {
	u.Helper()
	before := u.boot(node)
	_, _ = u.try("ssh", u.cluster, "-n", node, "--admin", "--", "sudo systemctl --no-block reboot") // which may cut the connection
	u.eventually(machineTime, func() error {
		if now := u.boot(node); now == "" || now == before {
			return fmt.Errorf("%s is in boot %q and was in %q", node, now, before)
		}
		return nil
	})
}

// fromOutside opens a way from this computer to a port of a node: it comes from
// an address that is in no network of the cluster.
func (u *user) fromOutside(node string, port int) (address string) {
	u.Helper()
	text, err := os.ReadFile(filepath.Join(u.machineFolder(node), "machine.json"))
	if err != nil {
		u.Fatal(err)
	}
	var machine struct{ Address string }
	if err := json.Unmarshal(text, &machine); err != nil {
		u.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		u.Fatal(err)
	}
	address = l.Addr().String()
	l.Close()
	conn, err := net.Dial("unix", filepath.Join(u.machineFolder(node), "qmp"))
	if err != nil {
		u.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	line, _ := json.Marshal(map[string]any{
		"execute":   "human-monitor-command",
		"arguments": map[string]string{"command-line": fmt.Sprintf("hostfwd_add outside tcp:%s-%s:%d", address, machine.Address, port)},
	})
	for _, request := range []string{"", `{"execute":"qmp_capabilities"}`, string(line)} {
		if request != "" {
			fmt.Fprintln(conn, request)
		}
		answer, err := in.ReadString('\n')
		if err != nil || strings.Contains(answer, `"error"`) {
			u.Fatalf("%s: %v %s", request, err, answer)
		}
	}
	return address
}

// greets reports whether what listens at an address says anything in time.
func greets(t *testing.T, address string, within time.Duration) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(within))
	fmt.Fprint(conn, "GET / HTTP/1.0\r\n\r\n")
	first, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.HasPrefix(first, "HTTP/1")
}
