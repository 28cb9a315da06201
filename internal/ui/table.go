package ui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Table is rows under a header, in aligned columns two spaces apart. Cells
// are made safe for a terminal. On one that is too narrow, the columns that can
// be missed are left out, and a row that is still too wide is cut.
type Table struct {
	Header []string
	Rows   [][]string
	// Right names the columns (by header) that hold numbers.
	Right []string
	// Optional names the columns that can be missed, the first of them first.
	Optional []string
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Table writes t. A cell that is the name of a phase gets its colour.
func (p Page) Table(t Table) error {
	for _, name := range t.Optional {
		if p.width == 0 || t.width() <= p.width {
			break
		}
		t = t.without(name)
	}
	widths := make([]int, len(t.Header))
	right := make([]bool, len(t.Header))
	for i, h := range t.Header {
		widths[i] = ansi.StringWidth(h)
		for _, r := range t.Right {
			right[i] = right[i] || r == h
		}
	}
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = make([]string, len(t.Header))
		for c := range min(len(row), len(t.Header)) {
			rows[i][c] = sanitize(row[c])
			widths[c] = max(widths[c], ansi.StringWidth(rows[i][c]))
		}
	}
	var b strings.Builder
	p.row(&b, t.Header, widths, right, p.theme.bold)
	for _, row := range rows {
		p.row(&b, row, widths, right, p.cell)
	}
	_, err := p.Write([]byte(b.String()))
	return err
}

// width is how many columns of a terminal t takes.
func (t Table) width() int {
	sum := 2 * (len(t.Header) - 1)
	for i, h := range t.Header {
		widest := ansi.StringWidth(h)
		for _, row := range t.Rows {
			if i < len(row) {
				widest = max(widest, ansi.StringWidth(sanitize(row[i])))
			}
		}
		sum += widest
	}
	return sum
}

// without returns t less the column of that name.
func (t Table) without(name string) Table {
	at := slices.Index(t.Header, name)
	if at < 0 {
		return t
	}
	out := t
	out.Header = slices.Delete(slices.Clone(t.Header), at, at+1)
	out.Rows = make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		if out.Rows[i] = slices.Clone(row); at < len(row) {
			out.Rows[i] = slices.Delete(out.Rows[i], at, at+1)
		}
	}
	return out
}

func (p Page) row(b *strings.Builder, cells []string, widths []int, right []bool, style func(string) string) {
	var line strings.Builder
	for i, c := range cells {
		gap := strings.Repeat(" ", widths[i]-ansi.StringWidth(c))
		switch {
		case right[i]:
			line.WriteString(gap + style(c))
		case i == len(cells)-1:
			line.WriteString(style(c))
		default:
			line.WriteString(style(c) + gap)
		}
		if i < len(cells)-1 {
			line.WriteString("  ")
		}
	}
	text := strings.TrimRight(line.String(), " ")
	if p.width > 0 {
		text = p.theme.fit(text, p.width)
	}
	b.WriteString(text + "\n")
}

func (p Page) cell(s string) string { return p.theme.phase(cluster.Phase(s), s) }
