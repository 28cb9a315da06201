package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Table is rows under a header, in aligned columns two spaces apart. Cells
// are made safe for a terminal; on one, a row that is too wide is cut.
type Table struct {
	Header []string
	Rows   [][]string
	// Right names the columns (by header) that hold numbers.
	Right []string
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Table writes t. A cell that is the name of a phase gets its colour.
func (p Page) Table(t Table) error {
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
