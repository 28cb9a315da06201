package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/scheduler"
	"github.com/ecluster/ecluster/internal/state"
)

// Status is a cluster at a glance.
type Status struct {
	Cluster cluster.Name `json:"cluster"`
	state.Vitals
	Nodes    map[cluster.Phase]int  `json:"nodes"`
	Queue    *scheduler.Queue       `json:"queue,omitempty"`
	Workers  []scheduler.NodeStatus `json:"workers,omitempty"`
	Frontend string                 `json:"frontend"`
	// Trouble says why the scheduler could not be asked. Then Queue and Workers
	// are what it last said to this observer, if anything.
	Trouble string `json:"trouble,omitempty"`
	// Answered is when the scheduler said what Queue and Workers tell.
	Answered time.Time `json:"answered,omitzero"`
}

// Status asks the scheduler of a cluster how it is. That it can't be asked is
// part of the answer, not an error.
func (e *Engine) Status(ctx context.Context, name cluster.Name) (*Status, error) {
	o := e.Observe(name)
	defer o.Close()
	return o.Status(ctx)
}

// Observer looks at one cluster again and again, over one connection to its
// frontend that is made when it is first needed, and anew when it broke. It is
// for one goroutine.
type Observer struct {
	engine *Engine
	name   cluster.Name
	conn   *Connection
	last   Status // what was told last
	// After a connection that failed none is tried before retry; each such
	// failure doubles the pause.
	retry time.Time
	pause time.Duration
}

// The pauses between two attempts to connect to a frontend that is away.
const (
	firstPause = 2 * time.Second
	lastPause  = 30 * time.Second
)

// Observe returns an observer of a cluster; Close ends it.
func (e *Engine) Observe(name cluster.Name) *Observer { return &Observer{engine: e, name: name} }

// Close ends the connection.
func (o *Observer) Close() {
	if o.conn != nil {
		o.conn.Close()
		o.conn = nil
	}
}

// Status is Engine.Status.
func (o *Observer) Status(ctx context.Context) (*Status, error) {
	st, err := o.engine.store.Load(o.name)
	if err != nil {
		return nil, err
	}
	s := &Status{Cluster: o.name, Nodes: map[cluster.Phase]int{}, Frontend: string(st.Spec.FrontendNode()), Vitals: st.Vitals(time.Now())}
	for _, n := range st.Nodes {
		s.Nodes[n.Phase]++
	}
	if st.Spec.Scheduler == nil {
		return s, nil
	}
	if err := o.ask(ctx, st, s); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		s.Trouble = err.Error()
		s.Queue, s.Workers, s.Answered = o.last.Queue, o.last.Workers, o.last.Answered
	}
	o.last = *s
	return s, nil
}

// ask lets the scheduler fill in what it knows.
func (o *Observer) ask(ctx context.Context, st *state.State, s *Status) error {
	if err := o.connect(ctx, st); err != nil {
		return err
	}
	client, err := scheduler.New(st.Spec.Scheduler.Kind, overConn(o.conn.Conn, o.engine.sudo(st.Spec.Provider.Kind)))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, connectTime, fmt.Errorf("no answer within %s", connectTime))
	defer cancel()
	queue, err := client.Queue(ctx)
	var workers []scheduler.NodeStatus
	if err == nil {
		workers, err = client.Nodes(ctx)
	}
	if err != nil {
		if ctx.Err() != nil {
			o.Close() // nobody at the other end
		}
		return err
	}
	s.Queue, s.Workers, s.Answered = &queue, workers, time.Now().UTC().Truncate(time.Second)
	return nil
}

// connect sees to it that there is a connection.
func (o *Observer) connect(ctx context.Context, st *state.State) error {
	if o.conn != nil && o.conn.Err() == nil {
		return nil
	}
	o.Close()
	if time.Now().Before(o.retry) {
		return errors.New(o.last.Trouble)
	}
	conn, err := o.engine.connect(ctx, st, "", true)
	if err != nil {
		o.pause = min(max(2*o.pause, firstPause), lastPause)
		o.retry = time.Now().Add(o.pause)
		return err
	}
	o.conn, o.pause = conn, 0
	return nil
}

func (e *Engine) sudo(kind string) bool { return e.opts.Plugins[kind].AdminUser != "root" }

// overConn runs scripts as root, each in a session of its own.
func overConn(conn *remote.Conn, sudo bool) scheduler.Exec {
	command := "sh -s"
	if sudo {
		command = "sudo -n sh -s"
	}
	return func(ctx context.Context, script string) ([]byte, error) {
		stdout, stderr, err := conn.Run(ctx, command, bytes.NewBufferString(script))
		if err != nil {
			return stdout, fmt.Errorf("%w: %s", err, bytes.TrimSpace(stderr))
		}
		return stdout, nil
	}
}
