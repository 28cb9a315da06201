package engine

import (
	"context"
	"fmt"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Console returns the last output of the console of a node's machine, as far
// as the provider shows it. It needs no lock and no connection: it is there for
// machines that let nobody in.
func (e *Engine) Console(ctx context.Context, name cluster.Name, node cluster.NodeName) ([]byte, error) {
	st, err := e.store.Load(name)
	if err != nil {
		return nil, err
	}
	n := st.Nodes[node]
	switch {
	case n == nil:
		return nil, unknownNode(st, node)
	case n.Instance == "":
		return nil, fmt.Errorf("read console of %s: it has no machine yet (it is %s)", node, n.Phase)
	}
	cloud, _, err := e.cloud(name, st.Spec.Provider, st.Spec.BatchSize)
	if err != nil {
		return nil, err
	}
	reader, can := providers.Capability[providers.ConsoleReader](cloud)
	if !can {
		return nil, fmt.Errorf("read console of %s: the provider %q does not show consoles", node, st.Spec.Provider.Kind)
	}
	var out []byte
	err = cloud.Do(ctx, "read console of "+string(node), func(ctx context.Context) (err error) {
		out, err = reader.Console(ctx, st.ID, n.Instance)
		return err
	})
	return out, err
}
