package migrate

import (
	"regexp"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

// openstackCloud is OpenStack through the Terraform module that comes with
// ecluster.
type openstackCloud struct{}

func (openstackCloud) kind() string  { return "terraform" }
func (openstackCloud) aliases() bool { return false }

func (openstackCloud) provider(w *clusterWriter, b *body) {
	b.comment("Credentials: as the openstack command (OS_CLOUD and clouds.yaml, or the openrc file with")
	b.comment("OS_AUTH_URL, OS_USERNAME, OS_PASSWORD and so on). It needs terraform or tofu.")
	w.credentials("it belongs into clouds.yaml, or the openrc file of your cloud (OS_...)",
		"auth_url", "username", "password", "user_domain_name", "project_domain_name", "project_name", "region_name",
		"cacert", "identity_api_version",
		// The names that Libcloud's driver has for them.
		"ex_force_auth_url", "ex_tenant_name", "ex_force_auth_version", "ex_domain_name", "ex_force_service_region", "api_version")
	w.dropped(w.source, "Terraform's provider chooses the versions of the API",
		"compute_api_version", "image_api_version", "network_api_version", "volume_api_version", "nova_api_version")
	w.dropped(w.source, "say it when you start: --boot-timeout", "build_timeout")
	b.attr("module", str("openstack"))

	for _, g := range w.groups {
		if o := w.option(g, "network_ids"); o != nil {
			for _, id := range words(w.value(o)) {
				w.byName(o, id, "network")
			}
		}
	}
	var vars []pair
	var net body
	w.network(&net, "network")
	for _, it := range net.items {
		vars = append(vars, pair{it.name, it.value})
	}
	if o := w.option(w.frontend, "floating_network_id"); o != nil {
		w.byName(o, w.settled(o), "network")
		vars = append(vars, pair{"external_network", w.expression(o)})
	}
	if o := w.source.find("availability_zone"); o != nil {
		vars = append(vars, pair{"availability_zone", w.expression(o)})
	}
	if o := w.source.find("use_anti_affinity_groups"); o != nil && isYes(w.settled(o)) {
		vars = append(vars, pair{"server_group_policy", str("soft-anti-affinity")})
	}
	floating := w.option(w.frontend, "request_floating_ip")
	if floating == nil {
		floating = w.source.find("request_floating_ip")
	}
	if floating == nil || !isYes(w.settled(floating)) {
		vars = append(vars, pair{"floating_ip", boolean(false)})
	}
	b.attr("variables", object(vars))
}

func (openstackCloud) image(w *clusterWriter, o *option, value string) hclwrite.Tokens {
	w.byName(o, value, "image")
	return text(value)
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// byName says that the module finds things by their names: ElastiCluster wanted
// their ids.
func (w *clusterWriter) byName(o *option, value, what string) {
	if uuid.MatchString(value) {
		w.note(w.name, o, Todo, "the Terraform module wants the name, not the id: openstack %s show %s -f value -c name", what, value)
	}
}

func (openstackCloud) node(w *clusterWriter, g *group, b *body) {
	w.bootDisk(g, b, "boot_disk_type")
	if g == w.frontend {
		return
	}
	if o := w.option(g, "request_floating_ip"); o != nil && isYes(w.settled(o)) {
		w.note(w.name, o, Changed, "the frontend alone has a floating address; the others are reached through it")
	}
	if o := w.option(g, "floating_network_id"); o != nil {
		o.use()
	}
}
