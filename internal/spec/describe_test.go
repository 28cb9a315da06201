package spec

import (
	"os"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
)

// Everything that a spec may say is explained: the reference has no other
// source.
func TestLanguageIsDocumented(t *testing.T) {
	l, err := Describe(role.NewLibrary(os.DirFS("../../roles")))
	if err != nil {
		t.Fatal(err)
	}
	documented(t, "the file", l.File)
	documented(t, "cluster", l.Cluster)
	for _, k := range append(l.Schedulers, l.Shares...) {
		documented(t, k.Name, k.Schema)
	}
	if len(l.Schedulers) < 3 || len(l.Shares) < 5 || len(l.Functions) < 60 {
		t.Errorf("%d schedulers, %d types of shares, %d functions", len(l.Schedulers), len(l.Shares), len(l.Functions))
	}
	for _, f := range l.Functions {
		if f.Doc == "" {
			t.Errorf("the function %s has no description", f.Name)
		}
	}
}

func documented(t *testing.T, where string, s schema.Schema) {
	t.Helper()
	if s.Doc == "" {
		t.Errorf("%s has no doc", where)
	}
	for _, a := range s.Attrs {
		if !strings.HasSuffix(a.Doc, ".") {
			t.Errorf("%s.%s is explained by %q, not by a sentence", where, a.Name, a.Doc)
		}
	}
	for _, b := range s.Blocks {
		documented(t, where+"."+b.Name, b.Schema)
	}
}
