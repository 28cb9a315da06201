package spec

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
)

// What a file may be at most. Real specs have a few kilobytes; the limits keep
// a mistaken path from being read into memory or onto the parser's stack.
const (
	maxFile    = 4 << 20
	maxNesting = 500
)

// source is a parsed file.
type source struct {
	file *hcl.File
	dir  string // where the relative paths of its functions begin; "" when embedded
	json bool
}

// readSource reads and parses a file. The source is never nil.
func readSource(c candidate) (*source, hcl.Diagnostics) {
	s := &source{file: &hcl.File{Body: hcl.EmptyBody()}, json: strings.HasSuffix(c.path, ".json")}
	if c.fsys == nil {
		s.dir = filepath.Dir(c.path)
	}
	src, err := readLimited(c)
	if err != nil {
		return s, fail("Can't read "+c.shown, "%s.", upper(cause(err)))
	}
	s.file.Bytes = src
	if ds := checkText(src, c.shown); ds != nil {
		return s, ds
	}
	var diags hcl.Diagnostics
	var file *hcl.File
	if s.json {
		file, diags = json.Parse(src, c.shown)
	} else {
		file, diags = hclsyntax.ParseConfig(src, c.shown, hcl.InitialPos)
	}
	if file != nil && file.Body != nil {
		s.file = file
	}
	return s, diags
}

func readLimited(c candidate) ([]byte, error) {
	var f fs.File
	var err error
	if c.fsys != nil {
		f, err = c.fsys.Open(c.path)
	} else {
		f, err = os.Open(c.path)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(src) > maxFile {
		err = fmt.Errorf("the file is larger than %d MB, which no spec is; give -c the path of a spec", maxFile>>20)
	}
	return src, err
}

// checkText refuses what is no text before the parser makes hundreds of
// diagnostics of it.
func checkText(src []byte, shown string) hcl.Diagnostics {
	start := hcl.Range{Filename: shown, Start: hcl.InitialPos, End: hcl.InitialPos}
	if len(bytes.TrimSpace(src)) == 0 {
		return failAt(start, "Empty spec", "%s is empty. Add a block: cluster \"mine\" { … }; ecluster init writes one to begin with.", shown)
	}
	if !isText(src) {
		return fail("Not a text file", "%s is no UTF-8 text, so it is no spec. Give -c the path of a spec.", shown)
	}
	depth := 0
	for i, b := range src {
		switch b {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		if depth > maxNesting {
			line := 1 + bytes.Count(src[:i], []byte("\n"))
			at := hcl.Pos{Line: line, Column: i - bytes.LastIndexByte(src[:i], '\n'), Byte: i}
			return failAt(hcl.Range{Filename: shown, Start: at, End: at}, "Too deeply nested",
				"Brackets are nested more than %d deep here. Is one not closed?", maxNesting)
		}
	}
	return nil
}

func isText(b []byte) bool { return bytes.IndexByte(b, 0) < 0 && utf8.Valid(b) }

// upper begins a sentence with s.
func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
