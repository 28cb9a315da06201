package transfer

import "strings"

// Complete returns the names that the beginning of a name could become;
// folders end in a slash.
func Complete(from Source, beginning string) []string {
	dir, start := "", beginning
	if i := strings.LastIndexByte(beginning, '/'); i >= 0 {
		dir, start = beginning[:i+1], beginning[i+1:]
	}
	entries, err := from.ReadDir(dot(dir))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		hidden := strings.HasPrefix(name, ".") && !strings.HasPrefix(start, ".")
		if hidden || !strings.HasPrefix(name, start) || properName(name) != nil {
			continue
		}
		if info, err := from.Stat(dir + name); err == nil && info.IsDir() {
			name += "/"
		}
		names = append(names, dir+name)
	}
	return names
}
