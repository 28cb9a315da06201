package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// useFiles copies files to real nodes and back, with OpenSSH's server there.
func useFiles(u *user) func(*testing.T) {
	return func(t *testing.T) {
		tree := filepath.Join(t.TempDir(), "tree")
		for name, text := range map[string]string{
			"a b": "spaces", "new\nline": "a line", "-rf": "a dash", "caf\xe9": "Latin-1", "empty": "",
			"sub/deep/x": "x", "big": strings.Repeat("0123456789abcdef", 100_000),
		} {
			path := filepath.Join(tree, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("../..", filepath.Join(tree, "sub", "loop")); err != nil {
			t.Fatal(err)
		}
		back := filepath.Join(t.TempDir(), "back")
		u.run("cp", "-r", "-p", tree, u.cluster+":compute:/tmp/")
		u.run("cp", "-r", "-p", u.cluster+":compute:/tmp/tree", back)
		for _, node := range []string{"compute001", "compute002"} {
			out, err := exec.Command("diff", "-r", "--no-dereference", tree, filepath.Join(back, node, "tree")).CombinedOutput()
			if err != nil {
				t.Errorf("what came back from %s is not what went there: %s", node, out)
			}
			now, err := os.Stat(filepath.Join(back, node, "tree", "a b"))
			was, _ := os.Stat(filepath.Join(tree, "a b"))
			if err != nil || now.Mode() != was.Mode() || now.ModTime().Unix() != was.ModTime().Unix() {
				t.Errorf("%s: %v, %v", node, now, err)
			}
		}
		if _, err := u.try("cp", filepath.Join(tree, "empty"), u.cluster+":/etc/"); exitCode(err) != 1 || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("a folder of root's: %v", err)
		}

		// A disk that is full says so, and keeps what arrived.
		u.run("exec", u.cluster, "--admin", "-n", "compute001", "--", "mkdir -p /tmp/small && mount -t tmpfs -o size=2560k,mode=1777 none /tmp/small")
		full := filepath.Join(t.TempDir(), "full")
		for i := range 4 {
			if err := os.MkdirAll(full, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(fmt.Sprintf("%s/%d", full, i), make([]byte, 700_000), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, err := u.try("cp", "-r", full, u.cluster+":compute001:/tmp/small/")
		if text := fmt.Sprint(err); exitCode(err) != 1 && exitCode(err) != 4 || !strings.Contains(text, "no space left on device") {
			t.Errorf("a full disk: %v", err)
		}
		if out := u.run("exec", u.cluster, "-n", "compute001", "--", "find /tmp/small -name '*.part'"); out != "" {
			t.Errorf("half files were left: %s", out)
		}
		u.run("exec", u.cluster, "--admin", "-n", "compute001", "--", "umount /tmp/small")

		batch := filepath.Join(t.TempDir(), "batch")
		lines := "cd /tmp/tree\nls\nget sub/deep/x " + back + "/x\nrm -r sub\n-cd sub\nbye\n"
		if err := os.WriteFile(batch, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
		if out := u.run("sftp", u.cluster, "-n", "compute002", "-b", batch); !strings.Contains(out, "a b\n") {
			t.Errorf("ls says %q", out)
		}
		if text, err := os.ReadFile(filepath.Join(back, "x")); err != nil || string(text) != "x" {
			t.Errorf("get: %q, %v", text, err)
		}
	}
}

// useManyNodes runs commands on all nodes, and stops one.
func useManyNodes(u *user) func(*testing.T) {
	return func(t *testing.T) {
		if out := u.run("exec", u.cluster, "--", "id -un"); !strings.Contains(out, "compute[001-002],frontend001 (3)\n") {
			t.Errorf("equal answers are not one: %s", out)
		}
		ctx, cancel := context.WithTimeout(t.Context(), commandTime)
		defer cancel()
		cmd := u.command(ctx, "exec", u.cluster, "--stream", "--", "echo up; sleep 4321; echo never")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 3 {
			if !lines.Scan() || !strings.HasSuffix(lines.Text(), ": up") {
				t.Errorf("the line %q", lines.Text())
			}
		}
		_ = cmd.Process.Signal(os.Interrupt)
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); exitCode(err) != 130 {
			t.Errorf("after Ctrl-C: %v", err)
		}
		if out := u.run("exec", u.cluster, "--", "pgrep -f 'sleep 432[1]' || true"); out != "" {
			t.Errorf("it still runs:\n%s", out)
		}
	}
}

// perlServer answers each line with it, to its own node only.
const perlServer = `setsid perl -MIO::Socket::INET -e '
	$s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1", LocalPort => 8899, ReuseAddr => 1) or die;
	while ($c = $s->accept) { $l = <$c>; print $c "heard $l"; close $c }' >/dev/null 2>&1 </dev/null &`

// useTunnel reaches what listens on the loopback of a node.
func useTunnel(u *user) func(*testing.T) {
	return func(t *testing.T) {
		u.run("exec", u.cluster, "-n", "compute001", "--", perlServer)
		ctx, cancel := context.WithTimeout(t.Context(), commandTime)
		defer cancel()
		cmd := u.command(ctx, "tunnel", u.cluster, "0:compute001:8899", "--output", "json")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var at struct{ Type, Local string }
		said := json.NewDecoder(out)
		if err := said.Decode(&at); err != nil || at.Type != "listening" {
			t.Fatalf("it says %+v, %v", at, err)
		}
		ask := func(question string) string {
			c, err := net.Dial("tcp", at.Local)
			if err != nil {
				return err.Error()
			}
			defer c.Close()
			fmt.Fprintln(c, question)
			answer, _ := io.ReadAll(c)
			return string(answer)
		}
		u.eventually(commandTime, func() error { // until perl listens
			if got := ask("hello"); got != "heard hello\n" {
				return fmt.Errorf("the answer is %q", got)
			}
			return nil
		})
		// The node throws us out, as one does that was asleep.
		_, _ = u.try("exec", u.cluster, "-n", "compute001", "--admin", "--", "pkill -KILL -u ecluster sshd; true")
		u.eventually(commandTime, func() error {
			if got := ask("again"); got != "heard again\n" {
				return fmt.Errorf("the answer is %q", got)
			}
			return nil
		})
		_ = cmd.Process.Signal(syscall.SIGINT)
		rest, _ := io.ReadAll(io.MultiReader(said.Buffered(), out))
		if !strings.Contains(string(rest), `{"type":"back","node":"compute001"}`) {
			t.Errorf("it does not tell that the connection was lost: %s", rest)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("after Ctrl-C: %v", err)
		}
		u.run("exec", u.cluster, "-n", "compute001", "--", "pkill perl")
	}
}

// useOwnSSH logs in with OpenSSH's own programs.
func useOwnSSH(u *user) func(*testing.T) {
	return func(t *testing.T) {
		for _, program := range []string{"ssh", "scp"} {
			if _, err := exec.LookPath(program); err != nil {
				t.Skipf("not possible here: there is no %s program", program)
			}
		}
		if line := u.run("ssh-config", "--write"); !strings.Contains(line, "Include "+u.home+"/clusters/*/ssh_config\n") {
			t.Fatalf("it says %q", line)
		}
		config := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(config, []byte("Include "+u.home+"/clusters/*/ssh_config\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), commandTime)
		defer cancel()
		for host, node := range map[string]string{
			u.cluster: "frontend001", u.cluster + "-compute001": "compute001", u.cluster + ".compute002": "compute002",
		} {
			out, err := exec.CommandContext(ctx, "ssh", "-n", "-F", config, "-o", "BatchMode=yes", host, "hostname").CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != node {
				t.Errorf("ssh %s: %q, %v", host, out, err)
			}
		}
		out, err := exec.CommandContext(ctx, "scp", "-q", "-F", config, "-o", "BatchMode=yes", config, u.cluster+"-compute002:/tmp/by-scp").CombinedOutput()
		if err != nil {
			t.Errorf("scp: %s, %v", out, err)
		}
		if out := u.run("exec", u.cluster, "-n", "compute002", "--", "cat /tmp/by-scp"); !strings.Contains(out, "Include") {
			t.Errorf("what scp copied: %q", out)
		}
	}
}
