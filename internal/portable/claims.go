package portable

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/ecluster/ecluster/internal/schema"
)

// Claim is something that the record of an archive would do with what is the
// user's: send credentials somewhere, read a variable or a file, run a program.
type Claim struct {
	What  string // "provider \"google\": endpoint"
	Value string // as people may read it
}

// longest is how much is shown of a value.
const longest = 200

// Claims are what the user has to agree to before the record is placed: nobody
// knows who wrote it. settings is the schema of its provider, which the settings
// must fit; what does not is a *DamagedError.
func (a *Archive) Claims(settings schema.Schema) ([]Claim, error) {
	spec := &a.Files.State.Spec
	if _, err := settings.DecodeMap(spec.Provider.Settings); err != nil {
		return nil, damaged("its record can't be used: provider %q: %v", spec.Provider.Kind, err)
	}
	what := fmt.Sprintf("provider %q: ", spec.Provider.Kind)
	var out []Claim
	for _, attr := range settings.Attrs {
		if v := spec.Provider.Settings[attr.Name]; attr.Trusted && !attr.Sensitive && v != nil {
			out = append(out, Claim{what + attr.Name, readable(fmt.Sprint(v))})
		}
	}
	out = append(out, expressions(what, spec.Provider.Settings)...)
	for _, g := range spec.Groups {
		for _, use := range g.Roles {
			out = append(out, expressions(fmt.Sprintf("node_group %q, role %q: ", g.Name, use.Key()), use.Params)...)
		}
	}
	return out, nil
}

// expressions are what would be evaluated here: env("TOKEN"), file("~/.ssh/id").
func expressions(what string, values map[string]any) []Claim {
	var out []Claim
	for _, name := range slices.Sorted(maps.Keys(values)) {
		var sources []string
		_, _ = schema.Reveal(map[string]any{name: values[name]}, func(source string) (any, error) { // nothing fails: nothing is evaluated
			sources = append(sources, source)
			return nil, nil
		})
		slices.Sort(sources)
		for _, s := range sources {
			out = append(out, Claim{what + readable(name), readable(s)})
		}
	}
	return out
}

// readable is a text of an archive that can't deceive who reads it.
func readable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		s = strconv.QuoteToGraphic(s)
	}
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + fmt.Sprintf("... (%d characters)", len(r))
	}
	return s
}
