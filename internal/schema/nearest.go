package schema

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest returns the name that the user most likely meant by given, or "" when
// none is close. Of two equally close ones the earlier wins.
func Nearest(given string, names []string) string {
	best, at := "", 1+max(1, min(3, len(given)/3))
	for _, n := range names {
		if d := distance(strings.ToLower(given), strings.ToLower(n)); d < at {
			best, at = n, d
		}
	}
	return best
}

// distance is the number of edits between two names, where any mix-up of the
// same letters is one.
func distance(a, b string) int {
	d := levenshtein.Distance(a, b, nil)
	if d > 1 && len(a) == len(b) && sorted(a) == sorted(b) {
		return 1
	}
	return d
}

func sorted(s string) string {
	b := []byte(s)
	slices.Sort(b)
	return string(b)
}

// DidYouMean is the sentence that ends a message about an unknown name: the
// nearest valid name, else all of them, else that there are none.
func DidYouMean(given string, names []string) string {
	if near := Nearest(given, names); near != "" {
		return "Did you mean " + strconv.Quote(near) + "?"
	}
	if len(names) == 0 {
		return "There are none to choose from."
	}
	if len(names) == 1 {
		return "There is only " + strconv.Quote(names[0]) + "."
	}
	const most = 16
	if len(names) > most {
		return "Valid are " + strings.Join(names[:most], ", ") + ", …"
	}
	return "Valid are " + strings.Join(names, ", ") + "."
}
