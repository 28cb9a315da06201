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
			changed := 0
			for _, arg := range args {
				n, err := c.formatPath(arg, check)
				if err != nil {
					return err
				}
				changed += n
			}
			if check && changed > 0 {
				return errUnformatted
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; fail when a file is not formatted")
	return cmd
}

// formatPath formats a file, or the .hcl files of a folder, and returns how
// many of them were not formatted.
func (c *command) formatPath(path string, check bool) (int, error) {
	files := []string{path}
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("format: %w", err)
	}
	if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*.hcl")); err != nil {
			return 0, fmt.Errorf("format %s: %w", path, err)
		}
	}
	changed := 0
	for _, file := range files {
		differs, err := c.formatFile(file, check)
		if err != nil {
			return changed, err
		}
		if differs {
			changed++
		}
	}
	return changed, nil
}

func (c *command) formatFile(path string, check bool) (differs bool, err error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("format: %w", err)
	}
	out, file, diags := spec.Format(src, path)
	if diags.HasErrors() {
		return false, &specError{diags: diags, file: file}
	}
	if bytes.Equal(src, out) {
		return false, nil
	}
	if err := c.Streams.NewPage().Linef("%s", path); err != nil || check {
		return true, err
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
