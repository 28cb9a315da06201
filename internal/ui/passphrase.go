package ui

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Passphrase asks for a secret on s.Ask, and does not show what is typed. Where
// nobody would see the question it returns ErrNotConfirmed. It returns
// early, with the error of ctx, when ctx ends; the terminal is then as it was.
func Passphrase(ctx context.Context, s Streams, question string) (cluster.Secret, error) {
	terminal, is := s.In.(*os.File)
	if s.Ask == nil || !is {
		return "", ErrNotConfirmed
	}
	page := s.askPage()
	if _, err := fmt.Fprintf(page, "%s ", page.theme.bold(question)); err != nil {
		return "", fmt.Errorf("ask: %w", err)
	}
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("ask: %w", err)
	}
	type answer struct {
		text []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() { // it ends with the line, or with the program
		text, err := term.ReadPassword(fd)
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		_, err := fmt.Fprintln(page) // Enter was not shown either
		if err = errors.Join(a.err, err); err != nil {
			return "", fmt.Errorf("ask: %w", err)
		}
		return cluster.Secret(a.text), nil
	case <-ctx.Done():
		_ = term.Restore(fd, before) // there is no other place to complain
		return "", context.Cause(ctx)
	}
}
