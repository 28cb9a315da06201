package manual

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestExitStatus: the page and the README list the statuses that there are.
func TestExitStatus(t *testing.T) {
	all := func(path, pattern string) []string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			out = append(out, m[1])
		}
		slices.Sort(out)
		return out
	}
	want := all("../../internal/cli/exit.go", `(?m)^\s+[eE]xit[A-Za-z]+ +=\s+(\d+)`)
	for _, page := range []string{"../../docs/exit-status.md", "../../README.md"} {
		if got := all(page, `(?m)^\| (\d+) \|`); !slices.Equal(got, want) || len(want) < 9 {
			t.Errorf("%s has the statuses %v, and the program %v", page, got, want)
		}
	}
}
