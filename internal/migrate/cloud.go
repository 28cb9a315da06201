package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/ecluster/ecluster/internal/schema"
)

// cloud converts what is different from cloud to cloud.
type cloud interface {
	// kind is ecluster's name of the provider.
	kind() string
	// aliases says whether images have names such as debian-13 there.
	aliases() bool
	// provider writes the inside of the provider block of a cluster.
	provider(w *clusterWriter, b *body)
	// node writes what a group of nodes has beside its count, type and image.
	node(w *clusterWriter, g *group, b *body)
	// image writes the name of an image as the provider takes it.
	image(w *clusterWriter, o *option, value string) hclwrite.Tokens
}

// chooseCloud finds the provider of the cluster.
func (w *clusterWriter) chooseCloud() bool {
	o := w.source.find("provider")
	known := []string{"azure", "ec2_boto", "google", "libcloud", "opennebula", "openstack"}
	if o == nil {
		w.diags = append(w.diags, fail(&w.source.at, "Cloud without provider", "[%s] has no provider=NAME; the names are %s.", w.source.name, strings.Join(known, ", "))...)
		return false
	}
	switch name := w.settled(o); name {
	case "azure":
		w.cloud = azureCloud{}
	case "ec2_boto":
		w.cloud = awsCloud{}
	case "google":
		w.cloud = googleCloud{}
	case "openstack":
		w.cloud = openstackCloud{}
	case "opennebula":
		w.cloud = moduleCloud{"opennebula"}
	case "libcloud":
		return w.chooseLibcloud()
	default:
		w.diags = append(w.diags, fail(&o.at, "Unknown provider", "ElastiCluster has no provider %q. %s", printable(name), schema.DidYouMean(name, known))...)
		return false
	}
	return true
}

// clouds are the provider blocks of all clusters. Clusters with the same
// settings share one.
type clouds struct {
	body  body
	taken map[string]string // the text of each block, by alias
}

// use returns the alias of the provider block of a cluster, and writes the block
// unless another cluster has the same one.
func (c *clouds) use(w *clusterWriter) string {
	_, name, _ := w.source.split()
	alias := identifier(name)
	var inside body
	w.cloud.provider(w, &inside)
	key := w.cloud.kind() + "\n" + string(render(&inside))
	for other, text := range c.taken {
		if text == key && (other == alias || strings.HasPrefix(other, alias+"_")) {
			return other
		}
	}
	base := alias
	for n := 2; c.taken[alias] != ""; n++ {
		if alias = base + "_" + identifier(w.name); c.taken[alias] != "" {
			alias = fmt.Sprintf("%s_%d", base, n)
		}
	}
	c.taken[alias] = key
	if len(c.body.items) > 0 {
		c.body.comment("")
	}
	c.body.comment(fmt.Sprintf("[%s] (%s)", w.source.name, place(w.source.at)))
	if alias != w.cloud.kind() {
		inside.items = slices.Insert(inside.items, 0, item{name: "alias", value: str(alias), note: "the NAME in provider = provider.NAME"})
	}
	c.body.block("provider", w.cloud.kind()).body = inside
	return alias
}

// render returns the file of the provider blocks.
func (c *clouds) render(path string) []byte {
	var b body
	b.comment("The clouds of your clusters, from " + path + ".")
	b.comment("Written by \"ecluster migrate\"; it is yours now. It holds no secrets: the comments")
	b.comment("say where each cloud's credentials come from.")
	b.comment("")
	b.items = append(b.items, c.body.items...)
	return render(&b)
}

// credentials notes options that are secrets, or go with them.
func (w *clusterWriter) credentials(reason string, keys ...string) {
	for _, key := range keys {
		if o := w.source.find(key); o != nil {
			kind := Changed
			if w.cfg.secret(o) {
				kind = Secret
			}
			w.note("", o, kind, "%s", reason)
		}
	}
}

// take writes an option of the cloud under ecluster's name for it.
func (w *clusterWriter) take(b *body, key, name string) {
	if o := w.source.find(key); o != nil {
		b.attr(name, w.expression(o))
	}
}

// dropped notes options without a counterpart.
func (w *clusterWriter) dropped(s *section, reason string, keys ...string) {
	for _, key := range keys {
		if o := s.find(key); o != nil {
			w.note("", o, Dropped, "%s", reason)
		}
	}
}

// droppedOf is dropped for a group of nodes.
func (w *clusterWriter) droppedOf(g *group, reason string, keys ...string) {
	for _, key := range keys {
		if o := w.option(g, key); o != nil {
			w.note(w.name, o, Dropped, "%s", reason)
		}
	}
}

// words splits a list with commas.
func words(s string) []string {
	var out []string
	for e := range strings.SplitSeq(s, ",") {
		if e = strings.TrimSpace(e); e != "" {
			out = append(out, e)
		}
	}
	return out
}
