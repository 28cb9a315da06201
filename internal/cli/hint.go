package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/state"
)

// hintError is an error with a word on what was probably meant.
type hintError struct {
	error
	hint string
}

func (e *hintError) Unwrap() error { return e.error }

// Hint is shown below the error.
func (e *hintError) Hint() string { return e.hint }

// hinted names the cluster that was probably meant by one that does not exist.
func (c *command) hinted(err error) error {
	var missing *state.NotFoundError
	if !errors.As(err, &missing) {
		return err
	}
	if near := schema.Nearest(string(missing.Name), c.clusterNames()); near != "" {
		return &hintError{err, fmt.Sprintf("Did you mean %q?", near)}
	}
	return err
}

// unknownCommand refuses arguments of the program itself: they were meant to
// be a command.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("there is no command %q", args[0])
	if near := schema.Nearest(args[0], commandNames(cmd)); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return &usageError{cmd, errors.New(text)}
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() {
			names = append(names, cmd.Name())
		}
	}
	return names
}
