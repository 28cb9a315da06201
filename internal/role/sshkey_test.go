package role_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSSHKeyOfASecret: ssh-keygen reads the key, and it is the same each time.
func TestSSHKeyOfASecret(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("not possible here: ssh-keygen is not installed")
	}
	public := func(secret string) string {
		r := newRig(t, map[string]string{
			"key/role.hcl": `
summary = "for tests"
secret "` + secret + `" { form = "ssh" }
step "use" {
  phase   = "configure"
  run     = "use.sh"
  exports = ["done"]
}
`,
			"key/steps/use.sh": `cat "$EC_SECRETS/` + secret + `" >"$EC_ROOT/key"; fact set done yes`,
		})
		r.must()
		path := filepath.Join(r.root, "key")
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("ssh-keygen", "-y", "-P", "", "-f", path).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	one, again, other := public("alpha"), public("alpha"), public("beta")
	if !strings.HasPrefix(one, "ssh-ed25519 ") || !strings.Contains(one, " alpha@test") {
		t.Errorf("the public key is %q", one)
	}
	if one != again || one == other {
		t.Errorf("keys of the same secret: %q, %q; of another: %q", one, again, other)
	}
}
