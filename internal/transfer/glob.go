package transfer

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Glob returns the files of a source that a pattern stands for, in order. A
// name that exists as it is stands for itself. As in a shell, * and ? do not
// match a dot at the beginning. No match is an error.
func Glob(from Source, pattern string) ([]string, error) {
	if _, err := from.Lstat(pattern); err == nil || !strings.ContainsAny(pattern, `*?[\`) {
		return []string{pattern}, nil
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("the pattern %q is not well formed", pattern)
	}
	found := []string{""}
	if strings.HasPrefix(pattern, "/") {
		found = []string{"/"}
	}
	for part := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		var next []string
		for _, dir := range found {
			next = append(next, matches(from, dir, part)...)
		}
		found = next
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no file matches %q", pattern)
	}
	return found, nil
}

// matches are the files in one folder; what can't be read has none.
func matches(from Source, dir, part string) []string {
	if !strings.ContainsAny(part, `*?[\`) {
		if _, err := from.Lstat(join(dir, part)); err != nil {
			return nil
		}
		return []string{join(dir, part)}
	}
	entries, err := from.ReadDir(dot(dir))
	if err != nil {
		return nil
	}
	var found []string
	for _, e := range entries {
		name := e.Name()
		hidden := strings.HasPrefix(name, ".") && !strings.HasPrefix(part, ".")
		if ok, _ := path.Match(part, name); ok && !hidden && properName(name) == nil {
			found = append(found, join(dir, name))
		}
	}
	slices.Sort(found)
	return found
}
