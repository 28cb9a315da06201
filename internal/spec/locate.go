package spec

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// builtin is how the folder of the embedded specs is shown.
const builtin = "<built in>"

// candidate is a file that may hold a spec.
type candidate struct {
	shown string // as diagnostics name it
	path  string
	fsys  fs.FS // nil: the file system of this machine
}

// place is where the spec was found: one or more specs of one or more files.
type place struct {
	where string
	dir   string // its folder; empty for the embedded specs
	sets  [][]candidate
}

// locate finds the first place that holds a spec: what -c names, the current
// folder, the home of ecluster, the embedded specs.
func locate(o Options) (place, hcl.Diagnostics) {
	if o.Path != "" {
		return locatePath(o)
	}
	for _, dir := range []struct{ path, where string }{{o.Dir, ""}, {o.Home, o.Home}} {
		if dir.path == "" {
			continue
		}
		files := folder(dir.path, dir.where, isDefault)
		if len(files) > 0 {
			return place{where: names(files), dir: dir.path, sets: [][]candidate{files}}, nil
		}
	}
	p := place{where: "the built-in specs"}
	if o.Embedded != nil {
		entries, _ := fs.Glob(o.Embedded, "*.hcl") // the pattern is well-formed
		for _, e := range entries {
			p.sets = append(p.sets, []candidate{{shown: builtin + "/" + e, path: e, fsys: o.Embedded}})
		}
	}
	if len(p.sets) > 0 {
		return p, nil
	}
	return p, fail("No spec", "Looked for ecluster.hcl and *.ecluster.hcl in %s and in %s. ecluster init writes one; -c names another place.",
		orNowhere(o.Dir), orNowhere(o.Home))
}

func orNowhere(dir string) string {
	if dir == "" {
		return "no folder"
	}
	return dir
}

func locatePath(o Options) (place, hcl.Diagnostics) {
	full := o.Path
	if !filepath.IsAbs(full) {
		full = filepath.Join(o.Dir, full)
	}
	p := place{where: o.Path}
	info, err := os.Stat(full)
	if err != nil {
		return p, fail("No spec at "+o.Path, "%s. Give -c the path of a file or a folder that exists.", cause(err))
	}
	if p.dir = full; !info.IsDir() {
		p.dir = filepath.Dir(full)
		p.sets = [][]candidate{{{shown: o.Path, path: full}}}
		return p, nil
	}
	files := folder(full, o.Path, isSpec)
	if len(files) == 0 {
		return p, fail("No spec in "+o.Path, "The folder holds no *.hcl, *.hcl.json or *.json file. ecluster init writes one.")
	}
	p.where = fmt.Sprintf("the folder %s", o.Path)
	p.sets = [][]candidate{files}
	return p, nil
}

// folder lists the files of dir that want accepts, in the order of their
// names. A folder that can't be read has none.
func folder(dir, shown string, want func(name string) bool) []candidate {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []candidate
	for _, e := range entries {
		if !e.IsDir() && want(e.Name()) && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, candidate{shown: filepath.Join(shown, e.Name()), path: filepath.Join(dir, e.Name())})
		}
	}
	return out
}

func isSpec(name string) bool {
	return slices.Contains([]string{".hcl", ".json"}, path.Ext(name))
}

func isDefault(name string) bool {
	name = strings.TrimSuffix(name, ".json")
	return name == "ecluster.hcl" || strings.HasSuffix(name, ".ecluster.hcl")
}

func names(files []candidate) string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = f.shown
	}
	return strings.Join(out, ", ")
}
