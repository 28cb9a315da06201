package spec

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
)

// Defaults of the language.
const (
	defaultBatch     = 10
	defaultFrontend  = "frontend"
	defaultMaxNodes  = 1000
	defaultLoginUser = "ecluster"
	defaultLoginUID  = 2000
)

// maxCount keeps sums of counts in range; limits.max_nodes is what matters.
const maxCount = 1_000_000

// ClusterSchema is the content of a cluster block. group holds the provider's
// own attributes of a node group.
func ClusterSchema(group schema.Schema) schema.Schema {
	return schema.Schema{
		Doc: "One cluster.",
		Attrs: []schema.Attr{
			{Name: "provider", Type: cty.String, Required: true, Doc: "Where it runs: provider.NAME."},
			{Name: "image", Type: cty.String, Doc: "What the nodes boot: an alias such as debian-13, or the provider's own name of an image."},
			{Name: "batch_size", Type: cty.Number, Default: defaultBatch, Check: schema.Whole(1, 1000), Doc: "Nodes that one call to the cloud asks for."},
			{Name: "frontend", Type: cty.String, Default: defaultFrontend, Doc: "The node group that users log in to."},
			{Name: "timezone", Type: cty.String, Doc: "Time zone of all nodes, such as Europe/Zurich."},
		},
		Blocks: []schema.Block{
			{Name: "node_group", Labels: []string{"name"}, Many: true, Schema: groupSchema(group)},
			{Name: "scheduler", Labels: []string{"kind"}, Many: true, Raw: true, Schema: slurmSchema()},
			{Name: "share", Labels: []string{"path"}, Many: true, Raw: true, Schema: shareSchema()},
			{Name: "scratch", Schema: scratchSchema()},
			{Name: "role", Labels: []string{"name"}, Many: true, Raw: true, Schema: roleSchema()},
			{Name: "network", Schema: networkSchema()},
			{Name: "limits", Schema: limitsSchema()},
			{Name: "login", Schema: loginSchema()},
		},
	}
}

// groupSchema is a node group with the provider's attributes; where both have
// one of the same name, it is the language's.
func groupSchema(own schema.Schema) schema.Schema {
	s := schema.Schema{
		Doc: "Nodes of one shape and purpose.",
		Attrs: []schema.Attr{
			{Name: "count", Type: cty.Number, Required: true, Check: schema.Whole(0, maxCount), Doc: "How many nodes."},
			{Name: "min_count", Type: cty.Number, Check: schema.Whole(0, maxCount), Doc: "How many must become ready; fewer is a failure. Default: all."},
			{Name: "machine_type", Type: cty.String, Doc: "The provider's name of a kind of machine."},
			{Name: "image", Type: cty.String, Doc: "What these nodes boot; default: the cluster's image."},
			{Name: "spot", Type: cty.Bool, Doc: "Cheaper machines that the cloud may take back."},
		},
		Blocks: []schema.Block{
			{Name: "boot_disk", Schema: schema.Schema{
				Doc: "The disk that a node boots from.",
				Attrs: []schema.Attr{
					{Name: "size_gb", Type: cty.Number, Check: schema.Whole(1, 65536), Doc: "Size in GB."},
					{Name: "type", Type: cty.String, Doc: "The provider's name of a kind of disk."},
				},
			}},
			{Name: "gpu", Schema: schema.Schema{
				Doc: "The accelerators of each node.",
				Attrs: []schema.Attr{
					{Name: "type", Type: cty.String, Required: true, Doc: "The provider's name of the accelerator."},
					{Name: "count", Type: cty.Number, Default: 1, Check: schema.Whole(1, 64), Doc: "How many in each node."},
				},
			}},
			{Name: "scratch", Schema: scratchSchema()},
			{Name: "role", Labels: []string{"name"}, Many: true, Raw: true, Schema: roleSchema()},
		},
	}
	for _, a := range own.Attrs {
		if !slices.ContainsFunc(s.Attrs, func(b schema.Attr) bool { return a.Name == b.Name }) {
			s.Attrs = append(s.Attrs, a)
		}
	}
	for _, b := range own.Blocks {
		if !slices.ContainsFunc(s.Blocks, func(c schema.Block) bool { return b.Name == c.Name }) {
			s.Blocks = append(s.Blocks, b)
		}
	}
	return s
}

func shareSchema() schema.Schema {
	return schema.Schema{
		Doc: "A file system that all nodes mount, at the path of the label.",
		Attrs: []schema.Attr{
			{Name: "type", Type: cty.String, Default: shareVolume, Doc: "volume (the provider mounts it), or a kind of file system."},
			{Name: "server", Type: cty.String, Doc: "The node group that serves it. Default: the frontend."},
			{Name: "keep", Type: cty.Bool, Default: false, Doc: "Its data outlive the cluster."},
		},
	}
}

// roleSchema is what every role block accepts beside the role's parameters.
func roleSchema() schema.Schema {
	return schema.Schema{
		Doc: "Something more that is installed; the other attributes are the role's own.",
		Attrs: []schema.Attr{
			{Name: "on", Type: cty.List(cty.String), Doc: "The node groups that get it. Default: all (within a node group: that group)."},
			{Name: "when", Type: cty.Bool, Default: true, Doc: "false leaves it out."},
		},
	}
}

func networkSchema() schema.Schema {
	return schema.Schema{
		Doc: "Who may reach the cluster.",
		Attrs: []schema.Attr{{
			Name: "ssh_from", Type: cty.List(cty.String), Default: []string{"auto"}, Check: CheckSSHFrom,
			Doc: "Networks that may log in: \"192.0.2.0/24\"; \"auto\" is the address that this machine is seen from.",
		}},
	}
}

func limitsSchema() schema.Schema {
	return schema.Schema{
		Doc: "What protects your grant.",
		Attrs: []schema.Attr{
			{Name: "ttl", Type: cty.String, Check: checkTTL, Doc: "The cluster's life: \"12h\"; \"none\" is without end. Default: that of the user's config.hcl, else without end."},
			{Name: "max_nodes", Type: cty.Number, Default: defaultMaxNodes, Check: schema.Whole(1, 60000), Doc: "More nodes than this are refused."},
			{Name: "ask_above_price", Type: cty.Number, Check: schema.Price, Doc: "Above this price an hour, in the provider's currency, start and resize ask first. Default: that of the user's config.hcl, else never."},
		},
	}
}

func loginSchema() schema.Schema {
	return schema.Schema{
		Doc: "The ordinary user who exists on every node.",
		Attrs: []schema.Attr{
			{Name: "user", Type: cty.String, Default: defaultLoginUser, Check: checkUser, Doc: "Its name."},
			{Name: "uid", Type: cty.Number, Default: defaultLoginUID, Check: schema.Whole(1000, 59999), Doc: "Its number, the same on all nodes."},
			{Name: "sudo", Type: cty.Bool, Default: false, Doc: "It may become root."},
		},
	}
}
