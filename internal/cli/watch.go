package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
)

// leastInterval keeps a scheduler from being asked all the time.
const leastInterval = time.Second

// watching holds the flags of the commands that can go on showing their result.
type watching struct {
	on       bool
	interval time.Duration
}

func (w *watching) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&w.on, "watch", "w", false, "go on showing it until Ctrl-C")
	f.DurationVar(&w.interval, "interval", 2*time.Second, "`TIME` from one look to the next, with --watch")
}

// look is one result of a command, and how it is shown as text.
type look struct {
	value any
	page  func(ui.Page) error
}

// looked is what asking for a result led to.
type looked struct {
	look
	err error
}

// showAgain shows a result once, or again and again: then Ctrl-C is the way to end
// it, and no failure. So is the end of a cluster that was there before.
func (c *command) showAgain(ctx context.Context, w watching, title string, ask func(context.Context) (look, error)) error {
	if !w.on {
		l, err := ask(ctx)
		if err != nil {
			return err
		}
		return ui.Value(c.Streams, c.format, l.value, l.page)
	}
	if w.interval < leastInterval {
		return &usageError{err: fmt.Errorf("--interval %s: it must be %s or more", w.interval, leastInterval)}
	}
	r := repeater{
		view: ui.NewWatch(c.Streams, ui.WatchOptions{Format: c.format, Title: title, Interval: w.interval}),
		tick: time.NewTicker(w.interval), ask: ask,
	}
	defer r.tick.Stop()
	err := r.run(ctx)
	var missing *state.NotFoundError
	switch {
	case errors.Is(context.Cause(ctx), ErrInterrupted):
		return nil
	case r.shown && errors.As(err, &missing):
		return c.Streams.NewErrPage().Linef("Cluster %q is gone.", missing.Name)
	}
	return err
}

// repeater asks once a tick, and never before the last answer has come.
type repeater struct {
	view  *ui.Watch
	tick  *time.Ticker
	ask   func(context.Context) (look, error)
	shown bool
}

// run returns when ctx ends, or asking or writing fails.
func (r *repeater) run(ctx context.Context) error {
	for {
		a := r.next(ctx)
		if a.err != nil {
			return a.err
		}
		if err := r.view.Show(a.value, a.page); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
		r.shown = true
		select {
		case <-r.tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// next waits for an answer, and says so when it takes long.
func (r *repeater) next(ctx context.Context) looked {
	answers := make(chan looked, 1)
	since := time.Now()
	go func() { // ends with ctx at the latest
		l, err := r.ask(ctx)
		answers <- looked{l, err}
	}()
	for {
		select {
		case a := <-answers:
			return a
		case <-r.tick.C:
			if err := r.view.Waiting(time.Since(since)); err != nil {
				return looked{err: err}
			}
		case <-ctx.Done():
			<-answers
			return looked{err: context.Cause(ctx)}
		}
	}
}
