package templates_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/templates"
)

// What init writes is described and formatted. That it is valid is checked in
// cmd/ecluster, which has all providers.
func TestEveryTemplateIsWellWritten(t *testing.T) {
	list, err := templates.List()
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, tmpl := range list {
		text, err := templates.Read(tmpl.Name)
		if err != nil {
			t.Fatal(err)
		}
		if tmpl.Summary == "" || strings.HasPrefix(tmpl.Summary, "#") {
			t.Errorf("%s: its first line does not describe it: %q", tmpl.Name, tmpl.Summary)
		}
		if out, _, diags := spec.Format(text, tmpl.Name+".hcl"); diags.HasErrors() || !bytes.Equal(text, out) {
			t.Errorf("%s is not as ecluster fmt writes it: %v\n%s", tmpl.Name, diags, out)
		}
	}
}

func TestUnknownTemplate(t *testing.T) {
	if _, err := templates.Read("nothing"); err == nil || !strings.Contains(err.Error(), templates.Default) {
		t.Errorf("got %v", err)
	}
}
