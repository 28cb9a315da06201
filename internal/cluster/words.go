package cluster

import (
	"fmt"
	"strings"
	"time"
)

// Money writes an amount: "12.34 USD". Small amounts keep two significant
// digits, so that no price an hour reads as nothing.
func Money(amount float64, currency string) string {
	digits := 2
	for limit := 0.1; amount > 0 && amount < limit && digits < 6; limit /= 10 {
		digits++
	}
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", digits, amount, currency))
}

// Span writes a length of time to two places: "11h59m", "3d4h", "42s".
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return strings.TrimSuffix(fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60), "00m")
	}
	return strings.TrimSuffix(fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24), "0h")
}
