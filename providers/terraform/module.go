package terraform

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/ecluster/ecluster/providers"
	modules "github.com/ecluster/ecluster/templates/terraform"
)

// moduleLimit is the size at which a folder is taken for a mistake.
const moduleLimit = 32 << 20

// source returns the files of the module.
func (d *Driver) source() (fs.FS, error) {
	if strings.ContainsAny(d.module, `/\`) || strings.HasPrefix(d.module, ".") {
		dir, err := filepath.Abs(d.module)
		if err != nil {
			return nil, fmt.Errorf("find module %s: %w", d.module, err)
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, d.wrong("there is no folder %s", dir)
		}
		return os.DirFS(dir), nil
	}
	sub, err := fs.Sub(modules.FS, d.module)
	if err == nil {
		_, err = fs.Stat(sub, ".")
	}
	if err != nil {
		return nil, d.wrong("no such module comes with ecluster; it has %s. A folder of your own is written with a slash: %q",
			strings.Join(embedded(), " and "), "./"+d.module)
	}
	return sub, nil
}

// embedded are the names of the modules that come with ecluster.
func embedded() []string {
	entries, err := fs.ReadDir(modules.FS, ".")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// wrong is a mistake in the module or in what the spec says of it.
func (d *Driver) wrong(format string, args ...any) error {
	return &providers.Error{Op: "use module " + d.module, Kind: providers.Invalid, Err: fmt.Errorf(format, args...)}
}

// install copies a module into a folder, and removes what an earlier copy has
// and this one has not. The copy is what the cluster is made with until the
// next call, whatever becomes of the original.
func install(source fs.FS, dir, manifest string) error {
	var files []string
	var size int64
	err := fs.WalkDir(source, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != "." && leftOut(e.Name()) {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(dir, filepath.FromSlash(path)), 0o700)
		}
		data, err := fs.ReadFile(source, path)
		if err != nil {
			return err
		}
		if size += int64(len(data)); size > moduleLimit {
			return fmt.Errorf("it holds more than %d MiB; a module is a folder of its own", moduleLimit>>20)
		}
		files = append(files, path)
		return renameio.WriteFile(filepath.Join(dir, filepath.FromSlash(path)), data, 0o600)
	})
	if err != nil {
		return fmt.Errorf("copy the module: %w", err)
	}
	old, err := os.ReadFile(manifest)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("copy the module: %w", err)
	}
	for path := range strings.Lines(string(old)) {
		if path = strings.TrimSpace(path); path != "" && !slices.Contains(files, path) {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(path))); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("copy the module: %w", err)
			}
		}
	}
	return renameio.WriteFile(manifest, []byte(strings.Join(files, "\n")+"\n"), 0o600)
}

// leftOut are files of a module's folder that belong to other uses of it.
func leftOut(name string) bool {
	return name == ".terraform" || name == ".git" || name == privateDir ||
		strings.HasSuffix(name, ".tfstate") || strings.HasSuffix(name, ".tfstate.backup") || strings.HasSuffix(name, ".lock.info")
}
