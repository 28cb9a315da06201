package spec

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// fail is one error that stands at no line.
func fail(summary, detail string, args ...any) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(detail, args...)}}
}

// failAt is one error at a line.
func failAt(r hcl.Range, summary, detail string, args ...any) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Subject: r.Ptr(), Summary: summary,
		Detail: strings.TrimSpace(fmt.Sprintf(detail, args...)),
	}}
}

// warnAt is one warning at a line.
func warnAt(r hcl.Range, summary, detail string, args ...any) hcl.Diagnostics {
	ds := failAt(r, summary, detail, args...)
	ds[0].Severity = hcl.DiagWarning
	return ds
}

// cause is the innermost reason of a file error, without the path that the
// message around it already has.
func cause(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// tidy drops what was found twice (a broken variable is met wherever it is
// used) and sorts by place, so that the output is the same each time.
func tidy(diags hcl.Diagnostics) hcl.Diagnostics {
	type key struct {
		severity        hcl.DiagnosticSeverity
		at              hcl.Range
		summary, detail string
	}
	seen := make(map[key]bool, len(diags))
	var out hcl.Diagnostics
	for _, d := range diags {
		k := key{d.Severity, subject(d), d.Summary, d.Detail}
		if !seen[k] {
			seen[k] = true
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b *hcl.Diagnostic) int {
		ra, rb := subject(a), subject(b)
		return cmp.Or(cmp.Compare(ra.Filename, rb.Filename), cmp.Compare(ra.Start.Byte, rb.Start.Byte))
	})
	return out
}

func subject(d *hcl.Diagnostic) hcl.Range {
	if d.Subject == nil {
		return hcl.Range{}
	}
	return *d.Subject
}
