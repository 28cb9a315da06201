package azure

import (
	"errors"
	"fmt"
	"math"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

const placementProximity = "proximity"

// maxTags leaves room for ours: Azure allows 50 on a resource.
const maxTags = 40

func groupSchema() schema.Schema {
	disk := cty.ObjectWithOptionalAttrs(map[string]cty.Type{"size_gb": cty.Number, "type": cty.String}, []string{"type"})
	return schema.Schema{
		Doc: "What the virtual machines of a group have beside machine_type, image, spot, boot_disk and gpu.",
		Attrs: []schema.Attr{
			{
				Name: "zones", Type: cty.List(cty.String), Check: checkZones,
				Doc: "Availability zones to try in this order, instead of the provider's.",
			},
			{
				Name: "machine_types", Type: cty.List(cty.String),
				Doc: "Other machine types to try, in this order, when machine_type is sold out in all zones.",
			},
			{
				Name: "disks", Type: cty.List(disk), Check: checkDisks,
				Doc: `Empty data disks that are deleted with the node: [{ size_gb = 512, type = "Premium_LRS" }].`,
			},
			{
				Name: "accelerated_networking", Type: cty.Bool,
				Doc: "Whether the network card bypasses the host. Default: yes where the machine type can.",
			},
			{
				Name: "placement", Type: cty.String, OneOf: []string{placementProximity},
				Doc: `"proximity" puts the nodes of the group close together, in one proximity placement group.`,
			},
			{
				Name: "identity", Type: cty.List(cty.String), Owned: schema.OwnedUnless(), Check: checkIdentities,
				Doc: "Resource ids of user-assigned managed identities. One that may delete machines lets nodes delete themselves when limits.ttl ends.",
			},
			{Name: "tags", Type: cty.Map(cty.String), Check: checkTags, Doc: "Your own tags for everything that the group is made of."},
			{Name: "user_data", Type: cty.String, Doc: "Your own data for cloud-init (cloud-config, or a script with #!), run after ecluster's; at most about 60 KB."},
			{Name: "public_address", Type: cty.Bool, Doc: "Whether the nodes have a public address, instead of the provider's public_address."},
			{
				Name: "max_price", Type: cty.Number, Check: checkPrice,
				Doc: "What a spot node may cost at most, in USD an hour. Default: up to the full price.",
			},
		},
	}
}

func checkDisks(v any) error {
	disks := disksOf(schema.Values{"disks": v})
	if len(disks) > 64 {
		return fmt.Errorf("%d disks are more than any machine can have (64)", len(disks))
	}
	for i, d := range disks {
		if d.SizeGB < 1 || d.SizeGB > 65536 {
			return fmt.Errorf("disk %d has size_gb = %d; it must be between 1 and 65536", i+1, d.SizeGB)
		}
	}
	return nil
}

func checkIdentities(v any) error {
	for _, id := range (schema.Values{"i": v}).Strings("i") {
		if err := checkID("/providers/Microsoft.ManagedIdentity/userAssignedIdentities/")(id); err != nil {
			return err
		}
	}
	return nil
}

func checkTags(v any) error {
	m, _ := v.(map[string]any)
	if len(m) > maxTags {
		return fmt.Errorf("%d tags are too many; %d fit beside ecluster's own", len(m), maxTags)
	}
	for k, v := range m {
		if err := checkTag(k, fmt.Sprint(v)); err != nil {
			return err
		}
	}
	return nil
}

func checkPrice(v any) error {
	if p := (schema.Values{"p": v}).Float("p"); p <= 0 {
		return errors.New("must be more than 0; leave it out to pay up to the full price")
	}
	return nil
}

// groupConfig is the decoded part of a group that is Azure's own.
type groupConfig struct {
	zones       []string
	types       []string // machine_type and its alternatives
	disks       []cluster.Disk
	accelerated *bool
	proximity   bool
	identity    []string
	tags        map[string]string
	userData    string
	public      bool
	maxPrice    float64 // -1: up to the full price
}

func (c config) group(g cluster.Group) groupConfig {
	v := schema.Values(g.Settings)
	out := groupConfig{
		zones: v.Strings("zones"), types: append([]string{g.MachineType}, v.Strings("machine_types")...),
		disks: disksOf(v), proximity: v.String("placement") == placementProximity, identity: v.Strings("identity"),
		tags: map[string]string{}, userData: v.String("user_data"), public: c.public, maxPrice: -1,
	}
	if len(out.zones) == 0 {
		out.zones = c.zones
	}
	if b, set := v["accelerated_networking"].(bool); set {
		out.accelerated = &b
	}
	if b, set := v["public_address"].(bool); set {
		out.public = b
	}
	if p := v.Float("max_price"); p > 0 {
		out.maxPrice = math.Round(p*1e5) / 1e5 // Azure takes five decimals
	}
	for k, t := range v.Map("tags") {
		out.tags[k] = fmt.Sprint(t)
	}
	return out
}

func disksOf(v schema.Values) []cluster.Disk {
	list, _ := v["disks"].([]any)
	var out []cluster.Disk
	for _, e := range list {
		m, _ := e.(map[string]any)
		out = append(out, cluster.Disk{SizeGB: schema.Values(m).Int("size_gb"), Type: schema.Values(m).String("type")})
	}
	return out
}
