package ui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Table is rows under a header, in aligned columns two spaces apart. Cells
// are made safe for a terminal. On one that is too narrow, the cells of one column
// are shortened, the columns that can be missed are left out, and a row that is
// still too wide is cut.
type Table struct {
	Header []string
	Rows   [][]string
	// Right names the columns (by header) that hold numbers.
	Right []string
	// Optional names the columns that can be missed, the first of them first.
	Optional []string
	// Flexible names the column whose cells may be shortened: names, reasons.
	Flexible string
}

// flexible is how much of a column that may be shortened is worth having.
const flexible = 16

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Table writes t. A cell that is the name of a phase gets its colour.
func (p Page) Table(t Table) error {
	if p.width > 0 {
		t = t.fitted(p.theme, p.width)
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

// fitted returns t as it fits into a width, as far as that can be.
func (t Table) fitted(theme theme, width int) Table {
	least := func() int {
		flex := t.columnWidth(t.Flexible)
		return t.width() - flex + min(flex, flexible)
	}
	for _, name := range t.Optional {
		if least() <= width {
			break
		}
		t = t.Without(name)
	}
	at := slices.Index(t.Header, t.Flexible)
	if over := t.width() - width; at >= 0 && over > 0 {
		room := max(t.columnWidth(t.Flexible)-over, flexible)
		rows := make([][]string, len(t.Rows))
		for i, row := range t.Rows {
			if rows[i] = slices.Clone(row); at < len(row) {
				rows[i][at] = theme.fit(sanitize(row[at]), room)
			}
		}
		t.Rows = rows
	}
	return t
}

// width is how many columns of a terminal t takes.
func (t Table) width() int {
	sum := 2 * (len(t.Header) - 1)
	for _, h := range t.Header {
		sum += t.columnWidth(h)
	}
	return sum
}

// columnWidth is the width of one column, 0 where there is none of that name.
func (t Table) columnWidth(name string) int {
	at := slices.Index(t.Header, name)
	if at < 0 {
		return 0
	}
	widest := ansi.StringWidth(name)
	for _, row := range t.Rows {
		if at < len(row) {
			widest = max(widest, ansi.StringWidth(sanitize(row[at])))
		}
	}
	return widest
}

// Without returns t less the column of that name.
func (t Table) Without(name string) Table {
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

// Empty reports whether no row has anything in the column of that name.
func (t Table) Empty(name string) bool {
	at := slices.Index(t.Header, name)
	return !slices.ContainsFunc(t.Rows, func(row []string) bool { return at >= 0 && at < len(row) && row[at] != "" })
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
