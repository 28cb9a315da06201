package rehearsal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/state"
)

// world is one rehearsal: the name that is on all that it makes, and its folder.
// The folder is locked while its process lives, however that ends.
type world struct {
	name string
	home string // of its engine
	lock *state.Lock
	left bool // its machines could not be removed: the next rehearsal tries again
}

// store keeps the folders of rehearsals.
func (o Options) store() *state.Store {
	return state.OpenStore(filepath.Join(o.Engine.Home, "rehearsals"))
}

// enter makes a new world.
func (o Options) enter(ctx context.Context) (*world, error) {
	return o.open(ctx, "r"+strings.ToLower(rand.Text()[:8]))
}

func (o Options) open(ctx context.Context, name string) (*world, error) {
	lock, err := o.store().Lock(ctx, cluster.Name(name), state.NewHolder("rehearse", time.Now()))
	if err != nil {
		return nil, err
	}
	w := &world{name: name, home: filepath.Join(o.store().Dir(cluster.Name(name)), "home"), lock: lock}
	if err := os.MkdirAll(w.home, 0o700); err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return w, nil
}

// leave removes the folder, unless something of the world is left.
func (w *world) leave() error {
	var err error
	if !w.left {
		err = os.RemoveAll(w.home)
	}
	return errors.Join(err, w.lock.Release())
}

// sweep removes what rehearsals have left that were killed. What can't be removed
// is told, and stays for the next one.
func (o Options) sweep(ctx context.Context) {
	list, err := os.ReadDir(filepath.Dir(o.store().Dir("x")))
	if err != nil {
		return // there was none yet
	}
	for _, e := range list {
		w, err := o.open(ctx, e.Name())
		if err != nil {
			continue // it is under way, or no world
		}
		err = o.clear(ctx, w)
		w.left = err != nil
		if err = errors.Join(err, w.leave()); err != nil {
			o.Engine.Sink.Emit(event.Notice{Level: event.Warning, Message: fmt.Sprintf("rehearse: an earlier rehearsal (%s) was cut off, and what it left can't be removed: %v", w.name, err)})
			continue
		}
		o.Engine.Sink.Emit(event.Notice{Level: event.Info, Message: fmt.Sprintf("rehearse: an earlier rehearsal (%s) was cut off; its machines and networks on this computer are removed", w.name)})
	}
}

func (o Options) clear(ctx context.Context, w *world) error {
	_, closeMachines, err := o.Machines(ctx, Requisites{World: w.name}, o.progress)
	if err != nil {
		return err
	}
	return closeMachines(ctx)
}

func (o Options) progress(task, message string) {
	o.Engine.Sink.Emit(event.TaskProgress{Task: task, Message: message})
}
