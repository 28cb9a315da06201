// Package inventory writes the nodes of a cluster down for other programs:
// Ansible, as a file or in the form that its inventory scripts print, and
// /etc/hosts. It reads nothing: the record and the way in are given.
package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Format is what an inventory is written for.
type Format string

// The formats.
const (
	Ansible Format = "ansible" // a YAML inventory
	Hosts   Format = "hosts"   // lines of /etc/hosts
	JSON    Format = "json"    // what `ansible-inventory --list` and inventory scripts print
)

// Formats returns all formats.
func Formats() []Format { return []Format{Ansible, Hosts, JSON} }

// Access is how Ansible gets in.
type Access struct {
	User      string
	Key       string // path of the private key
	SSHConfig string // path of the entries that know the way, and the host keys
}

// vars are the variables of a host or of a group.
type vars map[string]any

// group is a group of the YAML form.
type group struct {
	Hosts map[string]vars `json:"hosts"`
}

// Write returns the nodes that have a machine, in a format.
func Write(st *state.State, a Access, f Format) ([]byte, error) {
	switch f {
	case Ansible:
		return ansible(st, a)
	case Hosts:
		return hosts(st), nil
	case JSON:
		return script(st, a)
	}
	return nil, fmt.Errorf("the formats of an inventory are %s", Words())
}

// Words lists the formats for a sentence.
func Words() string { return "ansible, hosts and json" }

func ansible(st *state.State, a Access) ([]byte, error) {
	children := map[string]group{}
	for _, n := range nodes(st) {
		g := groupName(n.Group)
		if children[g].Hosts == nil {
			children[g] = group{Hosts: map[string]vars{}}
		}
		children[g].Hosts[string(n.Name)] = hostVars(st, n)
	}
	out, err := json.Marshal(map[string]any{"all": map[string]any{"children": children, "vars": common(st, a)}})
	if err != nil {
		return nil, fmt.Errorf("write inventory: %w", err)
	}
	text, err := yaml.JSONToYAML(out)
	if err != nil {
		return nil, fmt.Errorf("write inventory: %w", err)
	}
	return append(fmt.Appendf(nil, "# Cluster %s, by 'ecluster inventory'. Write it anew when nodes come and go.\n", st.Name), text...), nil
}

func script(st *state.State, a Access) ([]byte, error) {
	hostvars, members := map[string]vars{}, map[string][]string{}
	for _, n := range nodes(st) {
		hostvars[string(n.Name)] = hostVars(st, n)
		g := groupName(n.Group)
		members[g] = append(members[g], string(n.Name))
	}
	out := map[string]any{"_meta": map[string]any{"hostvars": hostvars}}
	groups := []string{}
	for g, names := range members {
		groups = append(groups, g)
		out[g] = map[string]any{"hosts": names}
	}
	slices.Sort(groups)
	out["all"] = map[string]any{"children": groups, "vars": common(st, a)}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write inventory: %w", err)
	}
	return append(text, '\n'), nil
}

func hosts(st *state.State) []byte {
	var b bytes.Buffer
	for _, n := range nodes(st) {
		if n.PrivateIP != "" {
			fmt.Fprintf(&b, "%s\t%s\n", n.PrivateIP, n.Name)
		}
	}
	return b.Bytes()
}

// nodes are those that have a machine, by name.
func nodes(st *state.State) []*cluster.Node {
	var out []*cluster.Node
	for _, name := range st.NodeNames() {
		if n := st.Nodes[name]; n.Instance != "" && n.Phase != cluster.Gone {
			out = append(out, n)
		}
	}
	return out
}

func hostVars(st *state.State, n *cluster.Node) vars {
	v := vars{"ansible_host": string(st.Name) + "-" + string(n.Name), "ecluster_group": string(n.Group)}
	if n.PrivateIP != "" {
		v["private_ip"] = n.PrivateIP
	}
	return v
}

// common are the variables of all hosts. The way, with the jump through the
// frontend, and the host keys are in the entries for ssh.
func common(st *state.State, a Access) vars {
	return vars{
		"ansible_user":                 a.User,
		"ansible_ssh_private_key_file": a.Key,
		"ansible_ssh_common_args":      "-F " + word(a.SSHConfig),
		"ecluster_name":                string(st.Name),
		"ecluster_frontend":            string(st.Spec.FrontendNode()),
	}
}

// groupName is a group as Ansible accepts it: variables can't have a hyphen.
func groupName(g cluster.GroupName) string { return strings.ReplaceAll(string(g), "-", "_") }

// word makes one word of a path for Ansible, which first replaces what stands in
// braces, and then splits arguments as a shell does.
func word(path string) string {
	path = "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	return strings.NewReplacer("{{", `{{ "{{" }}`, "{%", `{{ "{%" }}`).Replace(path)
}
