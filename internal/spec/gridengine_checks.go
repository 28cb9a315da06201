package spec

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// checkAccounted refuses what Grid Engine can't do: leave jobs unrecorded.
func checkAccounted(v any) error {
	if on, _ := v.(bool); !on {
		return errors.New("can't be false: Grid Engine always records its jobs (qacct); leave the line out")
	}
	return nil
}

// checkGridEngineTime checks a time limit of Grid Engine.
func checkGridEngineTime(v any) error {
	s := fmt.Sprint(v)
	if s == "INFINITY" || regexp.MustCompile(`^\d+:[0-5]?\d:[0-5]?\d$`).MatchString(s) && strings.Trim(s, "0:") != "" {
		return nil
	}
	return fmt.Errorf("%q is no time limit; write hours:minutes:seconds, as in \"24:00:00\", or \"INFINITY\"", s)
}

// checkAllocation checks the rule by which the slots of a parallel job are
// spread over nodes.
func checkAllocation(v any) error {
	s := fmt.Sprint(v)
	rules := []string{"$fill_up", "$round_robin", "$pe_slots"}
	if slices.Contains(rules, s) || regexp.MustCompile(`^[1-9]\d{0,4}$`).MatchString(s) {
		return nil
	}
	return fmt.Errorf("%q is no allocation rule; write \"$fill_up\", \"$round_robin\", \"$pe_slots\", or how many slots a job gets on each node, as in \"4\"", s)
}

// checkGridEngineConfig keeps a setting on its own line of what qconf reads,
// and away from those that other attributes of the block set.
func checkGridEngineConfig(taken map[string]string) func(any) error {
	return func(v any) error {
		m, _ := v.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(k) {
				return fmt.Errorf("%q is not the name of a setting: Grid Engine's have small letters, digits and _", k)
			}
			if ours := taken[k]; ours != "" {
				return fmt.Errorf("%s is set by %s", k, ours)
			}
			text := fmt.Sprint(m[k])
			if strings.ContainsAny(text, "\n\r\\") || strings.TrimSpace(text) == "" {
				return fmt.Errorf("the value of %s must be one line, neither empty nor with a backslash; NONE stands for nothing", k)
			}
		}
		return nil
	}
}
