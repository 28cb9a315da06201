package migrate

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

type azureCloud struct{}

func (azureCloud) kind() string  { return "azure" }
func (azureCloud) aliases() bool { return true }

func (azureCloud) provider(w *clusterWriter, b *body) {
	b.comment("Credentials: az login; or, for a service principal, AZURE_TENANT_ID, AZURE_CLIENT_ID")
	b.comment("and AZURE_CLIENT_SECRET in the environment.")
	w.credentials("log in with az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET", "tenant_id", "client_id", "secret")
	w.take(b, "subscription_id", "subscription_id")
	o := w.section.find("location")
	if o == nil {
		o = w.source.find("location")
	} else if other := w.source.find("location"); other != nil {
		other.use()
	}
	if o != nil {
		b.attr("location", str(strings.ToLower(strings.ReplaceAll(w.settled(o), " ", ""))))
	} else {
		b.noted("location", str("westus"), "ElastiCluster's default")
	}
	w.dropped(w.source, "ecluster makes what it needs without templates of ARM", "vm_deployment_template", "net_deployment_template")
	w.dropped(w.source, "ElastiCluster itself takes it no more", "certificate", "wait_timeout")
}

func (azureCloud) image(_ *clusterWriter, _ *option, value string) hclwrite.Tokens {
	if p := strings.Split(value, "/"); len(p) == 4 && p[0] != "" {
		return text(strings.Join(p, ":"))
	}
	return text(value)
}

func (azureCloud) node(w *clusterWriter, g *group, b *body) {
	w.bootDisk(g, b, "storage_account_type")
	w.droppedOf(g, "networks belong to the provider block: subnet", "network_ids")
}
