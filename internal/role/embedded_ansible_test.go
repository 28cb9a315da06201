package role_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/roles"
)

// playbookOfTwo stands in for ansible-playbook and a playbook with a play for
// the frontend, on which it fails, and then one for compute001.
const playbookOfTwo = `#!/bin/sh
echo run >>runs
if grep -q frontend001 limit; then
  echo 'frontend001 : ok=0    changed=0    unreachable=0    failed=1'
  exit 2
fi
echo 'compute001 : ok=2    changed=1    unreachable=0    failed=0'
`

// unreadable stands in for ansible-playbook and a playbook that is none.
const unreadable = `#!/bin/sh
echo run >>runs
echo 'ERROR! fishing is not an attribute of a Play'
exit 4
`

// TestAnsibleStoppedPlaybook: a node counts as played only when a playbook that
// had to stop because of others has run on it after all.
func TestAnsibleStoppedPlaybook(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("not possible here: there is no python3")
	}
	source, err := roles.FS.ReadFile("ansible/files/door.py")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		playbook, frontend, compute string
		runs                        int
	}{
		"one node fails":   {playbookOfTwo, "-frontend001 : ok=0", "+compute001: ok=2", 2},
		"it can't be read": {unreadable, "-ERROR! fishing", "-ERROR! fishing", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			folder := filepath.Join(root, "main")
			write := func(path, text string, mode os.FileMode) {
				t.Helper()
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), mode); err != nil {
					t.Fatal(err)
				}
			}
			write(filepath.Join(root, "door.py"), strings.Replace(string(source), "/var/lib/ecluster/ansible", root, 1), 0o600)
			write(filepath.Join(root, "bin", "ansible-playbook"), c.playbook, 0o700)
			write(filepath.Join(folder, "options.json"), "[]", 0o600)
			write(filepath.Join(folder, "groups.json"), "{}", 0o600)
			write(filepath.Join(folder, "queue", "frontend001"), "", 0o600) // asks at the same time

			cmd := exec.CommandContext(t.Context(), python, filepath.Join(root, "door.py"))
			cmd.Env = append(os.Environ(), "PATH="+filepath.Join(root, "bin")+":"+os.Getenv("PATH"), "SSH_ORIGINAL_COMMAND=main run compute001")
			out, err := cmd.CombinedOutput()
			if good := strings.HasPrefix(c.compute, "+"); (err == nil) != good {
				t.Errorf("compute001 got %v: %s", err, out)
			}
			for path, want := range map[string]string{
				"result/frontend001": c.frontend, "result/compute001": c.compute, "runs": strings.Repeat("run\n", c.runs),
			} {
				got, err := os.ReadFile(filepath.Join(folder, path))
				if err != nil || !strings.HasPrefix(string(got), want) || path == "runs" && string(got) != want {
					t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
				}
			}
			if left, err := os.ReadDir(filepath.Join(folder, "queue")); err != nil || len(left) > 0 {
				t.Errorf("%d nodes still wait (%v)", len(left), err)
			}
		})
	}
}
