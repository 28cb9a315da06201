package ui

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/muesli/cancelreader"
)

// ErrNoAnswer says that the person left in the middle of the questions.
var ErrNoAnswer = errors.New("the questions were not answered to their end")

// Asker asks a person on s.Ask, one line an answer. A wrong answer is asked
// again, with the reason. Its methods return early, with the error of ctx,
// when ctx ends. It is for one goroutine.
type Asker struct {
	streams Streams
	in      cancelreader.CancelReader
	lines   *bufio.Reader
	stop    func() bool
}

// Option is one thing to choose.
type Option struct {
	Name string
	Text string // what it is, in a few words
}

// NewAsker begins a conversation, which Close ends. Where nobody would see a
// question it returns ErrNotConfirmed.
func NewAsker(ctx context.Context, s Streams) (*Asker, error) {
	if s.Ask == nil {
		return nil, ErrNotConfirmed
	}
	in, err := cancelreader.NewReader(s.In)
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	return &Asker{streams: s, in: in, lines: bufio.NewReader(in), stop: context.AfterFunc(ctx, func() { in.Cancel() })}, nil
}

// Close ends the conversation.
func (a *Asker) Close() error {
	a.stop()
	return a.in.Close()
}

// Say tells the person something.
func (a *Asker) Say(text string) error {
	return a.streams.askPage().Prosef("%s", text)
}

// Ask asks a question; Enter alone takes fallback. check says what is wrong
// with an answer, in a sentence; it may be nil.
func (a *Asker) Ask(ctx context.Context, question, fallback string, check func(string) string) (string, error) {
	hint := ""
	if fallback != "" {
		hint = "[" + fallback + "]"
	}
	for {
		answer, err := a.line(ctx, question, hint)
		if err != nil {
			return "", err
		}
		answer = cmp.Or(answer, fallback)
		if check == nil {
			return answer, nil
		}
		wrong := check(answer)
		if wrong == "" {
			return answer, nil
		}
		if err := a.Say(wrong); err != nil {
			return "", err
		}
	}
}

// Choose lets the person choose by number or by name.
func (a *Asker) Choose(ctx context.Context, question string, options []Option, fallback string) (string, error) {
	page := a.streams.askPage()
	if err := page.Linef("%s", page.theme.bold(question)); err != nil {
		return "", err
	}
	names := make([]string, len(options))
	widest := 0
	for i, o := range options {
		names[i] = o.Name
		widest = max(widest, len(o.Name))
	}
	for i, o := range options {
		line := fmt.Sprintf("%3d  %-*s  %s", i+1, widest, o.Name, o.Text)
		if err := page.Linef("%s", strings.TrimRight(page.theme.fit(line, page.width), " ")); err != nil {
			return "", err
		}
	}
	chosen := fallback
	_, err := a.Ask(ctx, "Number or name:", fallback, func(answer string) string {
		answer = strings.ToLower(answer)
		if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(names) {
			answer = names[n-1]
		}
		if !slices.Contains(names, answer) {
			return fmt.Sprintf("There is no %q here: answer with a number from 1 to %d, or with a name.", answer, len(names))
		}
		chosen = answer
		return ""
	})
	return chosen, err
}

// Confirm asks a question that is answered with yes or no.
func (a *Asker) Confirm(ctx context.Context, question string, fallback bool) (yes bool, err error) {
	usual := "no"
	if fallback {
		usual = "yes"
	}
	_, err = a.Ask(ctx, question, usual, func(answer string) string {
		switch strings.ToLower(answer) {
		case "y", "yes":
			yes = true
		case "n", "no":
			yes = false
		default:
			return "Answer with yes or no."
		}
		return ""
	})
	return yes, err
}

// line asks for one line.
func (a *Asker) line(ctx context.Context, question, hint string) (string, error) {
	page := a.streams.askPage()
	t := page.theme
	text := t.bold(question)
	if hint != "" {
		text += " " + t.faint(hint)
	}
	if _, err := io.WriteString(page, strings.Join(wrap(text, page.width-1), "\n")+" "); err != nil {
		return "", fmt.Errorf("ask: %w", err)
	}
	answer, err := a.lines.ReadString('\n')
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.Is(err, io.EOF) && answer != "": // the last line of a file may lack its end
	case errors.Is(err, io.EOF):
		return "", ErrNoAnswer
	case err != nil:
		return "", fmt.Errorf("ask: %w", err)
	}
	return strings.TrimSpace(answer), nil
}
