package ui

import (
	"time"

	"github.com/ecluster/ecluster/internal/event"
)

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
