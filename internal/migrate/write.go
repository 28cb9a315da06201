package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Write puts the files into a folder. One that is missing is made, for the user
// alone: it may be that of the records. Unless force is set, nothing is written
// when one of the files exists. Each file appears whole or not at all.
func (r *Result) Write(dir string, force bool) ([]string, error) {
	if err := r.mayWrite(dir, force); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	var written []string
	for _, f := range r.Files {
		path := filepath.Join(dir, f.Name)
		var options []renameio.Option
		if f.Private {
			options = append(options, renameio.WithStaticPermissions(0o600))
		}
		if err := renameio.WriteFile(path, f.Text, 0o644, options...); err != nil {
			return written, fmt.Errorf("write %s: %w", path, err)
		}
		written = append(written, path)
	}
	return written, nil
}

func (r *Result) mayWrite(dir string, force bool) error {
	var exist []string
	for _, f := range r.Files {
		if _, err := os.Lstat(filepath.Join(dir, f.Name)); err == nil && !force {
			exist = append(exist, f.Name)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look into %s: %w", dir, err)
		}
	}
	if len(exist) > 0 {
		return fmt.Errorf("%s has %s already; nothing was written. Choose another folder with -o, or replace them with --force",
			dir, strings.Join(exist, ", "))
	}
	return r.clashes(dir)
}

// clashes refuses a folder whose other specs have a provider or a cluster of
// the same name: then none of them could be read any more.
func (r *Result) clashes(dir string) error {
	ours := make(map[string]bool)
	for _, f := range r.Files {
		for _, name := range blockNames(f.Text) {
			ours[name] = true
		}
	}
	others, _ := filepath.Glob(escaped(dir) + "/*.hcl") // the pattern is well-formed
	for _, path := range others {
		if slices.ContainsFunc(r.Files, func(f File) bool { return f.Name == filepath.Base(path) }) {
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			continue // what can't be read is no spec of ours
		}
		for _, name := range blockNames(src) {
			if ours[name] {
				return fmt.Errorf("%s has a %s already, so both could not be read; nothing was written. Choose another folder with -o", path, name)
			}
		}
	}
	return nil
}

// blockNames are the providers and clusters of a spec, as words.
func blockNames(src []byte) []string {
	f, _ := hclsyntax.ParseConfig(src, "", hcl.InitialPos)
	if f == nil {
		return nil
	}
	b, is := f.Body.(*hclsyntax.Body)
	if !is {
		return nil
	}
	var out []string
	for _, block := range b.Blocks {
		if len(block.Labels) != 1 {
			continue
		}
		name := block.Labels[0]
		if a := block.Body.Attributes["alias"]; block.Type == "provider" && a != nil {
			if v, ds := a.Expr.Value(nil); !ds.HasErrors() && v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
				name = v.AsString()
			}
		}
		out = append(out, fmt.Sprintf("%s %q", block.Type, name))
	}
	return out
}
