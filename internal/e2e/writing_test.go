package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pageFile is a file on docs/writing-a-role.md: its path, then its text.
var pageFile = regexp.MustCompile("(?ms)^\\*\\*`([^`]+)`\\*\\*\n\n```[a-z]*\n(.*?)^```$")

// TestRolesOfThePage builds the roles that docs/writing-a-role.md tells how to
// write, from that page alone, and starts its cluster.
func TestRolesOfThePage(t *testing.T) {
	needEngine(t)
	page, err := os.ReadFile("../../docs/writing-a-role.md")
	if err != nil {
		t.Fatal(err)
	}
	u := newUser(t, "queue")
	files := pageFile.FindAllStringSubmatch(string(page), -1)
	if len(files) != 8 {
		t.Fatalf("the page has %d files, not 8", len(files))
	}
	for _, f := range files {
		if err := os.MkdirAll(filepath.Join(u.dir, filepath.Dir(f[1])), 0o700); err != nil {
			t.Fatal(err)
		}
		u.write(f[1], f[2])
	}
	u.run("validate")
	u.run("start", "queue")
	ask := "redis-cli -h frontend001 ping"
	if out := u.run("ssh", "queue", "-n", "compute001", "--", "REDISCLI_AUTH=$(cat ~/.redis) "+ask); strings.TrimSpace(out) != "PONG" {
		t.Errorf("with the password Redis says %q", out)
	}
	if out := u.run("ssh", "queue", "-n", "compute001", "--", ask); !strings.Contains(out, "NOAUTH") {
		t.Errorf("without the password Redis says %q", out)
	}
	u.settled()
	u.run("stop", "queue", "--yes")
}
