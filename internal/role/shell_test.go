package role_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestShellcheck keeps the runner within POSIX.
func TestShellcheck(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("not possible here: shellcheck is not installed")
	}
	scripts, err := filepath.Glob("agent/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	if out, err := exec.Command("shellcheck", append([]string{"-s", "sh"}, scripts...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
