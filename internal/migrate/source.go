package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// maxFile is what a configuration may have: real ones have a few kilobytes.
const maxFile = 1 << 20

// find lists the files that ElastiCluster reads for a path: the file itself,
// and all of PATH.d that end in .conf. A folder stands for its own files.
func find(path string) ([]string, hcl.Diagnostics) {
	info, err := os.Stat(path)
	beside, _ := filepath.Glob(escaped(path) + ".d/*.conf") // the pattern is well-formed
	slices.Sort(beside)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(beside) > 0:
		return beside, nil
	case err != nil:
		return nil, fail(nil, "Can't read "+path, "%s. Name ElastiCluster's configuration, as in: ecluster migrate ~/.elasticluster/config", cause(err))
	case !info.IsDir():
		return append([]string{path}, beside...), nil
	}
	inside, _ := filepath.Glob(escaped(path) + "/*.conf")
	slices.Sort(inside)
	if config := filepath.Join(path, "config"); len(inside) == 0 && isFile(config) {
		return find(config)
	}
	if len(inside) == 0 {
		return nil, fail(nil, "No configuration in "+path, "It is a folder without files that end in .conf. Name the file itself, as in: ecluster migrate ~/.elasticluster/config")
	}
	return inside, nil
}

// escaped keeps Glob from taking signs of a path for a pattern.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// cause is the reason of a file error without the path, which stands beside it.
func cause(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}

// load reads one file as text.
func load(path string) (string, hcl.Diagnostics) {
	f, err := os.Open(path)
	if err != nil {
		return "", fail(nil, "Can't read "+path, "%s.", cause(err))
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", fail(nil, "Can't read "+path, "%s.", cause(err))
	}
	if len(raw) > maxFile {
		return "", fail(nil, "File too large", "%s has more than %d MB; no configuration of ElastiCluster has.", path, maxFile>>20)
	}
	return decode(path, raw)
}

// decode makes text of what a file holds. What is no UTF-8 is taken for
// Latin-1, in which old editors wrote, with a warning at the place.
func decode(path string, raw []byte) (string, hcl.Diagnostics) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		at := position(raw[:i])
		return "", fail(&hcl.Range{Filename: path, Start: at, End: at}, "Not a text file",
			"%s has a NUL byte in line %d. Text in UTF-16 is made readable by: iconv -f UTF-16 -t UTF-8", path, at.Line)
	}
	var diags hcl.Diagnostics
	if !utf8.Valid(raw) {
		text, bad := latin1(raw)
		at := position([]byte(text[:bad]))
		end := at
		end.Byte += 2
		end.Column++
		diags = hcl.Diagnostics{{
			Severity: hcl.DiagWarning, Subject: &hcl.Range{Filename: path, Start: at, End: end},
			Summary: "Not UTF-8",
			Detail:  "This is taken for Latin-1; look whether it reads as you wrote it.",
		}}
		raw = []byte(text)
	}
	text := strings.ReplaceAll(string(raw), "\r\n", "\n")
	return strings.ReplaceAll(text, "\r", "\n"), diags
}

// latin1 converts, and tells where the first byte was that is no UTF-8.
func latin1(raw []byte) (text string, bad int) {
	for bad < len(raw) {
		r, n := utf8.DecodeRune(raw[bad:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		bad += n
	}
	var b strings.Builder
	b.Write(raw[:bad]) // up to there it was UTF-8
	for _, c := range raw[bad:] {
		b.WriteRune(rune(c))
	}
	return b.String(), bad
}

// position is where a file is after this part of it.
func position(before []byte) hcl.Pos {
	line := bytes.Count(before, []byte("\n"))
	start := bytes.LastIndexByte(before, '\n') + 1
	return hcl.Pos{Line: line + 1, Column: utf8.RuneCount(before[start:]) + 1, Byte: len(before)}
}

// fail is one error; at is nil where it stands at no line.
func fail(at *hcl.Range, summary, detail string, args ...any) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Subject: at, Summary: summary, Detail: fmt.Sprintf(detail, args...)}}
}

// warn is one warning.
func warn(at *hcl.Range, summary, detail string, args ...any) hcl.Diagnostics {
	d := fail(at, summary, detail, args...)
	d[0].Severity = hcl.DiagWarning
	return d
}
