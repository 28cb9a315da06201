package engine

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/state"
)

// bootstrapKey is the name of the secret that is the host key of new machines.
const bootstrapKey = "bootstrap_host_key"

// access is how the nodes of one cluster let us in, and how we know them.
type access struct {
	user      remote.KeyPair // its public half is on every node
	bootstrap remote.KeyPair // what new machines answer with at first
}

// openAccess reads the keys of a cluster, which are made when first asked for.
func openAccess(store *state.Store, st *state.State) (*access, error) {
	if err := refuseWithoutKeys(st); err != nil {
		return nil, err
	}
	name := st.Name
	user, err := store.SSHKey(name, newKey)
	if err != nil {
		return nil, err
	}
	host, err := store.SecretFrom(name, bootstrapKey, newKey)
	if err != nil {
		return nil, err
	}
	var a access
	if a.user, err = remote.ParseKey(cluster.Secret(user)); err != nil {
		return nil, err
	}
	if a.bootstrap, err = remote.ParseKey(cluster.Secret(host)); err != nil {
		return nil, err
	}
	return &a, nil
}

// refuseWithoutKeys is for commands that log in to nodes, before they do anything.
func refuseWithoutKeys(st *state.State) error {
	if st.NoKeys {
		return &NoKeysError{Cluster: st.Name}
	}
	return nil
}

// NoKeysError says that a cluster was imported without its keys.
type NoKeysError struct{ Cluster cluster.Name }

// Error says so, and what can be done.
func (e *NoKeysError) Error() string {
	return fmt.Sprintf("cluster %q was imported without its keys: here it can be listed and stopped, and nothing else. "+
		"Export it again with 'ecluster export --keys' where it was made, and import that", e.Cluster)
}

func newKey() ([]byte, error) {
	pair, err := remote.GenerateKey()
	return []byte(pair.PrivatePEM.Reveal()), err
}

// hostKeys are the keys by which a node may answer. Until its first set-up is
// whole it may still have the bootstrap key.
func (a *access) hostKeys(n *cluster.Node) []string {
	keys := slices.Clone(n.HostKeys)
	if n.SetUp == "" {
		keys = append(keys, a.bootstrap.Authorized)
	}
	return keys
}

// target says how to reach a node as the given user.
func (a *access) target(n *cluster.Node, user string) remote.Target {
	return remote.Target{
		Node:      n.Name,
		User:      user,
		Endpoints: n.Endpoints,
		PrivateIP: n.PrivateIP,
		HostKeys:  a.hostKeys(n),
	}
}

// jumpTo returns the frontend as a jump host for the other nodes, as far as
// its address is known when it is asked.
func (a *access) jumpTo(frontend func() *cluster.Node, user string) func() (remote.Target, bool) {
	return func() (remote.Target, bool) {
		n := frontend()
		if n == nil || len(n.Endpoints) == 0 {
			return remote.Target{}, false
		}
		return a.target(n, user), true
	}
}

// knownHosts writes down the keys and the ways to all nodes for the user's own
// ssh.
func (w *work) knownHosts() error {
	_, err := w.putSSHConfig(w.session.Snapshot())
	return err
}

func knownHosts(st *state.State) ([]byte, error) {
	var b bytes.Buffer
	for _, name := range st.NodeNames() {
		n := st.Nodes[name]
		if len(n.HostKeys) == 0 {
			continue
		}
		if err := remote.WriteKnownHosts(&b, []string{string(name)}, n.Endpoints, n.HostKeys); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
