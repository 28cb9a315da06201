package ui

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// maxDiagnostics is how many diagnostics people are shown at once: past that
// it is one mistake with many consequences.
const maxDiagnostics = 20

// Diagnostics shows the user's mistakes: on s.Err for people, with the lines
// of the source and a mark below the place; as a JSON array on s.Out for
// programs. files holds the sources by name, as hclparse.Parser.Files returns
// them; a file that is missing there costs the snippet, no more. Values of
// variables are never shown, because they may be secrets.
func Diagnostics(s Streams, f Format, diags hcl.Diagnostics, files map[string]*hcl.File) error {
	if f == JSON || f == YAML {
		views := make([]diagnosticView, 0, len(diags))
		for _, d := range inReadingOrder(diags) {
			views = append(views, viewOf(d, files))
		}
		return Value(s, f, views, nil)
	}
	width := 0
	if s.ErrTTY {
		width = s.width()
	}
	_, err := io.WriteString(s.Err, renderDiagnostics(diags, files, s.errTheme(), width))
	return err
}

func renderDiagnostics(diags hcl.Diagnostics, files map[string]*hcl.File, t theme, width int) string {
	if width == 0 {
		width = defaultWidth
	}
	var b strings.Builder
	for i, d := range inReadingOrder(diags) {
		if i == maxDiagnostics {
			fmt.Fprintf(&b, "%s\n\n", t.faint(fmt.Sprintf("... and %d more", len(diags)-i)))
			break
		}
		for _, l := range renderDiagnostic(d, files, t, width) {
			b.WriteString(strings.TrimRight(l, " ") + "\n")
		}
		b.WriteString("\n")
	}
	if s := tally(diags); s != "" {
		b.WriteString(s + "\n")
	}
	return b.String()
}

// inReadingOrder sorts by file and place; what has no place comes last.
func inReadingOrder(diags hcl.Diagnostics) hcl.Diagnostics {
	sorted := slices.Clone(diags)
	slices.SortStableFunc(sorted, func(a, b *hcl.Diagnostic) int {
		switch {
		case a.Subject == nil && b.Subject == nil:
			return 0
		case a.Subject == nil:
			return 1
		case b.Subject == nil:
			return -1
		}
		return cmp.Or(
			strings.Compare(a.Subject.Filename, b.Subject.Filename),
			cmp.Compare(a.Subject.Start.Byte, b.Subject.Start.Byte),
		)
	})
	return sorted
}

// tally is "2 errors, 1 warning"; empty for a single one.
func tally(diags hcl.Diagnostics) string {
	if len(diags) < 2 {
		return ""
	}
	errs := 0
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			errs++
		}
	}
	var parts []string
	if errs > 0 {
		parts = append(parts, count(errs, "error"))
	}
	if w := len(diags) - errs; w > 0 {
		parts = append(parts, count(w, "warning"))
	}
	return strings.Join(parts, ", ")
}

func renderDiagnostic(d *hcl.Diagnostic, files map[string]*hcl.File, t theme, width int) []string {
	kind, style := "Error", t.bad
	if d.Severity == hcl.DiagWarning {
		kind, style = "Warning", t.warn
	}
	var lines []string
	for i, l := range wrap(clean(d.Summary), width-len(kind)-2) {
		if i == 0 {
			lines = append(lines, style(kind+":")+" "+t.bold(l))
			continue
		}
		lines = append(lines, strings.Repeat(" ", len(kind)+2)+t.bold(l))
	}
	if d.Subject != nil {
		lines = append(lines, "")
		lines = append(lines, placeOf(d, files, t))
		lines = append(lines, renderSnippet(d, files[d.Subject.Filename], t, style, width)...)
	}
	if d.Detail != "" {
		lines = append(lines, "")
		for para := range strings.SplitSeq(strings.TrimSpace(d.Detail), "\n") {
			for _, l := range wrap(clean(para), width-2) {
				lines = append(lines, "  "+l)
			}
		}
	}
	return lines
}

// placeOf is `  local.hcl:12:3, in cluster "local", node_group "compute":`.
func placeOf(d *hcl.Diagnostic, files map[string]*hcl.File, t theme) string {
	r := d.Subject
	s := fmt.Sprintf("  %s:%d:%d", clean(r.Filename), r.Start.Line, r.Start.Column)
	if blocks := enclosing(files[r.Filename], r.Start); len(blocks) > 0 {
		s += ", in " + strings.Join(blocks, ", ")
	}
	return t.faint(s + ":")
}

// enclosing names the blocks around a place, the outermost first.
func enclosing(file *hcl.File, pos hcl.Pos) []string {
	if file == nil || file.Body == nil {
		return nil
	}
	var names []string
	for _, b := range file.BlocksAtPos(pos) {
		parts := []string{b.Type}
		for _, l := range b.Labels {
			parts = append(parts, strconv.Quote(l))
		}
		names = append(names, sanitize(strings.Join(parts, " ")))
	}
	return names
}
