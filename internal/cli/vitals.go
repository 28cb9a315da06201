package cli

import (
	"fmt"
	"time"

	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
)

// ageWords is the age of a cluster, and when its machines go: "3h02m, 58m left".
func ageWords(v state.Vitals) string {
	text := span(time.Duration(v.AgeSeconds) * time.Second)
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
	return span(time.Duration(*v.TTLLeftSeconds) * time.Second)
}

// spentWords is what a cluster has cost so far; empty where no price is known.
func spentWords(c *state.Cost) string {
	if c == nil {
		return ""
	}
	return money(c.SoFar, c.Currency)
}

// costWords is spentWords with what an hour costs now.
func costWords(c *state.Cost) string {
	text := fmt.Sprintf("about %s so far, %s an hour", spentWords(c), money(c.PerHour, c.Currency))
	if c.Unpriced > 0 {
		text += fmt.Sprintf(" (%s without a price)", counted(c.Unpriced, "machine"))
	}
	return text
}

func money(amount float64, currency string) string { return fmt.Sprintf("%.2f %s", amount, currency) }

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
	return span(time.Since(t))
}

// span is a duration to two places: "3h02m".
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}
