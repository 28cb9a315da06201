package engine

import (
	"bytes"
	"errors"
	"net/netip"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/state"
)

// SSHConfig returns entries for the user's own ssh, as of the record, and
// writes them to Store.SSHConfigPath, where every command that changes the
// nodes keeps them up to date.
func (e *Engine) SSHConfig(name cluster.Name) ([]byte, error) {
	st, err := e.store.Load(name)
	if err != nil {
		return nil, err
	}
	for {
		config, err := e.putSSHConfig(st)
		if err != nil {
			return nil, err
		}
		// A command at work, which holds the lock, may have written newer ones in
		// between, which are now lost.
		now, err := e.store.Load(name)
		if err != nil {
			return nil, err
		}
		if now.Serial == st.Serial {
			return config, nil
		}
		st = now
	}
}

// putSSHConfig writes the host keys and the entries of a record.
func (e *Engine) putSSHConfig(st *state.State) ([]byte, error) {
	hosts, err := knownHosts(st)
	if err != nil {
		return nil, err
	}
	config, err := e.sshConfig(st)
	if err != nil {
		return nil, err
	}
	return config, errors.Join(e.store.PutKnownHosts(st.Name, hosts), e.store.PutSSHConfig(st.Name, config))
}

// sshConfig names each node CLUSTER-NODE and CLUSTER.NODE, and the frontend
// CLUSTER as well. A node whose own host key is not known yet has no entry.
func (e *Engine) sshConfig(st *state.State) ([]byte, error) {
	c := remote.SSHConfig{
		Key: e.store.SSHKeyPath(st.Name), KnownHosts: e.store.KnownHostsPath(st.Name), User: st.Spec.Login.User,
	}
	frontend := st.Spec.FrontendNode()
	// Where the frontend has a port of this machine, the addresses of nodes may
	// lead nowhere here (Docker in a virtual machine): the way through the
	// frontend always works.
	behind := st.Nodes[frontend] != nil && local(st.Nodes[frontend]) != nil
	dashed := func(n cluster.NodeName) string { return string(st.Name) + "-" + string(n) }
	for _, name := range st.NodeNames() {
		n := st.Nodes[name]
		h := remote.SSHHost{Names: []string{dashed(name), string(st.Name) + "." + string(name)}, Alias: string(name)}
		switch {
		case len(n.HostKeys) == 0:
			continue
		case local(n) != nil:
			h.At = *local(n)
		case len(n.Endpoints) > 0 && (name == frontend || !behind):
			h.At = n.Endpoints[0]
		case n.PrivateIP != "" && name != frontend:
			h.At, h.Jump = cluster.Endpoint{Host: n.PrivateIP, Port: 22}, dashed(frontend)
		default:
			continue
		}
		if name == frontend {
			h.Names = append(h.Names, string(st.Name))
		}
		c.Hosts = append(c.Hosts, h)
	}
	var b bytes.Buffer
	if err := remote.WriteSSHConfig(&b, c); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// local is the port of this machine that leads to a node, or nil.
func local(n *cluster.Node) *cluster.Endpoint {
	for _, e := range n.Endpoints {
		if ip, err := netip.ParseAddr(e.Host); err == nil && ip.IsLoopback() {
			return &e
		}
	}
	return nil
}
