package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

// somewhere is the fake cloud under a name that may change.
type somewhere struct {
	*fake.Driver
	id *string
}

func (s somewhere) Identity(context.Context) (providers.Identity, error) {
	return providers.Identity{ID: *s.id, Words: "the engine " + *s.id}, nil
}

// TestElsewhere lets the provider lead to another engine after the start: no
// command may take the machines for gone.
func TestElsewhere(t *testing.T) {
	l := newLab(t)
	id := "A"
	plugin := fake.Plugin(l.world)
	plugin.Open = func(schema.Values) (providers.Driver, error) { return somewhere{l.world.Driver(), &id}, nil }
	e := engine.New(engine.Options{
		Home: l.home, Tool: "test", Roles: fstest.MapFS{}, Sink: event.Discard,
		Plugins: map[string]providers.Plugin{"fake": plugin},
	})
	r, err := e.Start(t.Context(), spec(2, 2), engine.StartOptions{NoSetUp: true})
	if err != nil {
		t.Fatal(err)
	}
	id = "B"
	for name, command := range map[string]func() error{
		"start": func() error {
			_, err := e.Start(t.Context(), spec(2, 2), engine.StartOptions{NoSetUp: true})
			return err
		},
		"stop":   func() error { return e.Stop(t.Context(), "lab") },
		"resize": func() error { return resize(t.Context(), e) },
		"list-nodes --update": func() error {
			_, err := e.Refresh(t.Context(), "lab")
			return err
		},
	} {
		if _, is := errors.AsType[*engine.RealmError](command()); !is {
			t.Errorf("%s did not notice that it is elsewhere", name)
		}
	}
	if n := len(l.world.Machines(r.ID)); n != 3 {
		t.Errorf("%d machines are left of 3", n)
	}
	id = "A"
	if err := e.Stop(t.Context(), "lab"); err != nil {
		t.Fatal(err)
	}
	if left := l.world.Leftovers(r.ID); len(left) > 0 {
		t.Errorf("after stop there is still %v", left)
	}
}

func resize(ctx context.Context, e *engine.Engine) error {
	_, err := e.Resize(ctx, "lab", engine.ResizeOptions{Add: map[cluster.GroupName]int{"compute": 1}})
	return err
}

// TestResizeChecksBeforeItRemoves finds a mistake in what is to be added
// before anything is removed.
func TestResizeChecksBeforeItRemoves(t *testing.T) {
	l := newLab(t)
	r, err := l.start(spec(2, 1))
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.engine().Resize(t.Context(), "lab", engine.ResizeOptions{
		Add: map[cluster.GroupName]int{"typo": 1}, Remove: map[cluster.GroupName]int{"compute": 1},
	})
	if err == nil {
		t.Error("a group that does not exist was no mistake")
	}
	if n := len(l.world.Machines(r.ID)); n != 3 {
		t.Errorf("%d machines are left of 3", n)
	}
	l.stop(r.ID)
}
