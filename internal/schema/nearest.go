package schema

import (
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest returns the name that the user most likely meant by given, or "" when
// none is close. Of two equally close ones the earlier wins.
func Nearest(given string, names []string) string {
	best, at := "", 1+max(1, min(3, len(given)/3))
	for _, n := range names {
		d := levenshtein.Distance(strings.ToLower(given), strings.ToLower(n), nil)
		if d < at {
			best, at = n, d
		}
	}
	return best
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
	const most = 16
	if len(names) > most {
		return "Valid are " + strings.Join(names[:most], ", ") + ", …"
	}
	return "Valid are " + strings.Join(names, ", ") + "."
}
