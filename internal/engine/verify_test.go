package engine

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestFrontLineSettles(t *testing.T) {
	f := newFrontLine()
	select {
	case <-f.settled:
		t.Fatal("it is settled before anything happened")
	default:
	}
	f.fail(errors.New("no frontend"))
	select {
	case <-f.settled:
	case <-time.After(5 * time.Second):
		t.Fatal("a failed frontend settles nothing")
	}
	if _, err := f.Exec(t.Context(), "true"); err == nil || err.Error() != "no frontend" {
		t.Errorf("Exec without a frontend ended with %v", err)
	}
	f.end() // nobody is there to be ended
}

func TestFrontLineWaitsForTheFrontend(t *testing.T) {
	f := newFrontLine()
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := f.Exec(ctx, "true")
		ended <- err
	}()
	cause := errors.New("enough")
	cancel(cause)
	select {
	case err := <-ended:
		if !errors.Is(err, cause) {
			t.Errorf("Exec ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("Exec does not heed its context")
	}
}
