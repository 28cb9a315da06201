package aws

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

var diskType = cty.ObjectWithOptionalAttrs(map[string]cty.Type{
	"size_gb": cty.Number, "type": cty.String, "iops": cty.Number, "throughput": cty.Number,
}, []string{"type", "iops", "throughput"})

func groupSchema() schema.Schema {
	return schema.Schema{
		Doc: "EC2 instances. Instance-store disks of the machine type are always attached.",
		Attrs: []schema.Attr{
			{
				Name: "zones", Type: cty.List(cty.String), Check: each(matches(zoneForm, `an availability zone such as "eu-central-1a"`)),
				Doc: "Availability zones, tried in this order; instead of the provider's.",
			},
			{
				Name: "machine_types", Type: cty.List(cty.String), Check: each(matches(typeForm, `an instance type such as "c7i.4xlarge"`)),
				Doc: "Other machine types, tried in this order when no zone has the first.",
			},
			{
				Name: "disks", Type: cty.List(diskType), Optional: &typeexpr.Defaults{
					Type: cty.List(diskType),
					Children: map[string]*typeexpr.Defaults{"": {
						Type: diskType, DefaultValues: map[string]cty.Value{"type": cty.StringVal(defaultDisk)},
					}},
				}, Check: checkDisks,
				Doc: "Further EBS volumes of each node: size_gb, type (default gp3), iops, throughput (MiB/s). They are empty, and go with the node.",
			},
			{Name: "efa", Type: cty.Bool, Doc: "Give each node an Elastic Fabric Adapter; the machine type must have it."},
			{
				Name: "placement", Type: cty.String, OneOf: []string{"cluster", "spread"},
				Doc: `Placement group: "cluster" puts nodes close together for fast messages, "spread" on different hardware (at most 7 nodes a zone).`,
			},
			{Name: "instance_profile", Type: cty.String, Owned: schema.OwnedUnless(), Doc: "Name or ARN of the instance profile whose role root has on the nodes. Default: none."},
			{Name: "tags", Type: cty.Map(cty.String), Check: checkTags, Doc: "Further tags of the nodes."},
			{Name: "user_data", Type: cty.String, Doc: "Cloud-init data of your own: a cloud-config or a script. It runs after ecluster's."},
			{Name: "public_address", Type: cty.Bool, Doc: "Whether nodes have a public address; instead of the provider's."},
			{Name: "max_price", Type: cty.Number, Check: checkPrice, Doc: "Highest price of a spot node, in US dollars an hour. Default: the price on demand."},
			{Name: "threads_per_core", Type: cty.Number, Check: schema.Whole(1, 2), Doc: "1 turns simultaneous multithreading off. Default: as the machine type has it."},
			{Name: "cores", Type: cty.Number, Check: schema.Whole(1, 1024), Doc: "Cores that are used, where licences count them. Default: all."},
		},
	}
}

func checkDisks(v any) error {
	list, _ := v.([]any)
	if len(list) > maxDisks {
		return fmt.Errorf("must be at most %d disks, not %d", maxDisks, len(list))
	}
	for i, item := range list {
		m, _ := item.(map[string]any)
		if err := schema.Whole(1, 64<<10)(m["size_gb"]); err != nil {
			return fmt.Errorf("size_gb of disk %d %w", i+1, err)
		}
		if t, has := m["type"].(string); has && !slices.Contains(diskTypes, t) {
			return fmt.Errorf("type of disk %d can't be %q. %s", i+1, t, schema.DidYouMean(t, diskTypes))
		}
	}
	return nil
}

func checkPrice(v any) error {
	if p, _ := v.(float64); p <= 0 {
		return fmt.Errorf("must be dollars an hour, more than 0, not %v", v)
	}
	return nil
}

// groupSettings are a group's decoded attributes.
type groupSettings struct {
	zones, types  []string
	disks         []disk
	efa           bool
	placement     string
	profile       string
	tags          map[string]string
	userData      string
	public        bool
	maxPrice      float64 // 0 is the price on demand
	threads, core int
}

// of decodes the attributes of a group, with the provider's where it has none.
func (s settings) of(g cluster.Group) groupSettings {
	v := schema.Values(g.Settings)
	out := groupSettings{
		zones: v.Strings("zones"), types: []string{g.MachineType},
		efa: v.Bool("efa"), placement: v.String("placement"), profile: v.String("instance_profile"),
		tags: textMap(v.Map("tags")), userData: v.String("user_data"), maxPrice: v.Float("max_price"),
		public: s.public, threads: v.Int("threads_per_core"), core: v.Int("cores"),
	}
	for _, t := range v.Strings("machine_types") {
		if !slices.Contains(out.types, t) {
			out.types = append(out.types, t)
		}
	}
	if len(out.zones) == 0 {
		out.zones = s.zones
	}
	if _, has := v["public_address"]; has {
		out.public = v.Bool("public_address")
	}
	list, _ := v["disks"].([]any)
	for _, item := range list {
		m, _ := item.(map[string]any)
		d := schema.Values(m)
		kind := d.String("type")
		if kind == "" {
			kind = defaultDisk
		}
		out.disks = append(out.disks, disk{sizeGB: d.Int("size_gb"), iops: d.Int("iops"), throughput: d.Int("throughput"), kind: kind})
	}
	return out
}

// place is one way to launch nodes of a group.
type place struct {
	machineType string
	zone        string // "" is the first that offers the type
}

// places are all ways to launch nodes of a group, the best first: the wanted
// machine type in each zone, then the next.
func (s settings) places(g cluster.Group) []place {
	gs := s.of(g)
	zones := gs.zones
	if len(zones) == 0 {
		zones = []string{""}
	}
	out := make([]place, 0, len(zones)*len(gs.types))
	for _, t := range gs.types {
		for _, z := range zones {
			out = append(out, place{machineType: t, zone: z})
		}
	}
	return out
}

var _ providers.Placer = (*Driver)(nil)

// Places implements providers.Placer.
func (d *Driver) Places(g cluster.Group) int { return len(d.s.places(g)) }
