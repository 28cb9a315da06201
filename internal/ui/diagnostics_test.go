package ui

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
)

// badSpec has a mistake in each kind of place: below blocks, after tabs, in a
// long line, over several lines, at the end of the file.
const badSpec = `cluster "local" {
	node_group "compute" {
		cuont = 3
	}
  description = "` + "an äöü wide 表 text that goes on and on and on and on and on and on, so that it has to be cut somewhere" + `" + nope
  config = {
    a = 1
    b = 2
    c = 3
    d = 4
    e = 5
  }
}
`

// at makes a diagnostic whose subject is the first occurrence of text.
func at(text, summary, detail string) *hcl.Diagnostic {
	start := strings.Index(badSpec, text)
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: detail,
		Subject: &hcl.Range{Filename: "local.hcl", Start: position(start), End: position(start + len(text))},
	}
}

func position(offset int) hcl.Pos {
	line := strings.Count(badSpec[:offset], "\n")
	begin := strings.LastIndexByte(badSpec[:offset], '\n') + 1
	return hcl.Pos{Line: line + 1, Column: ansi.StringWidth(badSpec[begin:offset]) + 1, Byte: offset}
}

func mistakes(t *testing.T) (hcl.Diagnostics, map[string]*hcl.File) {
	t.Helper()
	parser := hclparse.NewParser()
	_, diags := parser.ParseHCL([]byte(badSpec), "local.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	context := at("cuont = 3", "With a context", "The block around it is shown as well.")
	r := at("node_group \"compute\" {\n\t\tcuont = 3\n\t}", "", "").Subject
	context.Context = r
	context.Severity = hcl.DiagWarning
	missing := at("cluster", "Something is missing here", "")
	end := position(len(badSpec) - 1)
	missing.Subject.Start, missing.Subject.End = end, end
	return hcl.Diagnostics{
		{Severity: hcl.DiagError, Summary: "No place", Detail: "This one belongs to no file.\nIt has a second line."},
		at("nope", `unknown name "nope"`, "There is no variable of this name.\n\nDid you mean \"node\"?"),
		at("cuont", `unknown attribute "cuont"`, `A node group has no attribute "cuont", and this sentence is long enough to be broken into two lines. Did you mean "count"?`),
		at("config = {\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n    e = 5\n  }", "A long block is wrong", ""),
		context,
		missing,
		{Severity: hcl.DiagError, Summary: "File unknown", Subject: &hcl.Range{Filename: "other.hcl", Start: hcl.Pos{Line: 3, Column: 1}}},
	}, parser.Files()
}

func TestDiagnostics(t *testing.T) {
	diags, files := mistakes(t)
	s, _, errw := buffers()
	if err := Diagnostics(s, Text, diags, files); err != nil {
		t.Fatal(err)
	}
	golden(t, "diagnostics.txt", errw.String())
	for l := range strings.Lines(errw.String()) {
		if w := ansi.StringWidth(strings.TrimSuffix(l, "\n")); w > 80 {
			t.Errorf("%d columns: %s", w, l)
		}
	}

	s, _, errw = buffers()
	s.ErrColor, s.ErrTTY, s.Width = true, true, func() int { return 60 }
	if err := Diagnostics(s, Text, diags[1:3], files); err != nil {
		t.Fatal(err)
	}
	golden(t, "diagnostics-color.txt", errw.String())
}

func TestDiagnosticsJSON(t *testing.T) {
	diags, files := mistakes(t)
	s, out, _ := buffers()
	if err := Diagnostics(s, JSON, diags, files); err != nil {
		t.Fatal(err)
	}
	var v []diagnosticView
	if err := json.Unmarshal(out.Bytes(), &v); err != nil || len(v) != len(diags) {
		t.Errorf("%v, %d diagnostics", err, len(v))
	}
	golden(t, "diagnostics.json", out.String())
}

// TestMarks places the mark under the right columns, whatever stands before.
func TestMarks(t *testing.T) {
	for _, tt := range []struct{ name, before, marked, after string }{
		{"tab", "\t\t", "bad", " = 1"},
		{"wide", `a = "表表" + `, "bad", ""},
		{"combining", "a = \"e\u0301\" + ", "bad", ""},
		{"binary", "a = \x00\x01\xff ", "bad", ""},
		{"escape", "a = \x1b[31m", "bad", "\x1b[0m"},
		{"far right", strings.Repeat("x", 500) + " ", "bad", strings.Repeat(" y", 500)},
		{"ten megabytes", strings.Repeat("x", 5<<20), "bad", strings.Repeat("y", 5<<20)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			line := tt.before + tt.marked + tt.after
			text, from, to := columns(sourceLine{text: line, from: len(tt.before), to: len(tt.before) + len(tt.marked)}, 60, theme{})
			if got := ansi.Cut(text, from, to); got != tt.marked {
				t.Errorf("the mark is under %q of %q", got, text)
			}
			if w := ansi.StringWidth(text); w > 60 {
				t.Errorf("%d columns", w)
			}
		})
	}
}

func TestManyDiagnostics(t *testing.T) {
	var diags hcl.Diagnostics
	for i := range 1000 {
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: fmt.Sprint("mistake ", i)})
	}
	s, _, errw := buffers()
	if err := Diagnostics(s, Text, diags, nil); err != nil {
		t.Fatal(err)
	}
	if got := errw.String(); !strings.Contains(got, "... and 980 more") || !strings.HasSuffix(got, "1000 errors\n") {
		t.Error(got)
	}
}

// FuzzSnippet: whatever range and bytes it gets, it shows something safe.
func FuzzSnippet(f *testing.F) {
	f.Add([]byte(badSpec), 10, 20, 3)
	f.Add([]byte("\x00\x1b[31m\r\n\xff"), -1, 1000, 1)
	f.Add([]byte(""), 0, 0, 1)
	f.Fuzz(func(t *testing.T, src []byte, start, end, line int) {
		d := &hcl.Diagnostic{Subject: &hcl.Range{
			Start: hcl.Pos{Line: line, Byte: start},
			End:   hcl.Pos{Line: line + len(src)%7, Byte: end},
		}}
		for _, l := range renderSnippet(d, &hcl.File{Bytes: src}, theme{}, func(s string) string { return s }, 80) {
			if strings.ContainsAny(l, "\x1b\x00\r\n") {
				t.Errorf("unsafe line %q", l)
			}
		}
	})
}
