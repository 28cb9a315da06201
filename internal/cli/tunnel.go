package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/tunnel"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) tunnel() *cobra.Command {
	return &cobra.Command{
		Use:   "tunnel NAME TUNNEL...",
		Short: "Lead ports of this computer to ports of nodes, until Ctrl-C",
		Long: "Leads ports of this computer to ports of nodes: 8888:compute001:8888 is port 8888\n" +
			"of compute001, and 8888 alone that of the frontend. What listens only for its\n" +
			"own machine (Jupyter) is reached too, and only this computer gets in. 0 as the\n" +
			"first number takes a port that is free.\n\n" +
			"After the connection was lost, because the laptop slept or moved, the next use\n" +
			"connects again.",
		Example: "  ecluster tunnel local 8888:compute001:8888\n" +
			"  ecluster tunnel local 3000 9090 0:compute002:6006",
		Args: c.args(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runTunnel(cmd.Context(), cluster.Name(args[0]), args[1:])
		},
		ValidArgsFunction: c.completeClusters,
	}
}

func (c *command) runTunnel(ctx context.Context, name cluster.Name, words []string) error {
	e := c.quiet()
	st, err := e.Store().Load(name)
	if err != nil {
		return err
	}
	v := &tunnelView{command: c, cluster: name, frontend: string(st.Spec.FrontendNode())}
	t := tunnel.Tunnels{
		IsNode: func(host string) bool { return st.Nodes[cluster.NodeName(host)] != nil },
		Connect: func(ctx context.Context, node cluster.NodeName) (tunnel.Conn, error) {
			return e.Connect(ctx, name, node, false)
		},
		Report: v.report,
	}
	for _, w := range words {
		s, err := tunnel.ParseSpec(w)
		if err != nil {
			return &usageError{err: err}
		}
		t.Specs = append(t.Specs, s)
	}
	return t.Run(ctx)
}

// tunnelView is what the user sees of tunnels.
type tunnelView struct {
	*command
	cluster  cluster.Name
	frontend string
	mu       sync.Mutex
}

// tunnelLine is an event as --output json shows it.
type tunnelLine struct {
	Type  tunnel.Kind `json:"type"`
	Node  string      `json:"node,omitempty"`
	To    string      `json:"to,omitempty"`
	Local string      `json:"local,omitempty"`
	URL   string      `json:"url,omitempty"`
	Error string      `json:"error,omitempty"`
}

func (v *tunnelView) report(e tunnel.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	line := tunnelLine{Type: e.Kind}
	if e.Err != nil {
		line.Error = e.Err.Error()
	}
	out, notes := v.Streams.NewPage(), v.Streams.NewErrPage()
	var text string
	switch e.Kind {
	case tunnel.Listening:
		line.To, line.Local = e.Spec.Remote(v.frontend), e.Local
		line.URL = "http://" + strings.Replace(e.Local, "127.0.0.1", "localhost", 1)
		notes = out
		text = fmt.Sprintf("%s leads to %s of %s", line.URL, line.To, v.cluster)
	case tunnel.Lost:
		line.Node = v.nodeName(e.Node)
		text = fmt.Sprintf("The connection to %s is lost; the next use of the tunnel makes a new one.", line.Node)
	case tunnel.Restored:
		line.Node = v.nodeName(e.Node)
		text = fmt.Sprintf("Connected to %s again.", line.Node)
	case tunnel.Refused:
		line.To = e.Spec.Remote(v.frontend)
		text = fmt.Sprintf("%s: %s", line.To, line.Error)
	}
	if v.format != ui.Text {
		_ = json.NewEncoder(v.Streams.Out).Encode(line) // who reads it may have gone; the tunnel stays
		return
	}
	_ = notes.Linef("%s", text)
}

func (v *tunnelView) nodeName(n cluster.NodeName) string {
	if n == "" {
		return v.frontend
	}
	return string(n)
}
