package remote_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
)

// OpenSSH itself says what it understood.
func TestSSHConfig(t *testing.T) {
	t.Parallel()
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("not possible here: there is no ssh program")
	}
	dir := filepath.Join(t.TempDir(), "50% of #all")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = remote.WriteSSHConfig(&b, remote.SSHConfig{
		Key: dir + "/key", KnownHosts: dir + "/hosts", User: "someone",
		Hosts: []remote.SSHHost{
			{Names: []string{"lab-frontend001", "lab.frontend001", "lab"}, Alias: "frontend001", At: cluster.Endpoint{Host: "127.0.0.1", Port: 2222}},
			{Names: []string{"lab-compute001", "lab.compute001"}, Alias: "compute001", At: cluster.Endpoint{Host: "fd00::7", Port: 22}, Jump: "lab-frontend001"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	common := []string{
		"user someone", "identityfile " + strings.ReplaceAll(dir, "%", "%%") + "/key", "identitiesonly yes",
		"stricthostkeychecking true",
	}
	for name, want := range map[string][]string{
		"lab":             {"hostname 127.0.0.1", "port 2222", "hostkeyalias frontend001"},
		"lab.compute001":  {"hostname fd00::7", "port 22", "hostkeyalias compute001", "proxyjump lab-frontend001"},
		"lab-compute001":  {"hostname fd00::7"},
		"lab-frontend001": {"port 2222"},
	} {
		out, err := exec.Command(ssh, "-F", file, "-G", name).CombinedOutput()
		if err != nil {
			t.Fatalf("ssh -G %s: %v\n%s", name, err, out)
		}
		for _, w := range append(want, common...) {
			if !strings.Contains("\n"+string(out), "\n"+w+"\n") {
				t.Errorf("%s: there is no line %q in\n%s", name, w, out)
			}
		}
	}
}
