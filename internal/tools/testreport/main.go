// Command testreport reads the output of `go test -json` and tells people
// what they want to know of it: which packages passed and how much of each is
// covered, the output of what failed, and every test that was skipped, with
// its reason. It fails when a test failed, when nothing was tested, and when a
// test was skipped for a reason that -allow does not match: a tier skips
// nothing that the machine could run. At the end it shows which case of the
// providers' conformance suite ran against which server, and fails when a
// provider of -conformance has no run, or a case was left out although it
// applies. Then it shows which role was proved on which platform, and how;
// with -roles it fails when a role was not proved on a platform that it names,
// or nowhere on a real node.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/roles"
)

func main() {
	allow := flag.String("allow", "", "regular expression of the reasons for which a test may be skipped")
	suites := flag.String("conformance", "aws,azure,docker,fake,google,qemu,terraform", "providers whose conformance suite must have run, separated by commas")
	allRoles := flag.Bool("roles", false, "fail when a role was not proved on a platform that it names")
	flag.Parse()
	d := demand{
		providers: strings.FieldsFunc(*suites, func(r rune) bool { return r == ',' }),
		roles:     embeddedRoles(), allRoles: *allRoles,
	}
	if *allow != "" {
		var err error
		if d.allowed, err = regexp.Compile(*allow); err != nil {
			fmt.Fprintln(os.Stderr, "testreport:", err)
			os.Exit(2)
		}
	}
	os.Exit(summarize(d))
}

// embeddedRoles are the roles of the library that can be loaded; internal/role
// tests that all can.
func embeddedRoles() []*role.Role {
	lib := role.NewLibrary(roles.FS)
	var all []*role.Role
	for _, name := range lib.Names() {
		if r, _ := lib.Lookup(name); r != nil {
			all = append(all, r)
		}
	}
	return all
}

func summarize(d demand) int {
	r := newReport(os.Stdout, d)
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		return 2
	}
	if !r.conclude() {
		return 1
	}
	return 0
}
