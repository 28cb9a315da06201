package ui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Begin and end of a frame: terminals that know synchronized output show it
// whole, and the cursor does not flicker. Both are undone within the frame,
// so that there is nothing to restore when the process dies between frames.
const (
	frameBegin = ansi.SetModeSynchronizedOutput + ansi.HideCursor
	frameEnd   = ansi.ShowCursor + ansi.ResetModeSynchronizedOutput
)

// screen remembers the block of lines at the bottom of a terminal and yields
// the bytes that replace it. The cursor always rests at the beginning of the
// line below the block.
type screen struct {
	block []string
}

// draw returns what puts the permanent lines where the block was and the new
// block below them; width is the terminal's now. It returns nil when nothing
// would change.
func (s *screen) draw(permanent, block []string, width int) []byte {
	if len(permanent) == 0 && slices.Equal(s.block, block) {
		return nil
	}
	var b strings.Builder
	b.WriteString(frameBegin)
	b.WriteString("\r")
	if n := rows(s.block, width); n > 0 {
		b.WriteString(ansi.CursorUp(n))
	}
	for _, lines := range [][]string{permanent, block} {
		for _, l := range lines {
			line(&b, l, width)
		}
	}
	b.WriteString(ansi.EraseScreenBelow)
	b.WriteString(frameEnd)
	s.block = append(s.block[:0], block...)
	return []byte(b.String())
}

// line writes one line over what stood there. A line is erased only behind its
// text, so that what did not change does not flicker; one that wraps has no such
// place.
func line(b *strings.Builder, text string, width int) {
	if ansi.StringWidth(text) < width {
		b.WriteString(text + ansi.EraseLineRight)
	} else {
		b.WriteString(ansi.EraseScreenBelow + text)
	}
	b.WriteString("\r\n")
}

// rows counts the terminal rows that lines take: the terminal may have become
// narrower since they were drawn, and wrapped them.
func rows(lines []string, width int) int {
	n := 0
	for _, l := range lines {
		n += max(1, (ansi.StringWidth(l)+width-1)/width)
	}
	return n
}
