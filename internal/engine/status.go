package engine

import (
	"bytes"
	"context"
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
	// Trouble says why the scheduler could not be asked.
	Trouble string `json:"trouble,omitempty"`
}

// Status asks the scheduler of a cluster how it is. That it can't be asked is
// part of the answer, not an error.
func (e *Engine) Status(ctx context.Context, name cluster.Name) (*Status, error) {
	st, err := e.store.Load(name)
	if err != nil {
		return nil, err
	}
	s := &Status{Cluster: name, Nodes: map[cluster.Phase]int{}, Frontend: string(st.Spec.FrontendNode()), Vitals: st.Vitals(time.Now())}
	for _, n := range st.Nodes {
		s.Nodes[n.Phase]++
	}
	if st.Spec.Scheduler == nil {
		return s, nil
	}
	conn, err := e.connect(ctx, st, "", true)
	if err != nil {
		s.Trouble = err.Error()
		return s, nil
	}
	defer conn.Close()
	client, err := scheduler.New(st.Spec.Scheduler.Kind, overConn(conn.Conn, e.sudo(st.Spec.Provider.Kind)))
	if err != nil {
		return nil, err
	}
	queue, err := client.Queue(ctx)
	if err == nil {
		s.Queue = &queue
		s.Workers, err = client.Nodes(ctx)
	}
	if err != nil {
		s.Trouble = err.Error()
	}
	return s, nil
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
