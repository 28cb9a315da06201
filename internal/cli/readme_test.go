package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every command is in the README. That its examples work, the test of the
// manual in cmd/ecluster shows.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	text := readme(t)
	root := (&command{}).root()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "help" {
			continue
		}
		if !regexp.MustCompile("`" + cmd.Name() + "[ `]").MatchString(text) {
			t.Errorf("%q is not in the README", cmd.Name())
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%q is described as %q", cmd.Name(), cmd.Short)
		}
	}
}
