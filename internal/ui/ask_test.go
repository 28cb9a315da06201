package ui

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

func TestAsker(t *testing.T) {
	s, _, errw := buffers()
	s.In, s.Ask = strings.NewReader("9\nmars\n2\n\nNO\nperhaps\n\n"), errw
	a, err := NewAsker(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	options := []Option{{"earth", "here, " + strings.Repeat("far ", 30)}, {"moon", "there"}}
	where, err := a.Choose(t.Context(), "Where?", options, "earth")
	if err != nil || where != "moon" {
		t.Errorf("chose %q, %v", where, err)
	}
	if where, err = a.Choose(t.Context(), "And now?", options, "earth"); err != nil || where != "earth" {
		t.Errorf("Enter chose %q, %v", where, err)
	}
	for _, want := range []bool{false, true} {
		if yes, err := a.Confirm(t.Context(), "Sure?", true); err != nil || yes != want {
			t.Errorf("%v, %v", yes, err)
		}
	}
	if _, err := a.Ask(t.Context(), "Still there?", "", nil); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("after the last answer: %v", err)
	}
	golden(t, "ask.txt", errw.String())
}

// TestAskerInterrupted: Ctrl-C ends the question with its cause.
func TestAskerInterrupted(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	a, err := NewAsker(ctx, Streams{Ask: io.Discard, In: r})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := a.Ask(ctx, "Well?", "", nil)
		done <- errors.Join(err, a.Close())
	}()
	cancel(cause)
	select {
	case err := <-done:
		if !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the question is still open")
	}
}
