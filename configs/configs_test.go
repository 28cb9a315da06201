package configs_test

import (
	"bytes"
	"io/fs"
	"testing"

	"github.com/ecluster/ecluster/configs"
	"github.com/ecluster/ecluster/internal/spec"
)

func TestEverySpecIsFormatted(t *testing.T) {
	files, err := fs.Glob(configs.FS, "*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		src, err := configs.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if out, _, diags := spec.Format(src, name); diags.HasErrors() || !bytes.Equal(src, out) {
			t.Errorf("%s is not as ecluster fmt writes it: %v", name, diags)
		}
	}
}
