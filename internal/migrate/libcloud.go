package migrate

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

// chooseLibcloud finds what a driver of Libcloud is here: a provider of
// ecluster's own where there is one, else a Terraform module.
func (w *clusterWriter) chooseLibcloud() bool {
	o := w.source.find("driver_name")
	if o == nil {
		w.diags = append(w.diags, fail(&w.source.at, "Libcloud without a driver", "[%s] has no driver_name=NAME.", w.source.name)...)
		return false
	}
	driver := strings.ToLower(w.settled(o))
	switch {
	case strings.HasPrefix(driver, "ec2"):
		w.alias("region", "ec2_region")
		w.alias("key", "ec2_access_key")
		w.alias("secret", "ec2_secret_key")
		w.cloud = awsCloud{}
	case driver == "gce":
		w.alias("project", "gce_project_id")
		w.alias("datacenter", "zone")
		w.alias("user_id", "gce_client_id")
		w.alias("key", "gce_client_secret")
		w.cloud = googleCloud{}
	case driver == "azure_arm":
		w.alias("key", "client_id")
		w.alias("region", "location")
		w.cloud = azureCloud{}
	case driver == "openstack":
		w.cloud = openstackCloud{}
	default:
		w.cloud = moduleCloud{driver}
	}
	return true
}

// alias gives an option of Libcloud the name that ElastiCluster's own provider
// has for it.
func (w *clusterWriter) alias(from, to string) {
	if o := w.source.find(from); o != nil && w.source.find(to) == nil {
		copied := *o
		copied.key, copied.origin = to, o
		w.source.set(&copied)
	}
}

// moduleCloud is a cloud for which somebody has to write a Terraform module.
type moduleCloud struct{ name string }

func (moduleCloud) kind() string  { return "terraform" }
func (moduleCloud) aliases() bool { return false }

func (c moduleCloud) provider(w *clusterWriter, b *body) {
	folder := "./" + identifier(c.name)
	b.comment("No module for this cloud comes with ecluster. Write one in " + folder + ", for the cloud's")
	b.comment("Terraform provider; docs/providers/terraform.md says what it must offer. Credentials")
	b.comment("are that provider's own, from the environment.")
	w.note("", w.source.find("provider"), Todo, "no Terraform module for %q comes with ecluster: write one (docs/providers/terraform.md)", c.name)
	b.attr("module", str(folder))
	var vars []pair
	for _, o := range w.source.options {
		switch {
		case o.key == "provider" || o.key == "driver_name" || o.origin != nil:
		case w.cfg.secret(o):
			w.note("", o, Secret, "give it to the cloud's Terraform provider through the environment")
		default:
			w.note("", o, Changed, "the module gets it as a variable; declare it there, or delete it here")
			vars = append(vars, pair{identifier(o.key), w.expression(o)})
		}
	}
	if len(vars) > 0 {
		b.attr("variables", object(vars))
	}
}

func (moduleCloud) image(_ *clusterWriter, _ *option, value string) hclwrite.Tokens {
	return text(value)
}

func (moduleCloud) node(w *clusterWriter, g *group, b *body) {
	w.bootDisk(g, b, "boot_disk_type")
	var attrs []pair
	for _, key := range []string{"network_ids", "security_group"} {
		if o := w.option(g, key); o != nil {
			attrs = append(attrs, pair{key, w.expression(o)})
		}
	}
	if len(attrs) > 0 {
		b.comment("For the module, with each node: nodes[*].attributes")
		b.attr("attributes", object(attrs))
	}
}
