package spec

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

// checkSlurmTime checks a time limit of SLURM.
func checkSlurmTime(v any) error {
	s := fmt.Sprint(v)
	if s == "UNLIMITED" || regexp.MustCompile(`^(\d+|\d+:\d\d(:\d\d)?|\d+-\d+(:\d\d){0,2})$`).MatchString(s) {
		return nil
	}
	return fmt.Errorf("%q is no time limit; write hours:minutes:seconds, as in \"24:00:00\", days as in \"7-00:00:00\", or \"UNLIMITED\"", s)
}

// checkSlurmConfig keeps a setting on its own line of slurm.conf, and a single
// word of sacctmgr.
func checkSlurmConfig(v any) error {
	m, _ := v.(map[string]any)
	for k, e := range m {
		if !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`).MatchString(k) {
			return fmt.Errorf("%q is not the name of a setting", k)
		}
		if strings.ContainsAny(fmt.Sprint(e), "\n\r") {
			return fmt.Errorf("the value of %s has more than one line", k)
		}
	}
	return nil
}

// checkSlurmText checks what sacctmgr gets between quotes.
func checkSlurmText(v any) error {
	if s := fmt.Sprint(v); strings.ContainsAny(s, "\n\r\t\"'") {
		return fmt.Errorf("%q has quotes, tabs or line breaks, which SLURM can't keep", s)
	}
	return nil
}

// checkSlurmNames checks words that stand in a list with commas.
func checkSlurmNames(v any) error {
	list, _ := v.([]any)
	for _, e := range list {
		if s := fmt.Sprint(e); !regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@-]*$`).MatchString(s) {
			return fmt.Errorf("%q is not a name; use letters, digits, _ and -", s)
		}
	}
	return nil
}

// checkSlurmName checks the name of a QOS or an account: sacctmgr turns
// capital letters into small ones.
func checkSlurmName(s string) error {
	if !regexp.MustCompile(`^[a-z0-9_][a-z0-9_.-]{0,63}$`).MatchString(s) {
		return fmt.Errorf("%q can't be a name in SLURM's accounting; use small letters, digits, _ and -", s)
	}
	return nil
}

func checkOversubscribe(v any) error {
	s := fmt.Sprint(v)
	if regexp.MustCompile(`^(NO|EXCLUSIVE|(YES|FORCE)(:[1-9]\d{0,3})?)$`).MatchString(s) {
		return nil
	}
	return fmt.Errorf("%q is none of \"NO\", \"EXCLUSIVE\", \"YES:4\", \"FORCE:4\"", s)
}

func checkAbsolute(v any) error {
	if s := fmt.Sprint(v); !path.IsAbs(s) || strings.ContainsAny(s, " \n") {
		return fmt.Errorf("%q is not the absolute path of a program, such as \"/usr/bin/mail\"", s)
	}
	return nil
}

func checkNotNegative(v any) error {
	if n := (schema.Values{"n": v}).Float("n"); n < 0 {
		return fmt.Errorf("must not be negative, but is %g", n)
	}
	return nil
}

// eachOf is a check for lists of known words.
func eachOf(words ...string) func(any) error {
	return func(v any) error {
		list, _ := v.([]any)
		for _, e := range list {
			if s := fmt.Sprint(e); !slices.Contains(words, s) {
				return fmt.Errorf("%q is not known. %s", s, strings.TrimSuffix(schema.DidYouMean(s, words), "."))
			}
		}
		return nil
	}
}

// tresNames are the resources of limits, as SLURM calls them.
func tresNames() map[string]string {
	return map[string]string{"cpu": "cpu", "gpu": "gres/gpu", "mem": "mem", "node": "node"}
}

// checkTRES checks limits on resources.
func checkTRES(v any) error {
	_, err := tres(v)
	return err
}

// tres writes limits on resources as sacctmgr reads them; those that are not
// given are lifted, so that a limit taken out of the spec goes. Memory is in
// MB.
func tres(v any) (string, error) {
	limits, _ := v.(map[string]any)
	known := tresNames()
	for k := range limits {
		if known[k] == "" {
			return "", fmt.Errorf("there is no resource %q. %s", k, strings.TrimSuffix(schema.DidYouMean(k, []string{"cpu", "mem", "node", "gpu"}), "."))
		}
	}
	var words []string
	for _, k := range []string{"cpu", "gpu", "mem", "node"} {
		limit, given := limits[k]
		switch s := fmt.Sprint(limit); {
		case !given:
			words = append(words, known[k]+"=-1")
		case k == "mem":
			b, err := cluster.ParseBytes(s)
			if err != nil {
				return "", err
			}
			words = append(words, fmt.Sprintf("mem=%d", b.MiB()))
		default:
			n, err := strconv.Atoi(s)
			if err != nil || n < 0 {
				return "", fmt.Errorf("%s must be a whole number, not %q", k, s)
			}
			words = append(words, fmt.Sprintf("%s=%d", known[k], n))
		}
	}
	return strings.Join(words, ","), nil
}
