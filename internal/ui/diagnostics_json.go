package ui

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// diagnosticView is a diagnostic as programs get it.
type diagnosticView struct {
	Severity string     `json:"severity"` // "error", "warning"
	Summary  string     `json:"summary"`
	Detail   string     `json:"detail,omitempty"`
	Range    *rangeView `json:"range,omitempty"`
	In       []string   `json:"in,omitempty"`      // the blocks around it, outermost first
	Snippet  string     `json:"snippet,omitempty"` // the first line of the source that it is about
}

type rangeView struct {
	File  string       `json:"file"`
	Start positionView `json:"start"`
	End   positionView `json:"end"`
}

// positionView counts lines and columns from 1, bytes from 0.
type positionView struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

func viewOf(d *hcl.Diagnostic, files map[string]*hcl.File) diagnosticView {
	v := diagnosticView{Severity: "error", Summary: d.Summary, Detail: d.Detail}
	if d.Severity == hcl.DiagWarning {
		v.Severity = "warning"
	}
	if d.Subject == nil {
		return v
	}
	v.Range = &rangeView{
		File:  d.Subject.Filename,
		Start: positionView(d.Subject.Start),
		End:   positionView(d.Subject.End),
	}
	file := files[d.Subject.Filename]
	v.In = enclosing(file, d.Subject.Start)
	if file == nil {
		return v
	}
	for _, l := range sourceLines(d, file.Bytes) {
		if l.number == d.Subject.Start.Line {
			v.Snippet = sanitize(strings.TrimSpace(l.text))
		}
	}
	return v
}
