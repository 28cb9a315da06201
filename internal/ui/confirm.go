package ui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/muesli/cancelreader"
)

// ErrNotConfirmed says that nobody is there to be asked.
var ErrNotConfirmed = errors.New("nobody can be asked, because standard input is no terminal: repeat the command with --yes")

// Confirm asks a question on s.Err that is answered with yes or no; anything
// but yes is no. Without a terminal it returns ErrNotConfirmed and asks
// nothing. It returns early, with the error of ctx, when ctx ends.
func Confirm(ctx context.Context, s Streams, question string) (bool, error) {
	if !s.InTTY {
		return false, ErrNotConfirmed
	}
	t := s.errTheme()
	if _, err := fmt.Fprintf(s.Err, "%s %s ", t.bold(question), t.faint("[y/N]")); err != nil {
		return false, fmt.Errorf("ask: %w", err)
	}
	in, err := cancelreader.NewReader(s.In)
	if err != nil {
		return false, fmt.Errorf("ask: %w", err)
	}
	defer in.Close()
	defer context.AfterFunc(ctx, func() { in.Cancel() })()

	answer, err := bufio.NewReader(in).ReadString('\n')
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("ask: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}
