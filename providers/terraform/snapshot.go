package terraform

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/ecluster/ecluster/internal/cluster"
)

// snapshot is what Terraform's state says.
type snapshot struct {
	nodes   map[string]nodeOutput // the module's output, by node
	keyed   map[string]bool       // the keys of all resources
	managed []string              // the addresses of what Terraform manages
	ids     map[string]string     // the id of each of them
	stamp   string                // of the state's file; "" for a remote state
}

// nodeOutput is what a module says of a node.
type nodeOutput struct {
	ID        string   `json:"id"`
	PrivateIP string   `json:"private_ip"`
	PublicIP  string   `json:"public_ip"`
	SSHPort   int      `json:"ssh_port"`
	Endpoints []string `json:"endpoints"`
	State     string   `json:"state"`
	Reason    string   `json:"reason"`
	CPUs      int      `json:"cpus"`
	MemoryMB  int      `json:"memory_mb"`
}

// read returns what the state says; a local state is read again only when it
// changed.
func (w *workspace) read(ctx context.Context) (*snapshot, error) {
	stamp := w.stamp()
	w.mu.Lock()
	latest := w.latest
	w.mu.Unlock()
	if latest != nil && stamp != "" && latest.stamp == stamp {
		return latest, nil
	}
	if err := w.ready(ctx); err != nil {
		return nil, err
	}
	tf, err := w.terraform(&w.reader)
	if err != nil {
		return nil, err
	}
	state, err := tf.Show(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, canceled("show", ctx)
		}
		return nil, &runError{op: "show", err: err}
	}
	s := &snapshot{nodes: map[string]nodeOutput{}, keyed: map[string]bool{}, ids: map[string]string{}, stamp: stamp}
	if state.Values != nil {
		if err := s.take(state.Values); err != nil {
			return nil, w.d.wrong("%w", err)
		}
	}
	w.mu.Lock()
	w.latest = s
	w.mu.Unlock()
	return s, nil
}

// known returns the latest snapshot, or an empty one.
func (w *workspace) known() *snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.latest == nil {
		return &snapshot{}
	}
	return w.latest
}

// stamp tells versions of a local state apart.
func (w *workspace) stamp() string {
	info, err := os.Stat(filepath.Join(w.dir, "terraform.tfstate"))
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size())
}

func (s *snapshot) take(v *tfjson.StateValues) error {
	if out := v.Outputs["nodes"]; out != nil {
		data, err := json.Marshal(out.Value)
		if err == nil {
			err = json.Unmarshal(data, &s.nodes)
		}
		if err != nil {
			return fmt.Errorf("its output \"nodes\" has not the form that ecluster reads: %w. Write it as:\n%s", err, writeOutput)
		}
	}
	s.walk(v.RootModule)
	return nil
}

func (s *snapshot) walk(m *tfjson.StateModule) {
	if m == nil {
		return
	}
	for _, r := range m.Resources {
		if r.Mode != tfjson.ManagedResourceMode {
			continue
		}
		s.managed = append(s.managed, r.Address)
		s.ids[r.Address], _ = r.AttributeValues["id"].(string)
		for _, k := range keys(r.Address) {
			s.keyed[k] = true
		}
	}
	for _, child := range m.ChildModules {
		s.walk(child)
	}
}

// isMachine reports whether a resource of a node is the machine itself, which
// the module names by its id or the beginning of it. Where no resource has that
// id, each may be.
func (s *snapshot) isMachine(address, node string) bool {
	id := s.nodes[node].ID
	found := false
	for a, is := range s.ids {
		if id != "" && about(a, node) && strings.HasPrefix(is, id) {
			if a == address {
				return true
			}
			found = true
		}
	}
	return !found
}

// instances is what the cluster consists of. A node that Terraform has
// resources of and that the module does not list is one whose making, or whose
// end, was cut off.
func (s *snapshot) instances(in *intent) []cluster.Instance {
	list := make([]cluster.Instance, 0, len(s.nodes))
	for name, out := range s.nodes {
		list = append(list, in.remember(cluster.Instance{
			ID: instanceID(name, out), Node: cluster.NodeName(name),
			State: stateOf(out.State), Reason: out.Reason, Endpoints: out.endpoints(),
			PrivateIP: out.PrivateIP, PublicIP: out.PublicIP,
			Shape: cluster.Shape{CPUs: out.CPUs, Memory: cluster.Bytes(out.MemoryMB) * cluster.MiB},
		}))
	}
	for name := range in.Nodes {
		if _, listed := s.nodes[name]; !listed && s.keyed[name] {
			list = append(list, in.remember(cluster.Instance{
				ID: instanceID(name, nodeOutput{}), Node: cluster.NodeName(name), State: cluster.InstanceError,
				Reason: "Terraform was cut off while it made or removed this node",
			}))
		}
	}
	return list
}

// remember adds what the launch of a node left on record.
func (in *intent) remember(i cluster.Instance) cluster.Instance {
	i.Group = i.Node.Group()
	if n := in.Nodes[string(i.Node)]; n != nil {
		i.Group, i.Attempt, i.Created = cluster.GroupName(n.Vars.Group), n.Vars.Attempt, n.Created
	}
	return i
}

// instanceID is the module's, or one that we can find the node by.
func instanceID(name string, out nodeOutput) cluster.InstanceID {
	if out.ID == "" {
		return cluster.InstanceID("terraform:" + name)
	}
	return cluster.InstanceID(out.ID)
}

// endpoints lists where sshd may be reached, best first.
func (o nodeOutput) endpoints() []cluster.Endpoint {
	var out []cluster.Endpoint
	for _, e := range o.Endpoints {
		if host, port, err := net.SplitHostPort(e); err == nil {
			if n, err := strconv.Atoi(port); err == nil {
				out = append(out, cluster.Endpoint{Host: host, Port: n})
			}
		}
	}
	if o.Endpoints != nil {
		return out
	}
	port := o.SSHPort
	if port == 0 {
		port = 22
	}
	for _, host := range []string{o.PublicIP, o.PrivateIP} {
		if host != "" {
			out = append(out, cluster.Endpoint{Host: host, Port: port})
		}
	}
	return out
}

// stateOf translates the state that a module gives; modules without one list
// machines that run.
func stateOf(state string) cluster.InstanceState {
	switch s := cluster.InstanceState(state); s {
	case "":
		return cluster.InstanceRunning
	case cluster.InstancePending, cluster.InstanceRunning, cluster.InstanceStopped, cluster.InstanceStopping, cluster.InstanceGone, cluster.InstanceError:
		return s
	}
	return cluster.InstanceError
}
