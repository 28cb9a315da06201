package azure

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// maxName is what a virtual machine that runs Linux may be called.
const maxName = 64

// prefix begins the names of everything that belongs to a cluster; its
// resource group, where it has one, is called just that.
func prefix(id cluster.ID) string { return "ecluster-" + string(id) }

// Names of what is shared. None can be that of a machine, whose name ends in
// three digits or in a hash.
func (d *Driver) nsgName(id cluster.ID) string   { return prefix(id) + "-nsg" }
func (d *Driver) asgName(id cluster.ID) string   { return prefix(id) + "-asg" }
func (d *Driver) netName(id cluster.ID) string   { return prefix(id) + "-net" }
func (d *Driver) natName(id cluster.ID) string   { return prefix(id) + "-nat" }
func (d *Driver) natIPName(id cluster.ID) string { return prefix(id) + "-nat-ip" }

// proximityName is one for each zone: the machines of one are in one building.
func (d *Driver) proximityName(id cluster.ID, g cluster.GroupName, zone string) string {
	name := fmt.Sprintf("%s-%s-near", prefix(id), g)
	if zone != "" {
		name += "-z" + zone
	}
	return name
}

const subnetName = "nodes"

// resourceGroup is where a cluster's resources are.
func (d *Driver) resourceGroup(id cluster.ID) string {
	if d.config.resourceGroup != "" {
		return d.config.resourceGroup
	}
	return prefix(id)
}

// machineName is the same for every attempt, so that a node has one machine at
// a time. Long names are cut and made unique.
func machineName(id cluster.ID, n cluster.NodeName) string {
	name := prefix(id) + "-" + string(n)
	if len(name) <= maxName {
		return name
	}
	return name[:maxName-11] + "-" + short(name) // 10 characters of hash
}

// diskName differs from attempt to attempt: the disk of a machine that is on
// its way out must not be in the way of the next.
func diskName(machine, token, use string) string {
	return machine + "-" + use + "-" + short(token)[:6]
}

func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:5])
}

// instanceID tells machines of the same name apart that were made one after
// the other.
func instanceID(machine, token string) cluster.InstanceID {
	if token == "" {
		return cluster.InstanceID(machine)
	}
	return cluster.InstanceID(machine + "/" + token)
}

// id returns the ARM id of a resource in the resource group of a cluster.
func (d *Driver) id(c cluster.ID, kind, name string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/%s/%s", d.config.subscription, d.resourceGroup(c), kind, name)
}

// subnetID is where the nodes of a cluster are.
func (d *Driver) subnetID(c cluster.ID) string {
	if d.config.subnet != "" {
		return d.config.subnet
	}
	return d.id(c, "Microsoft.Network/virtualNetworks", d.netName(c)) + "/subnets/" + subnetName
}

// tags are on everything of a cluster; own are the user's, which never replace
// ours.
func tags(id cluster.ID, name cluster.Name, own map[string]string) map[string]*string {
	out := make(map[string]*string, len(own)+5)
	for k, v := range own {
		out[k] = new(v)
	}
	out[providers.TagCluster] = new(string(id))
	if name != "" {
		out[providers.TagName] = new(string(name))
	}
	return out
}

func nodeTags(req providers.LaunchRequest, n providers.NodeRequest, own map[string]string) map[string]*string {
	out := tags(req.ID, req.Name, own)
	maps.Copy(out, map[string]*string{
		providers.TagNode:    new(string(n.Name)),
		providers.TagGroup:   new(string(n.Group.Name)),
		providers.TagAttempt: new(req.Token),
	})
	return out
}

// tag reads one; names of tags have no case.
func tag(tags map[string]*string, name string) string {
	if v := tags[name]; v != nil {
		return *v
	}
	for k, v := range tags {
		if v != nil && strings.EqualFold(k, name) {
			return *v
		}
	}
	return ""
}

func checkTag(name, value string) error {
	switch {
	case strings.HasPrefix(strings.ToLower(name), "ecluster-"):
		return fmt.Errorf("%q begins like ecluster's own tags; choose another name", name)
	case name == "" || len(name) > 512 || strings.ContainsAny(name, `<>%&\?/`):
		return fmt.Errorf(`%q can't be the name of a tag: 1 to 512 characters, without <>%%&\?/`, name)
	case len(value) > 256:
		return fmt.Errorf("the value of %q has %d characters; 256 fit", name, len(value))
	}
	return nil
}

// val is what a pointer of the SDK leads to, or the zero value.
func val[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
