package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/ui"
)

// errUnformatted says that fmt --check found something.
var errUnformatted = errors.New("these files are not formatted; 'ecluster fmt' does it")

func (c *command) fmt() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "fmt [FILE|FOLDER...]",
		Short: "Format specs; prints the names of the files that it changed",
		Args:  c.args(0, -1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			changed := []string{}
			for _, arg := range args {
				files, err := formatPath(arg, check)
				changed = append(changed, files...)
				if err != nil {
					return err
				}
			}
			err := ui.Value(c.Streams, c.format, map[string][]string{"files": changed}, func(p ui.Page) error {
				for _, file := range changed {
					if err := p.Linef("%s", file); err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil && check && len(changed) > 0 {
				return errUnformatted
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; fail when a file is not formatted")
	return cmd
}

// formatPath formats a file, or the .hcl files of a folder, and returns those
// that were not formatted.
func formatPath(path string, check bool) ([]string, error) {
	files := []string{path}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("format: %w", err)
	}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, fmt.Errorf("format: %w", err)
		}
		files = nil
		for _, e := range entries {
			if filepath.Ext(e.Name()) == ".hcl" {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
	}
	var changed []string
	for _, file := range files {
		differs, err := formatFile(file, check)
		if err != nil {
			return changed, err
		}
		if differs {
			changed = append(changed, file)
		}
	}
	return changed, nil
}

func formatFile(path string, check bool) (differs bool, err error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("format: %w", err)
	}
	out, file, diags := spec.Format(src, path)
	if diags.HasErrors() {
		return false, &specError{diags: diags, file: file}
	}
	if differs = !bytes.Equal(src, out); check || !differs {
		return differs, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return true, fmt.Errorf("format: %w", err)
	}
	if err := renameio.WriteFile(path, out, info.Mode().Perm()); err != nil {
		return true, fmt.Errorf("format %s: %w", path, err)
	}
	return true, nil
}
