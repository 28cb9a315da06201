package schema

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Whole is a Check for a whole number from least to most.
func Whole(least, most int) func(any) error {
	return func(v any) error {
		n, ok := v.(float64)
		switch {
		case !ok || n != math.Trunc(n):
			return fmt.Errorf("must be a whole number, not %v", v)
		case n < float64(least) || n > float64(most):
			return fmt.Errorf("must be from %d to %d, not %.0f", least, most, n)
		}
		return nil
	}
}

// Amount is a Check for an amount of memory or storage: "2GB".
func Amount(v any) error {
	_, err := cluster.ParseBytes(fmt.Sprint(v))
	return err
}

// Price is a Check for an amount of money above zero.
func Price(v any) error {
	if n, ok := v.(float64); !ok || n <= 0 || math.IsInf(n, 0) {
		return fmt.Errorf("must be more than 0, not %v", v)
	}
	return nil
}

// Duration is a Check for a positive length of time: "90m", "12h".
func Duration(v any) error {
	d, err := time.ParseDuration(fmt.Sprint(v))
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is not a length of time; write for example \"90m\" or \"12h\"", v)
	}
	return nil
}

// OwnedUnless is an Attr.Owned for a name: everything is the user's own but
// what the cloud itself knows by these words.
func OwnedUnless(words ...string) func(v any) bool {
	return func(v any) bool {
		s, isText := v.(string)
		return v != nil && (!isText || s != "" && !slices.Contains(words, s))
	}
}
