package migrate

import (
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/spec"
)

// Check validates the result as ecluster validate would; with says what a spec
// may refer to. The diagnostics point into the sources that it returns.
func (r *Result) Check(with spec.Options) (hcl.Diagnostics, map[string]*hcl.File, error) {
	if len(r.Clusters) == 0 {
		return nil, nil, nil
	}
	dir, err := os.MkdirTemp("", "ecluster-migrate-")
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left of it the system clears away
	for _, f := range r.Files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Text, 0o600); err != nil {
			return nil, nil, err
		}
	}
	with.Path, with.Dir = ".", dir
	file, diags := spec.Load(with)
	if !diags.HasErrors() {
		_, ds := file.ResolveAll()
		diags = append(diags, ds...)
	}
	return diags, file.Sources(), nil
}
