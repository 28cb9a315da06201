package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ecluster/ecluster/internal/role"
)

// page is a file of the documentation.
type page struct {
	path          string
	before, after string
}

// render returns all pages that have something generated in them. A role
// without a page is an error.
func render(docs string, lib *role.Library) ([]page, error) {
	var pages []page
	var errs []error
	var all []*role.Role
	for _, name := range lib.Names() {
		r, diags := lib.Lookup(name)
		if r == nil {
			errs = append(errs, diags)
			continue
		}
		all = append(all, r)
		p, err := fill(filepath.Join(docs, "roles", name+".md"), "parameters", parameters(r))
		errs = append(errs, err)
		pages = append(pages, p)
	}
	p, err := fill(filepath.Join(docs, "roles.md"), "roles", index(all))
	return append(pages, p), errors.Join(append(errs, err)...)
}

// fill puts text between the marks of that name.
func fill(path, mark, text string) (page, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return page{}, fmt.Errorf("fill in %s: %w", mark, err)
	}
	before := string(data)
	open, end := "<!-- "+mark+" -->\n", "<!-- /"+mark+" -->\n"
	head, rest, ok := strings.Cut(before, open)
	_, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return page{}, fmt.Errorf("fill in %s: it has no lines %q and %q", path, strings.TrimSpace(open), strings.TrimSpace(end))
	}
	return page{path, before, head + open + text + end + tail}, nil
}
