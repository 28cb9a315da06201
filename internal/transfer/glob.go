package transfer

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/remote"
)

// Glob returns the files of a source that a pattern stands for, in order. A
// name that exists as it is stands for itself. As in a shell, * and ? do not
// match a dot at the beginning. No match is an error, and so is the end of the
// connection to the source.
func Glob(from Source, pattern string) ([]string, error) {
	switch _, err := from.Lstat(pattern); {
	case err == nil || !strings.ContainsAny(pattern, `*?[\`):
		return []string{pattern}, nil
	case isGone(err):
		return nil, err
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
			in, err := matches(from, dir, part)
			if err != nil {
				return nil, err
			}
			next = append(next, in...)
		}
		found = next
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no file matches %q", pattern)
	}
	return found, nil
}

// matches are the files in one folder; what can't be read has none, as in a shell.
func matches(from Source, dir, part string) ([]string, error) {
	var found []string
	if !strings.ContainsAny(part, `*?[\`) {
		_, err := from.Lstat(join(dir, part))
		if isGone(err) {
			return nil, err
		}
		if err == nil {
			found = append(found, join(dir, part))
		}
		return found, nil
	}
	entries, err := from.ReadDir(dot(dir))
	if isGone(err) {
		return nil, err
	}
	for _, e := range entries {
		name := e.Name()
		hidden := strings.HasPrefix(name, ".") && !strings.HasPrefix(part, ".")
		if ok, _ := path.Match(part, name); ok && !hidden && properName(name) == nil {
			found = append(found, join(dir, name))
		}
	}
	slices.Sort(found)
	return found, nil
}

// isGone reports whether a source answers no more.
func isGone(err error) bool {
	lost := (*remote.LostError)(nil)
	return errors.As(err, &lost) || errors.Is(err, remote.ErrClosed)
}
