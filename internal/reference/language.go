package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/spec"
)

// specPage describes the language of specs, and the user's settings.
func specPage(l spec.Language, settings schema.Schema) string {
	p := begin("Reference: the spec", "Every block and every attribute of a spec, with its type and its default. "+
		"For the settings of each provider see [providers.md](providers.md), for the parameters of roles [roles.md](roles.md). "+
		"[The tour](../tour.md) is a better place to begin.")
	p.heading(2, "The file")
	p.text("%s", l.File.Doc)
	p.blocks(l.File.Blocks)
	for _, b := range l.File.Blocks {
		if b.Name != "cluster" {
			p.block(3, b)
		}
	}

	p.heading(2, "cluster")
	p.text("%s", l.Cluster.Doc)
	p.attrs(l.Cluster.Attrs)
	p.blocks(l.Cluster.Blocks)
	for _, b := range l.Cluster.Blocks {
		switch b.Name {
		case "scheduler":
			for _, k := range l.Schedulers {
				p.kind("scheduler", k)
			}
		case "share":
			p.shares(b, l.Shares)
		default:
			p.block(3, b)
		}
	}

	p.heading(2, "config.hcl")
	p.text("%s [More](../config.md)", settings.Doc)
	p.contents(settings)

	p.heading(2, "Functions")
	p.text("What expressions may call. A name that ends in … stands for any number of arguments.")
	p.WriteString("\n| Function | What it does |\n|---|---|\n")
	for _, f := range l.Functions {
		p.printf("| `%s(%s)` | %s |\n", f.Name, strings.Join(f.Params, ", "), Cell(f.Doc))
	}
	return p.String()
}

// shares writes what all types have, and then what each adds.
func (p *page) shares(b schema.Block, kinds []spec.Kind) {
	p.block(3, b)
	common := func(a schema.Attr) bool {
		return slices.ContainsFunc(b.Schema.Attrs, func(c schema.Attr) bool { return c.Name == a.Name })
	}
	for _, k := range kinds {
		own := slices.DeleteFunc(slices.Clone(k.Schema.Attrs), common)
		if len(own) == 0 {
			continue
		}
		p.heading(4, "share of type %q", k.Name)
		p.text("What it has beside the attributes of every share; the roles [%s-server](../roles/%s-server.md) and [%s-client](../roles/%s-client.md) carry it out.", k.Name, k.Name, k.Name, k.Name)
		p.attrs(own)
	}
}

func (p *page) kind(block string, k spec.Kind) {
	p.block(3, schema.Block{Name: block + fmt.Sprintf(" %q", k.Name), Schema: k.Schema})
}

// block describes a block, and those in it below it.
func (p *page) block(level int, b schema.Block) {
	p.heading(level, "%s", title(b))
	p.text("%s", b.Schema.Doc)
	p.attrs(b.Schema.Attrs)
	p.blocks(b.Schema.Blocks)
	for _, inner := range b.Schema.Blocks {
		p.block(level+1, inner)
	}
}

func title(b schema.Block) string {
	return strings.Join(append([]string{b.Name}, upper(b.Labels)...), " ")
}

func upper(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ToUpper(w)
	}
	return out
}

func (p *page) attrs(attrs []schema.Attr) {
	if len(attrs) > 0 {
		p.WriteString("\n" + Table("Attribute", attrs))
	}
}

func (p *page) blocks(blocks []schema.Block) {
	if len(blocks) == 0 {
		return
	}
	p.WriteString("\n| Block | How often | What it is |\n|---|---|---|\n")
	for _, b := range blocks {
		often := "once"
		if b.Many {
			often = "any number"
		}
		p.printf("| `%s` | %s | %s |\n", title(b), often, Cell(b.Schema.Doc))
	}
}
