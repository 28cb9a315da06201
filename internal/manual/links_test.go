package manual

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	code    = regexp.MustCompile("(?ms)^[ \t]*```.*?^[ \t]*```|`[^`\n]*`")
)

// TestLinks: what a page links to is there, the heading too.
func TestLinks(t *testing.T) {
	pages, err := Pages("../..")
	if err != nil {
		t.Fatal(err)
	}
	linked := map[string]bool{"docs/README.md": true, "README.md": true}
	for _, p := range pages {
		text, err := os.ReadFile(filepath.Join("../..", p.Path))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(string(text), ""), -1) {
			file, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			to := p.Path
			if file != "" {
				to = path.Join(path.Dir(p.Path), file)
			}
			if _, err := os.Stat(filepath.Join("../..", to)); err != nil {
				t.Errorf("%s links to %s: %v", p.Path, m[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(t, to), anchor) {
				t.Errorf("%s links to %s, and %s has no such heading", p.Path, m[1], to)
			}
			if strings.HasPrefix(p.Path, "docs/README") || strings.Contains(p.Path, "recipes/README") || strings.HasPrefix(to, "docs/roles/") {
				linked[to] = true
			}
		}
	}
	for _, p := range pages {
		if !linked[p.Path] && p.Path != "CONTRIBUTING.md" {
			t.Errorf("no table of contents leads to %s: add it to docs/README.md", p.Path)
		}
	}
}

// TestMap: the map in docs/architecture.md has every package, and no other.
func TestMap(t *testing.T) {
	page, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{} // what stands in the first column, each with its folder
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\|").FindAllStringSubmatch(string(page), -1) {
		folder := ""
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			name := strings.TrimSuffix(m[1], "/")
			if strings.Contains(name, "/") {
				folder = path.Dir(name)
			} else if folder != "" {
				name = path.Join(folder, name)
			}
			named[name] = true
			if _, err := os.Stat(filepath.Join("../..", name)); err != nil {
				t.Errorf("the map has %s: %v", name, err)
			}
		}
	}
	for _, top := range []string{"cmd", "internal", "providers"} {
		entries, err := os.ReadDir(filepath.Join("../..", top))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if name := path.Join(top, e.Name()); e.IsDir() && !named[name] {
				t.Errorf("the map lacks %s", name)
			}
		}
	}
}

// anchors are the headings of a page as a forge names them in links.
func anchors(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", page))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range heading.FindAllStringSubmatch(string(text), -1) {
		out = append(out, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, m[1]))
	}
	return out
}
