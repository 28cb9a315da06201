package terraform

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"time"

	"github.com/google/renameio/v2"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

// intent is what should exist. It is on disk before Terraform is asked for it,
// and what a node was launched with never changes afterwards: a cloud would
// make a running machine anew for it.
type intent struct {
	ID      cluster.ID            `json:"id"`
	Name    cluster.Name          `json:"name"`
	SSHFrom []string              `json:"ssh_from"`
	Access  access                `json:"access"`
	Nodes   map[string]*nodeEntry `json:"nodes"`
	// Applied says that Terraform has done all of it.
	Applied bool `json:"applied"`
}

// access is providers.Access on disk; the file is as secret as the cluster's
// keys, which lie beside it.
type access struct {
	AuthorizedKey string `json:"authorized_key"`
	HostKey       string `json:"host_key"`
	HostKeyPublic string `json:"host_key_public"`
}

// nodeEntry is one node.
type nodeEntry struct {
	Vars     nodeVars  `json:"vars"`
	UserData string    `json:"user_data,omitempty"` // base64
	Created  time.Time `json:"created"`
	Leaving  bool      `json:"leaving,omitempty"`
}

// nodeVars is what a module sees of a node; docs/providers/terraform.md lists
// the fields.
type nodeVars struct {
	Name         string            `json:"name"`
	Group        string            `json:"group"`
	MachineType  string            `json:"machine_type"`
	Image        string            `json:"image"`
	Frontend     bool              `json:"frontend"`
	Spot         bool              `json:"spot"`
	BootDiskGB   int               `json:"boot_disk_gb"`
	BootDiskType string            `json:"boot_disk_type"`
	GPUType      string            `json:"gpu_type"`
	GPUCount     int               `json:"gpu_count"`
	Devices      []string          `json:"devices"`
	Attributes   map[string]string `json:"attributes"`
	Tags         map[string]string `json:"tags"`
	Attempt      string            `json:"attempt"`
	Expires      string            `json:"expires"` // RFC 3339, or empty
}

func newIntent(id cluster.ID, name cluster.Name) *intent {
	return &intent{ID: id, Name: name, Nodes: map[string]*nodeEntry{}}
}

// loadIntent returns nil when none was ever written.
func loadIntent(file string) (*intent, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	in := newIntent("", "")
	if err == nil {
		err = json.Unmarshal(data, in)
	}
	if err != nil {
		return nil, fmt.Errorf("read what Terraform was asked for: %w", err)
	}
	return in, nil
}

func (in *intent) save(file string) error { return writeJSON(file, in) }

// forget drops nodes.
func (in *intent) forget(names map[string]bool) {
	maps.DeleteFunc(in.Nodes, func(name string, _ *nodeEntry) bool { return names[name] })
}

// leaving are the nodes that are to go.
func (in *intent) leaving() map[string]bool {
	out := map[string]bool{}
	for name, n := range in.Nodes {
		if n.Leaving {
			out[name] = true
		}
	}
	return out
}

// tags are those that every resource of the cluster should carry.
func (in *intent) tags() map[string]string {
	return map[string]string{providers.TagCluster: string(in.ID), providers.TagName: string(in.Name)}
}

// values are the variables that the module declared, by name, with the nodes
// that are to go or without.
func (in *intent) values(c *contract, all bool) map[string]any {
	nodes, data := map[string]nodeVars{}, map[string]string{}
	for name, n := range in.Nodes {
		if all || !n.Leaving {
			nodes[name], data[name] = n.Vars, n.UserData
		}
	}
	sshFrom := in.SSHFrom
	if sshFrom == nil {
		sshFrom = []string{} // not null: modules iterate over it
	}
	values := map[string]any{
		"admin_user": bootdata.AdminUser, "cluster_id": in.ID, "cluster_name": in.Name, "nodes": nodes, "user_data": data,
		"authorized_key": in.Access.AuthorizedKey, "host_key": in.Access.HostKey, "host_key_public": in.Access.HostKeyPublic,
		"ssh_from": sshFrom, "tags": in.tags(),
	}
	maps.DeleteFunc(values, func(name string, _ any) bool { return !c.has(name) })
	return values
}

// entry describes one node of a launch.
func (in *intent) entry(req providers.LaunchRequest, n providers.NodeRequest, now time.Time) (*nodeEntry, error) {
	settings := schema.Values(n.Group.Settings)
	data, err := bootdata.CloudInit(bootdata.Config{Access: req.Access, Expires: req.Expires, UserData: settings.String("user_data")})
	if err != nil {
		return nil, err
	}
	v := nodeVars{
		Name: string(n.Name), Group: string(n.Group.Name), MachineType: n.Group.MachineType, Image: n.Image,
		Frontend: n.Frontend, Spot: n.Group.Spot, Devices: n.Group.Needs.Devices, Attempt: req.Token,
		Attributes: map[string]string{}, Tags: in.tags(),
	}
	if v.Devices == nil {
		v.Devices = []string{}
	}
	if d := n.Group.BootDisk; d != nil {
		v.BootDiskGB, v.BootDiskType = d.SizeGB, d.Type
	}
	if g := n.Group.GPU; g != nil {
		v.GPUType, v.GPUCount = g.Type, g.Count
	}
	for name, value := range settings.Map("attributes") {
		v.Attributes[name] = fmt.Sprint(value)
	}
	if !req.Expires.IsZero() {
		v.Expires = req.Expires.UTC().Format(time.RFC3339)
	}
	maps.Copy(v.Tags, map[string]string{
		providers.TagNode: v.Name, providers.TagGroup: v.Group, providers.TagAttempt: v.Attempt,
	})
	return &nodeEntry{Vars: v, UserData: base64.StdEncoding.EncodeToString(data), Created: now.UTC()}, nil
}

// writeJSON replaces a file that only its owner may read.
func writeJSON(file string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		err = renameio.WriteFile(file, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}
