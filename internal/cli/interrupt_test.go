package cli_test

import (
	"context"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/providers/fake"
)

// Ctrl-C in the middle: what was done is kept, status 130, and the message
// says how to go on. The same command then does, and stop leaves nothing.
func TestInterrupt(t *testing.T) {
	for _, op := range []fake.Op{fake.OpPrepare, fake.OpLaunch, fake.OpList} {
		t.Run(string(op), func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			interrupt := true
			lab := emptyLab(t, func(c fake.Call) {
				if interrupt && c.Op == op {
					cancel(cli.ErrInterrupted)
				}
			})
			start := []string{"start", "lab", "--no-setup", "-c", lab.spec}
			r := lab.runIn(ctx, start...)
			if r.status != cli.ExitInterrupted {
				t.Fatalf("status %d:\n%s", r.status, r.err)
			}
			if !strings.Contains(words(r.err), "interrupted") || !strings.Contains(words(r.err), "ecluster stop lab") {
				t.Errorf("how to go on is not in:\n%s", r.err)
			}
			interrupt = false
			if r := lab.run(start...); r.status != 0 {
				t.Fatalf("the second start ended with %d:\n%s", r.status, r.err)
			}
			if r := lab.run("stop", "lab", "--yes"); r.status != 0 {
				t.Fatalf("stop ended with %d:\n%s", r.status, r.err)
			}
			refs, err := lab.world.Driver().Clusters(t.Context())
			if err != nil || len(refs) > 0 {
				t.Errorf("left over: %v, %v", refs, err)
			}
		})
	}
}
