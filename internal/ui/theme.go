package ui

import (
	"charm.land/lipgloss/v2"

	"github.com/ecluster/ecluster/internal/cluster"
)

// theme is how things are marked and coloured on one stream. Only the sixteen
// basic colours are used: they follow the user's own palette, dark or light.
type theme struct {
	color, unicode bool
}

func (s Streams) outTheme() theme { return theme{color: s.OutColor, unicode: s.Unicode} }
func (s Streams) errTheme() theme { return theme{color: s.ErrColor, unicode: s.Unicode} }

func (t theme) paint(style lipgloss.Style, text string) string {
	if !t.color || text == "" {
		return text
	}
	return style.Render(text)
}

func (t theme) bold(s string) string  { return t.paint(lipgloss.NewStyle().Bold(true), s) }
func (t theme) faint(s string) string { return t.paint(lipgloss.NewStyle().Faint(true), s) }
func (t theme) good(s string) string {
	return t.paint(lipgloss.NewStyle().Foreground(lipgloss.Green), s)
}

func (t theme) busy(s string) string {
	return t.paint(lipgloss.NewStyle().Foreground(lipgloss.Cyan), s)
}

func (t theme) warn(s string) string {
	return t.paint(lipgloss.NewStyle().Foreground(lipgloss.Yellow), s)
}

func (t theme) bad(s string) string {
	return t.paint(lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true), s)
}

// phase colours the name of a phase by what it means for the user.
func (t theme) phase(p cluster.Phase, text string) string {
	switch p {
	case cluster.Ready:
		return t.good(text)
	case cluster.Failed:
		return t.bad(text)
	case cluster.Draining, cluster.Deleting:
		return t.warn(text)
	case cluster.Planned, cluster.Gone, cluster.Paused:
		return t.faint(text)
	case cluster.Launching, cluster.Booting, cluster.Reachable, cluster.Installing,
		cluster.Configuring, cluster.Joining, cluster.Verifying:
		return t.busy(text)
	}
	return text
}

// The marks that open a line.
func (t theme) tick() string { return t.good(t.pick("✓", "ok")) }

func (t theme) cross() string { return t.bad(t.pick("✗", "FAILED")) }

func (t theme) alert() string { return t.warn("!") }

func (t theme) dot() string { return t.pick(" · ", " - ") }

func (t theme) ellipsis() string { return t.pick("…", "...") }

func (t theme) bar() string { return t.faint(t.pick("│", "|")) }

func (t theme) pick(unicode, ascii string) string {
	if t.unicode {
		return unicode
	}
	return ascii
}
