package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// TestKeep gives a share that is kept to the next cluster of the same name.
func TestKeep(t *testing.T) {
	needFull(t)
	u := newUser(t, "keep")
	t.Cleanup(func() {
		if out, err := exec.Command("docker", "volume", "rm", "-f", "ecluster-kept-keep-home").CombinedOutput(); err != nil {
			t.Errorf("remove the kept volume: %s", out)
		}
	})
	u.writeSpec(`cluster "keep" {
  provider = provider.docker
  share "/home" {
    type = "volume"
    keep = true
  }
  node_group "frontend" { count = 1 }
}`)
	u.run("start", "keep")
	u.ssh("echo precious > result.txt")
	u.run("stop", "keep", "--yes")
	u.run("start", "keep")
	if got := strings.TrimSpace(u.ssh("cat result.txt")); got != "precious" {
		t.Errorf("the kept file says %q", got)
	}
	u.run("stop", "keep", "--yes")
}
