package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// labelOf makes a DNS label of a name: ecluster's clusters and groups are parts
// of host names. taken are those that there are.
func labelOf(name, fallback string, group bool, taken []string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			b.WriteByte('-')
		}
	}
	s := strings.Trim(b.String(), "-")
	for strings.Contains(s, "--") {
		s = strings.ReplaceAll(s, "--", "-")
	}
	if s == "" || s[0] < 'a' {
		s = strings.Trim(fallback+"-"+s, "-")
	}
	const longest = 32 // leaves room for what is added below
	if len(s) > longest {
		s = strings.TrimRight(s[:longest], "-")
	}
	if group && s[len(s)-1] <= '9' {
		s += "-nodes" // nodes are numbered, so their group can't end in a digit
	}
	label := s
	for n := 'b'; slices.Contains(taken, label) || cluster.CheckLabel(label) != nil; n++ {
		label = fmt.Sprintf("%s-%c", s, n)
	}
	return label
}

// identifier makes a name that can be written as provider.NAME.
func identifier(name string) string {
	s := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(name))
	if s = strings.Trim(s, "_"); s == "" || s[0] <= '9' {
		s = "cloud_" + s
	}
	return strings.TrimRight(s, "_")
}
