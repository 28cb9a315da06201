package ui

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/ecluster/ecluster/internal/event"
)

// What the further lines of a failure begin with.
const (
	below   = "    "
	nextTo  = below + "next  "
	alsoTo  = below + "      "
	comment = "  # " // behind a command
)

// outputLead stands before each line that a step printed.
func outputLead(t theme) string { return below + t.bar() + " " }

// folded breaks a permanent line at words for a terminal. What a step printed
// stays as it is, and so do the place of a log and a command, which are there to
// be copied; the comment of a command may be missed.
func folded(line string, t theme, width int) []string {
	switch {
	case ansi.StringWidth(line) <= width, strings.HasPrefix(line, outputLead(t)), strings.HasPrefix(line, below+"log "):
		return []string{line}
	case strings.HasPrefix(line, nextTo+"ecluster "), strings.HasPrefix(line, alsoTo+"ecluster "):
		command, _, _ := strings.Cut(ansi.Strip(line), comment)
		return []string{strings.TrimRight(command, " ")}
	case strings.HasPrefix(line, below):
		return wrapHanging(line, width, len(alsoTo))
	}
	return wrapHanging(line, width, len(below))
}

// noticeLine is the permanent line of a notice.
func noticeLine(e event.Notice, t theme) string {
	s := sanitize(e.Message)
	if e.Node != "" {
		s = t.bold(string(e.Node)) + ": " + s
	}
	if e.Level == event.Warning {
		return t.alert() + " " + t.warn("warning:") + " " + s
	}
	return "  " + s
}

// taskLine is the permanent line of a task that ended.
func taskLine(e event.TaskProgress, t theme) string {
	after := ""
	if e.Elapsed >= 100*time.Millisecond {
		after = " " + t.faint(short(e.Elapsed))
	}
	if e.Err != nil {
		return t.cross() + " " + e.Task + after + ": " + sanitize(e.Err.Error())
	}
	return t.tick() + " " + e.Task + after
}
