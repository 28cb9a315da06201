package ui

import "strings"

// Item writes a list entry: label, and beside it the paragraphs, wrapped, all
// beginning in the same column. A page without a width breaks lines at 80.
func (p Page) Item(label string, paragraphs ...string) error {
	width := p.width
	if width == 0 {
		width = defaultWidth
	}
	indent := len(label)
	var b strings.Builder
	b.WriteString(sanitize(label))
	for i, text := range paragraphs {
		for k, line := range wrap(clean(text), max(width-indent, 20)) {
			if i+k > 0 {
				b.WriteString(strings.Repeat(" ", indent))
			}
			b.WriteString(line + "\n")
		}
	}
	_, err := p.Write([]byte(b.String()))
	return err
}
