package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
)

// job is something that takes a while, on the nodes of one cluster.
type job struct {
	cluster     cluster.Name
	bootTimeout time.Duration // 0: the engine's own
	work        func(context.Context, *engine.Engine) (*engine.RunResult, error)
}

// runAndTell is run for start: at the end it tells how to use the cluster.
func (c *command) runAndTell(ctx context.Context, j job) error {
	var result *engine.RunResult
	work := j.work
	j.work = func(ctx context.Context, e *engine.Engine) (_ *engine.RunResult, err error) {
		result, err = work(ctx, e)
		return result, err
	}
	err := c.run(ctx, j)
	if result == nil {
		return err
	}
	return errors.Join(c.summary(result, err), err)
}

// run does a job under the live view and shows how it ended.
func (c *command) run(ctx context.Context, j job) error {
	sink := c.sink()
	o := c.engineOptions(sink)
	o.BootTimeout = j.bootTimeout
	_, err := j.work(ctx, engine.New(o))
	if closeErr := sink.Close(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("write output: %w", closeErr))
	}
	if err != nil && errors.Is(context.Cause(ctx), ErrInterrupted) {
		return c.interrupted(j.cluster)
	}
	return err
}

// interrupted says what is left after Ctrl-C.
func (c *command) interrupted(name cluster.Name) error {
	if _, err := c.quiet().Store().Load(name); errors.Is(err, state.ErrNotFound) {
		return fmt.Errorf("%w: nothing was made", ErrInterrupted)
	}
	return fmt.Errorf("%w: what was done is kept. Go on with the same command, or take everything away with 'ecluster stop %s'",
		ErrInterrupted, name)
}

// summary tells how to use what a run left.
func (c *command) summary(result *engine.RunResult, err error) error {
	var incomplete *engine.IncompleteError
	if err != nil && (!errors.As(err, &incomplete) || !incomplete.Usable) {
		return nil
	}
	st, loadErr := c.quiet().Store().Load(result.Cluster)
	if loadErr != nil {
		return loadErr
	}
	return ui.ShowSummary(c.Streams, c.format, summaryOf(st, result))
}

// warn shows the warnings of a spec that has no errors.
func (c *command) warn(diags hcl.Diagnostics, file *spec.File) error {
	if len(diags) == 0 {
		return nil
	}
	s := c.Streams
	s.Out = s.Err // the result of the command keeps its stream
	return ui.Diagnostics(s, c.format, diags, file.Sources())
}

// args checks the number of arguments, with a message that helps.
func (c *command) args(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return &usageError{cmd, fmt.Errorf("an argument is missing: %s", cmd.UseLine())}
		case most >= 0 && len(args) > most:
			return &usageError{cmd, fmt.Errorf("too many arguments: %s", cmd.UseLine())}
		}
		return nil
	}
}
