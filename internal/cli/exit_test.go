package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/providers"
)

func TestExitStatus(t *testing.T) {
	t.Parallel()
	quota := &providers.Error{Op: "launch", Kind: providers.Quota, Err: errors.New("no more CPUs")}
	spec := &specError{}
	failed := func(usable bool, cause error) error {
		return &engine.IncompleteError{Usable: usable, Failed: []*engine.NodeError{{Node: "compute001", Err: cause}}}
	}
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"a failure":               {errors.New("boom"), 1},
		"a no":                    {errDeclined, 1},
		"nobody to ask":           {ui.ErrNotConfirmed, 1},
		"not formatted":           {errUnformatted, 1},
		"blocked":                 {&engine.BlockedError{}, 1},
		"usage":                   {&usageError{err: errors.New("what?")}, 2},
		"a bad spec":              {spec, 3},
		"usable, not whole":       {failed(true, errors.New("boom")), 4},
		"usable, refused":         {failed(true, quota), 4},
		"not usable":              {failed(false, errors.New("boom")), 1},
		"refused, not usable":     {failed(false, quota), 8},
		"still draining":          {&engine.StillBusyError{}, 4},
		"locked":                  {&state.LockedError{}, 5},
		"no cluster":              {&state.NotFoundError{Name: "x"}, 6},
		"no cluster, with a hint": {&hintError{&state.NotFoundError{Name: "x"}, "y"}, 6},
		"no node":                 {&engine.UnknownNodeError{}, 6},
		"no group":                {&plan.UnknownError{}, 6},
		"no template":             {&templateError{spec}, 6},
		"damaged":                 {&state.DamagedError{}, 7},
		"newer":                   {&state.NewerError{}, 7},
		"checked":                 {&engine.CheckError{}, 8},
		"refused":                 {quota, 8},
		"shown already":           {shownError{&engine.CheckError{}}, 8},
		"interrupted":             {fmt.Errorf("%w: go on", ErrInterrupted), 130},
		"canceled":                {&providers.Error{Kind: providers.Canceled, Err: context.Canceled}, 130},
	} {
		for _, err := range []error{c.err, fmt.Errorf("start lab: %w", c.err), errors.Join(c.err, errors.New("and more"))} {
			if got := exitStatus(err); got != c.want {
				t.Errorf("%s (%v) ends with %d, not %d", name, err, got, c.want)
			}
		}
	}
}

// The statuses that scripts rely on are the ones in the README.
func TestExitStatusesAreInTheReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[int]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllSubmatch(text, -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		documented[n] = true
	}
	all := []int{
		exitOK, exitFailure, exitUsage, exitSpec, exitPartly, exitLocked, exitNotFound, exitState, exitProvider, ExitInterrupted, exitUnread,
	}
	for _, n := range all {
		if !documented[n] {
			t.Errorf("status %d is not in the README", n)
		}
	}
	if len(documented) != len(all) {
		t.Errorf("the README has the statuses %v", documented)
	}
}

func TestParseCounts(t *testing.T) {
	t.Parallel()
	got, err := parseCounts("--add", []string{"5:compute, 2:gpu", "1:compute"})
	if err != nil || len(got) != 2 || got["compute"] != 6 || got["gpu"] != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "5", ":", "5:", ":gpu", "-1:gpu", "1.5:gpu", "5:gpu,", "five:gpu", "5 gpu"} {
		if got, err := parseCounts("--add", []string{bad}); err == nil || exitStatus(err) != exitUsage {
			t.Errorf("%q is %v, %v", bad, got, err)
		}
	}
}
