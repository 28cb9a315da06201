// Package engine carries plans out: it boots machines through a provider,
// gives them their roles over SSH, proves that they work, and takes them away
// again. It writes down what it intends before it does it, emits events, and
// never prints. What must be done is decided elsewhere (internal/plan); what a
// cloud or a role is, it does not know.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// Engine does the work of the commands. It is safe for use by one command at a
// time; clusters are guarded against other processes by their lock.
type Engine struct {
	store   *state.Store
	opts    Options
	journal journal
}

// Options are what an Engine is made of. Every field but the durations is
// required; New fills those in.
type Options struct {
	Home    string // $ECLUSTER_HOME
	Tool    string // version of this program, for the state
	Roles   fs.FS  // the embedded roles
	Plugins map[string]providers.Plugin
	Sink    event.Sink
	// Eval yields the value of a sensitive setting from its expression, which
	// is all that a state keeps of it.
	Eval func(expression string) (any, error)
	// SeenFrom finds the address that this machine is seen from, for
	// ssh_from = ["auto"]. It is only asked where the cloud has a firewall.
	SeenFrom func(context.Context) (netip.Addr, error)
	// AskAbovePrice is the user's own limits.ask_above_price; the lower of the two holds.
	AskAbovePrice float64
	// BootTimeout is how long a machine may take from its launch until its
	// sshd lets us in. Default 5 minutes.
	BootTimeout time.Duration
	// Parallel bounds how many nodes are worked on at once. Default 256.
	Parallel int
}

// New returns an Engine over the state in o.Home.
func New(o Options) *Engine {
	if o.BootTimeout == 0 {
		o.BootTimeout = 5 * time.Minute
	}
	if o.Parallel == 0 {
		o.Parallel = 256
	}
	return &Engine{store: state.OpenStore(o.Home), opts: o}
}

// Store gives read access to the recorded clusters.
func (e *Engine) Store() *state.Store { return e.store }

func (e *Engine) emit(ev event.Event) {
	e.opts.Sink.Emit(ev)
	e.journal.write(ev)
}

func (e *Engine) notice(level event.Level, node cluster.NodeName, format string, args ...any) {
	e.emit(event.Notice{Level: level, Node: node, Message: fmt.Sprintf(format, args...)})
}

// roles returns the library that a cluster uses: the user's folders over the
// embedded roles.
func (e *Engine) roles(spec *cluster.Spec) *role.Library {
	return role.NewLibrary(role.Layers(spec.RoleDirs, e.opts.Roles)...)
}

// cloud opens the provider of a cluster.
func (e *Engine) cloud(name cluster.Name, p cluster.ProviderSpec, batch int) (*providers.Cloud, providers.Plugin, error) {
	plugin, known := e.opts.Plugins[p.Kind]
	if !known {
		return nil, plugin, fmt.Errorf("open provider %q: this ecluster was built without it", p.Kind)
	}
	settings, err := schema.Reveal(p.Settings, e.opts.Eval)
	if err != nil {
		return nil, plugin, fmt.Errorf("open provider %q: %w", p.Kind, err)
	}
	driver, err := plugin.Open(settings)
	if err != nil {
		return nil, plugin, fmt.Errorf("open provider %q: %w", p.Kind, err)
	}
	if k, keeps := driver.(providers.Keeper); keeps && name != "" {
		k.Keep(filepath.Join(e.store.Dir(name), p.Kind))
	}
	return providers.New(driver, providers.Options{
		BatchSize:        batch,
		ConsistencyDelay: plugin.ConsistencyDelay,
		Budget:           plugin.Budget,
		Notify: func(what string) {
			e.notice(event.Info, "", "%s", what)
		},
	}), plugin, nil
}

// revealed returns the uses of roles with their sensitive parameters evaluated.
func (e *Engine) revealed(uses []cluster.RoleUse) ([]cluster.RoleUse, error) {
	out := slices.Clone(uses)
	for i := range out {
		params, err := schema.Reveal(out[i].Params, e.opts.Eval)
		if err != nil {
			return nil, fmt.Errorf("role %s: %w", out[i].Key(), err)
		}
		out[i].Params = params
	}
	return out, nil
}

// work is one cluster, locked and loaded, with its provider.
type work struct {
	*Engine
	name    cluster.Name
	own     cluster.Name // State.OwnName
	lock    *state.Lock
	release context.CancelFunc // of the lock's context
	session *state.Session
	cloud   *providers.Cloud
	plugin  providers.Plugin
	quote   Quote // what the machines to be launched cost
}

// open locks a cluster that exists and loads it. The context that it returns
// ends when the lock is lost.
func (e *Engine) open(ctx context.Context, name cluster.Name, command string) (context.Context, *work, error) {
	if _, err := e.store.Load(name); err != nil {
		return ctx, nil, err
	}
	lock, err := e.store.Lock(ctx, name, state.NewHolder(command, time.Now()))
	if err != nil {
		return ctx, nil, err
	}
	st, err := e.store.Load(name) // again: it may have changed until we held the lock
	if err != nil {
		return ctx, nil, errors.Join(err, lock.Release())
	}
	ctx, w, err := e.bind(ctx, lock, st, st.Spec.Provider)
	if err != nil {
		return ctx, nil, err
	}
	if err := w.checkRealm(ctx); err != nil {
		return ctx, nil, errors.Join(err, w.close())
	}
	return ctx, w, nil
}

// bind opens the provider and a session over a state that is locked; it
// releases the lock when it fails.
func (e *Engine) bind(ctx context.Context, lock *state.Lock, st *state.State, p cluster.ProviderSpec) (context.Context, *work, error) {
	cloud, plugin, err := e.cloud(st.Name, p, st.Spec.BatchSize)
	if err != nil {
		return ctx, nil, errors.Join(err, lock.Release())
	}
	session, err := e.store.OpenSession(lock, st)
	if err != nil {
		return ctx, nil, errors.Join(err, lock.Release())
	}
	ctx, cancel := lock.Context(ctx)
	return ctx, &work{
		Engine: e, name: st.Name, own: st.OwnName(), lock: lock, release: cancel, session: session, cloud: cloud, plugin: plugin,
	}, nil
}

// close saves what is pending and lets go of the lock. It may follow forget.
func (w *work) close() error {
	w.journal.close()
	err := errors.Join(w.session.Close(), w.lock.Release())
	w.release()
	return err
}

// forget removes the record of the cluster; only close may follow.
func (w *work) forget() error {
	w.journal.close()
	if err := w.session.Close(); err != nil {
		return err
	}
	return w.store.Remove(w.lock)
}
