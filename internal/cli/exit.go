package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/portable"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/providers"
)

// The exit statuses; scripts rely on them (README, "Exit status").
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitSpec        = 3   // the spec is wrong
	exitPartly      = 4   // the cluster works, but not all of it
	exitLocked      = 5   // another ecluster works on the cluster
	exitNotFound    = 6   // no such cluster, node, node group or template
	exitState       = 7   // the record of a cluster can't be used
	exitProvider    = 8   // the cloud refused: credentials, quota, no engine
	ExitInterrupted = 130 // Ctrl-C
	exitUnread      = 141 // nobody reads the output any more: what a shell calls SIGPIPE
)

// ErrInterrupted is the cause of a context that Ctrl-C ended.
var ErrInterrupted = errors.New("interrupted")

// ErrUnread is the cause of a context that ended because whoever read the
// output has gone, as `head` does. It is a kind of ErrInterrupted.
var ErrUnread = fmt.Errorf("%w: nobody reads the output any more", ErrInterrupted)

// usageError is a command line that can't be understood.
type usageError struct {
	cmd *cobra.Command
	err error
}

func (e *usageError) Error() string {
	if e.cmd == nil {
		return e.err.Error()
	}
	return fmt.Sprintf("%v\nRun '%s --help' for its usage.", e.err, e.cmd.CommandPath())
}

func (e *usageError) Unwrap() error { return e.err }

// specError carries the diagnostics of a spec to where they are shown.
type specError struct {
	diags hcl.Diagnostics
	file  *spec.File
	from  map[string]*hcl.File // what the diagnostics point into, where that is no spec
}

func (e *specError) Error() string { return e.diags.Error() }

func (e *specError) sources() map[string]*hcl.File {
	if e.file == nil {
		return e.from
	}
	return e.file.Sources()
}

// templateError says that no spec describes the cluster that was named.
type templateError struct{ *specError }

func (e *templateError) Unwrap() error { return e.specError }

// partlyError says that a part of what was asked for is done.
type partlyError struct{ error }

func (e *partlyError) Unwrap() error { return e.error }

// remoteExitError is the status of a command that ran on a node: it becomes ours.
type remoteExitError int

func (e remoteExitError) Error() string {
	return fmt.Sprintf("remote command ended with status %d", int(e))
}

// shownError is an error that the user has seen already.
type shownError struct{ error }

func (e shownError) Unwrap() error { return e.error }

// report shows an error, unless it was shown, and maps it to the exit status.
func (c *command) report(err error) int {
	if err == nil {
		return exitOK
	}
	if remote, ok := errors.AsType[remoteExitError](err); ok {
		return int(remote)
	}
	if bad, ok := errors.AsType[*fs.PathError](err); ok && bad.Path == "/dev/stdout" && errors.Is(bad, syscall.EPIPE) {
		return exitUnread // whoever closed the pipe has seen enough
	}
	if _, ok := errors.AsType[shownError](err); !ok {
		c.show(err)
	}
	return exitStatus(err)
}

func (c *command) show(err error) {
	if bad, ok := errors.AsType[*configError](err); ok {
		_ = ui.Diagnostics(c.Streams, c.format, bad.diags, bad.sources()) // there is no other place to complain
		return
	}
	if bad, ok := errors.AsType[*specError](err); ok {
		_ = ui.Diagnostics(c.Streams, c.format, bad.diags, bad.sources()) // there is no other place to complain
		return
	}
	_ = ui.Error(c.Streams, c.format, err)
}

// exitStatus is the one place that knows which error means which status.
func exitStatus(err error) int {
	var (
		usage      *usageError
		bad        *specError
		config     *configError
		template   *templateError
		missing    *plan.UnknownError
		incomplete *engine.IncompleteError
		partly     *partlyError
		busy       *engine.StillBusyError
		incopy     *incompleteCopyError
		check      *engine.CheckError
		cantPause  *engine.CantPauseError
		running    *engine.JobsRunningError
		halfPaused *engine.StillRunningError
		unknown    *engine.UnknownNodeError
		locked     *state.LockedError
		damaged    *state.DamagedError
		newer      *state.NewerError
		access     *state.AccessError
		archive    *portable.DamagedError
		sealed     *portable.SealError
		newFormat  *portable.NewerError
		noKeys     *engine.NoKeysError
		cloud      *providers.Error
	)
	switch {
	case errors.Is(err, ErrInterrupted), errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &template):
		return exitNotFound
	case errors.As(err, &bad), errors.As(err, &config):
		return exitSpec
	case errors.As(err, &incomplete):
		switch {
		case incomplete.Usable:
			return exitPartly
		case errors.As(err, &cloud):
			return exitProvider
		}
		return exitFailure
	case errors.As(err, &busy), errors.As(err, &partly), errors.As(err, &running), errors.As(err, &halfPaused):
		return exitPartly
	case errors.As(err, &incopy) && incopy.some:
		return exitPartly
	case errors.As(err, &locked):
		return exitLocked
	case errors.Is(err, state.ErrNotFound), errors.As(err, &unknown), errors.As(err, &missing):
		return exitNotFound
	case errors.As(err, &damaged), errors.As(err, &newer), errors.As(err, &access),
		errors.As(err, &archive), errors.As(err, &sealed), errors.As(err, &newFormat), errors.As(err, &noKeys):
		return exitState
	case errors.As(err, &check), errors.As(err, &cantPause), errors.As(err, &cloud):
		return exitProvider
	}
	return exitFailure
}
