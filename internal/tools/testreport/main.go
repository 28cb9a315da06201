// Command testreport reads the output of `go test -json` and tells people
// what they want to know of it: which packages passed and how much of each is
// covered, the output of what failed, and every test that was skipped, with
// its reason. It fails when a test failed, when nothing was tested, and when a
// test was skipped for a reason that -allow does not match: a tier skips
// nothing that the machine could run.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
)

func main() {
	allow := flag.String("allow", "", "regular expression of the reasons for which a test may be skipped")
	flag.Parse()
	os.Exit(run(*allow))
}

func run(allow string) int {
	allowed, err := regexp.Compile(allow)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		return 2
	}
	if allow == "" {
		allowed = nil
	}
	r := newReport(os.Stdout, allowed)
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		return 2
	}
	if !r.conclude() {
		return 1
	}
	return 0
}
