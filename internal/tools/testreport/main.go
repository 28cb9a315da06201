// Command testreport reads the output of `go test -json` and tells people
// what they want to know of it: which packages passed and how much of each is
// covered, the output of what failed, and every test that was skipped, with
// its reason. It fails when a test failed, when nothing was tested, and when a
// test was skipped for a reason that -allow does not match: a tier skips
// nothing that the machine could run. At the end it shows which case of the
// providers' conformance suite ran against which server, and fails when a
// provider of -conformance has no run, or a case was left out although it
// applies.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
)

func main() {
	allow := flag.String("allow", "", "regular expression of the reasons for which a test may be skipped")
	suites := flag.String("conformance", "aws,azure,docker,fake,google,terraform", "providers whose conformance suite must have run, separated by commas")
	flag.Parse()
	os.Exit(summarize(*allow, strings.FieldsFunc(*suites, func(r rune) bool { return r == ',' })))
}

func summarize(allow string, providers []string) int {
	allowed, err := regexp.Compile(allow)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		return 2
	}
	if allow == "" {
		allowed = nil
	}
	r := newReport(os.Stdout, allowed, providers)
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		return 2
	}
	if !r.conclude() {
		return 1
	}
	return 0
}
