package manual

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestMessages: what docs/troubleshooting.md quotes, the program says. … stands
// for what differs from time to time.
func TestMessages(t *testing.T) {
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	said := literals(t, "../../internal", "../../providers", "../../roles", "../../ecluster.sh")
	quoted := regexp.MustCompile("(?m)^### `(.*)`$").FindAllStringSubmatch(string(page), -1)
	if len(quoted) < 35 {
		t.Errorf("only %d messages were found", len(quoted))
	}
	for _, m := range quoted {
		if !anySays(said, m[1]) {
			t.Errorf("nothing in the program says %q", m[1])
		}
	}
}

// anySays reports whether one of the texts has the parts of a message in their
// order.
func anySays(texts []string, message string) bool {
	parts := strings.Split(message, "…")
	for _, text := range texts {
		rest, ok := text, true
		for _, part := range parts {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			if _, rest, ok = strings.Cut(rest, part); !ok {
				break
			}
		}
		if ok {
			return true
		}
	}
	return false
}

// literals are the texts in the sources below some folders: of Go, what is put
// together from constants as one; of shell, each line.
func literals(t *testing.T, roots ...string) []string {
	t.Helper()
	var out []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case strings.HasSuffix(path, ".sh"):
				text, err := os.ReadFile(path)
				out = append(out, strings.Split(strings.ReplaceAll(string(text), `\"`, `"`), "\n")...)
				return err
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				text, ok := constant(n)
				if ok {
					out = append(out, text)
				}
				return !ok
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// constant is the text of an expression that is made of literals only.
func constant(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.BasicLit:
		if n.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(n.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		a, ok := constant(n.X)
		b, also := constant(n.Y)
		return a + b, ok && also && n.Op == token.ADD
	}
	return "", false
}
