package aws

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestMemoAsksOnce(t *testing.T) {
	m := newMemo[string, int]()
	var asked atomic.Int32
	release := make(chan struct{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			got, err := m.get(t.Context(), "k", func(context.Context) (int, error) {
				<-release
				return int(asked.Add(1)), nil
			})
			if got != 1 || err != nil {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
	close(release)
	wg.Wait()
	m.forget("k")
	if _, known := m.peek("k"); known {
		t.Error("what was forgotten is known")
	}
}

func TestMemoForgetsErrors(t *testing.T) {
	m := newMemo[string, int]()
	if _, err := m.get(t.Context(), "k", func(context.Context) (int, error) { return 0, errors.New("no") }); err == nil {
		t.Error("no error")
	}
	if got, err := m.get(t.Context(), "k", func(context.Context) (int, error) { return 7, nil }); got != 7 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	m.put("k", 8)
	if got, known := m.peek("k"); got != 8 || !known {
		t.Errorf("peek %d, %v", got, known)
	}
}

func TestMemoDoesNotHoldUpWhoLeaves(t *testing.T) {
	m := newMemo[string, int]()
	inside, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = m.get(t.Context(), "k", func(context.Context) (int, error) {
			close(inside)
			<-release
			return 1, nil
		})
	})
	<-inside
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.get(ctx, "k", func(context.Context) (int, error) { return 2, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(release)
	wg.Wait()
}
