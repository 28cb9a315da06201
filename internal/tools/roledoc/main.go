// Command roledoc writes what the documentation says of roles and their
// role.hcl already knows: the parameters in docs/roles/<role>.md and the index
// in docs/roles.md, each between two marks. What stands around the marks is
// written by people. `make docs` calls it.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/roles"
)

func main() {
	// A page that can't be filled keeps none of the others from it.
	pages, err := render("docs", role.NewLibrary(roles.FS))
	for _, p := range pages {
		if p.before != p.after {
			err = errors.Join(err, os.WriteFile(p.path, []byte(p.after), 0o644))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "roledoc:", err)
		os.Exit(1)
	}
}
