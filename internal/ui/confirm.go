package ui

import (
	"context"
	"errors"
	"strings"
)

// ErrNotConfirmed says that nobody is there to be asked.
var ErrNotConfirmed = errors.New("nobody can be asked without a terminal: repeat the command with --yes")

// Confirm asks a question on s.Ask that is answered with yes or no; anything
// but yes is no. Where nobody would see it, it returns ErrNotConfirmed. It returns early, with the error of ctx, when ctx ends.
func Confirm(ctx context.Context, s Streams, question string) (bool, error) {
	a, err := NewAsker(ctx, s)
	if err != nil {
		return false, err
	}
	defer func() { _ = a.Close() }()
	answer, err := a.line(ctx, question, "[y/N]")
	if err != nil && !errors.Is(err, ErrNoAnswer) {
		return false, err
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}
