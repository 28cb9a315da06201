package aws

import (
	"strings"
	"testing"
)

func TestSchemaHasAllOperations(t *testing.T) {
	models, err := readSchema()
	if err != nil {
		t.Fatal(err)
	}
	for name := range operations() {
		service, op, _ := strings.Cut(name, ".")
		o, known := models[service].Operations[op]
		if !known || o.Input == nil {
			t.Errorf("%s is done but not in the schema", name)
			continue
		}
		if models[service].Shapes[o.Input.Shape] == nil {
			t.Errorf("%s: its input %s is not in the schema", name, o.Input.Shape)
		}
	}
}

func TestWildcard(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"debian-13-*", "debian-13-amd64-20260210", true},
		{"debian-1?-*", "debian-13-", true},
		{"debian-1?", "debian-1", false},
		{"*arm*2*", "x-arm64-2", true},
		{`a\*b`, "a*b", true},
		{`a\*b`, "axb", false},
		{"", "", true},
		{"a", "A", false},
	} {
		if got := wildcard(test.pattern, test.text); got != test.want {
			t.Errorf("%q matches %q: %v", test.pattern, test.text, got)
		}
	}
}
