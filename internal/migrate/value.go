package migrate

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Bounds of what %(name)s may lead to: as deep as ConfigParser goes, and longer
// than any value that means something.
const (
	maxDepth = 10
	maxValue = 64 << 10
)

// playbookVars are the names that ElastiCluster itself defines: the folder of
// its playbooks.
var playbookVars = []string{"elasticluster_playbooks", "ansible_pb_dir"}

// interpolate replaces %(name)s in the value of an option, as ConfigParser
// does: names are those of the option's section and of DEFAULT.
func interpolate(o *option, defaults *section) (string, error) {
	var b strings.Builder
	err := expand(&b, o.raw, o.in, defaults, 0)
	return b.String(), err
}

func expand(b *strings.Builder, raw string, in, defaults *section, depth int) error {
	if depth > maxDepth {
		return errors.New("names lead to names more than ten times, or in a circle")
	}
	for raw != "" {
		text, rest, found := strings.Cut(raw, "%")
		b.WriteString(text)
		if b.Len() > maxValue {
			return fmt.Errorf("the value grows beyond %d KB", maxValue>>10)
		}
		if !found {
			return nil
		}
		switch {
		case strings.HasPrefix(rest, "%"):
			b.WriteByte('%')
			raw = rest[1:]
		case strings.HasPrefix(rest, "("):
			name, after, closed := strings.Cut(rest[1:], ")s")
			if !closed {
				return errors.New("\"%(\" begins a name that no \")s\" ends; a percent sign is written %%")
			}
			value, err := named(name, in, defaults)
			if err != nil {
				return err
			}
			if err := expand(b, value, in, defaults, depth+1); err != nil {
				return err
			}
			raw = after
		default:
			return errors.New("a percent sign is written %%, and a name %(name)s")
		}
	}
	return nil
}

// named is the raw value that a name stands for.
func named(name string, in, defaults *section) (string, error) {
	if slices.Contains(playbookVars, name) {
		return "${" + name + "}", nil
	}
	for _, s := range []*section{in, defaults} {
		if s == nil {
			continue
		}
		if o := s.find(name); o != nil {
			if s == defaults || o.origin != nil {
				o.use() // nothing else in [DEFAULT] needs to be explained
			}
			return o.raw, nil
		}
	}
	return "", fmt.Errorf("%%(%s)s names an option that neither [%s] nor [DEFAULT] has", name, in.name)
}

var reference = regexp.MustCompile(`%\(([^)]*)\)s`)

// referred are the names that a value leads to, directly.
func referred(raw string) []string {
	var names []string
	for _, m := range reference.FindAllStringSubmatch(strings.ReplaceAll(raw, "%%", ""), -1) {
		names = append(names, m[1])
	}
	return names
}

var variable = regexp.MustCompile(`\$(\w+|\{[^}]*\})`)

// part is a piece of a value: text, or an environment variable.
type part struct{ text, env string }

// parts takes a value apart at $NAME and ${NAME}.
func parts(value string) []part {
	var out []part
	last := 0
	for _, m := range variable.FindAllStringSubmatchIndex(value, -1) {
		if m[0] > last {
			out = append(out, part{text: value[last:m[0]]})
		}
		out = append(out, part{env: strings.Trim(value[m[2]:m[3]], "{}")})
		last = m[1]
	}
	if last < len(value) {
		out = append(out, part{text: value[last:]})
	}
	return out
}

// settled replaces environment variables by their values; what is not set
// stays as it is written, as ElastiCluster has it.
func settled(value string, env func(string) (string, bool)) string {
	return variable.ReplaceAllStringFunc(value, func(ref string) string {
		if v, set := env(strings.Trim(ref[1:], "{}")); set {
			return v
		}
		return ref
	})
}
