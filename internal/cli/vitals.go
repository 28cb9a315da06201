package cli

import (
	"fmt"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
)

// ageWords is the age of a cluster, and when its machines go: "3h02m, 58m left".
func ageWords(v state.Vitals) string {
	text := cluster.Span(time.Duration(v.AgeSeconds) * time.Second)
	if left := leftWords(v); left != "" {
		text += ", " + left
		if *v.TTLLeftSeconds > 0 {
			text += " left"
		}
	}
	return text
}

// leftWords is the time until the machines go by themselves; empty for never.
func leftWords(v state.Vitals) string {
	switch {
	case v.TTLLeftSeconds == nil:
		return ""
	case *v.TTLLeftSeconds <= 0:
		return "expired"
	}
	return cluster.Span(time.Duration(*v.TTLLeftSeconds) * time.Second)
}

// spentWords is what a cluster has cost so far; empty where no price is known.
func spentWords(c *state.Cost) string {
	if c == nil {
		return ""
	}
	return cluster.Money(c.SoFar, c.Currency)
}

// costWords is spentWords with what an hour costs now.
func costWords(c *state.Cost) string {
	text := fmt.Sprintf("about %s so far, %s an hour", spentWords(c), cluster.Money(c.PerHour, c.Currency))
	if c.Unpriced > 0 {
		text += fmt.Sprintf(" (%s without a price)", counted(c.Unpriced, "machine"))
	}
	return text
}

// vitalHeader are the columns of a table for programs that vitalCells fill.
func vitalHeader() []string {
	return []string{"age_seconds", "expires", "cost_so_far", "cost_per_hour", "currency"}
}

func vitalCells(v state.Vitals) []string {
	cells := []string{fmt.Sprint(v.AgeSeconds), stamp(v.Expires), "", "", ""}
	if c := v.Cost; c != nil {
		cells[2], cells[3], cells[4] = fmt.Sprintf("%.4f", c.SoFar), fmt.Sprintf("%.4f", c.PerHour), c.Currency
	}
	return cells
}

// withoutEmpty drops those of the columns in which no row has anything.
func withoutEmpty(t ui.Table, columns ...string) ui.Table {
	for _, name := range columns {
		if t.Empty(name) {
			t = t.Without(name)
		}
	}
	return t
}

// stamp is a time for programs; empty when there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// age is the time since t.
func age(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return cluster.Span(time.Since(t))
}
