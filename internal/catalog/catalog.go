// Package catalog reads configs/catalog: names that mean the same on every
// cloud ("debian-13") and what each cloud calls it. It knows no cloud: what
// stands in a cloud's block is for the provider of that name.
package catalog

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/configs"
)

// Images are the operating systems that a spec can ask for by alias.
type Images map[string]Image

// Image is one of them.
type Image struct {
	Alias    string
	Doc      string
	Platform string                       // what its nodes run, as roles name it: "debian-13"
	Clouds   map[string]map[string]string // by kind of provider: its own attributes
}

// On returns what a cloud calls the image of that alias.
func (i Images) On(cloud, alias string) (map[string]string, bool) {
	attrs, has := i[alias].Clouds[cloud]
	return attrs, has
}

// Aliases are the names that work on a cloud, sorted.
func (i Images) Aliases(cloud string) []string {
	var out []string
	for _, alias := range slices.Sorted(maps.Keys(i)) {
		if _, has := i.On(cloud, alias); has {
			out = append(out, alias)
		}
	}
	return out
}

// LoadImages reads the embedded catalogue of images.
func LoadImages() (Images, error) {
	const name = "catalog/images.hcl"
	data, err := fs.ReadFile(configs.Catalog, name)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue of images: %w", err)
	}
	return parseImages(data, name)
}

func parseImages(data []byte, name string) (Images, error) {
	f, diags := hclparse.NewParser().ParseHCL(data, name)
	if diags.HasErrors() {
		return nil, fmt.Errorf("read the catalogue of images: %w", diags)
	}
	var doc struct {
		Images []struct {
			Alias    string   `hcl:"alias,label"`
			Doc      string   `hcl:"doc"`
			Platform string   `hcl:"platform,optional"`
			Rest     hcl.Body `hcl:",remain"`
		} `hcl:"image,block"`
	}
	if diags := gohcl.DecodeBody(f.Body, nil, &doc); diags.HasErrors() {
		return nil, fmt.Errorf("read the catalogue of images: %w", diags)
	}
	out := make(Images, len(doc.Images))
	for _, i := range doc.Images {
		image := Image{
			Alias: i.Alias, Doc: i.Doc, Platform: cmp.Or(i.Platform, i.Alias),
			Clouds: map[string]map[string]string{},
		}
		attrs, diags := i.Rest.JustAttributes()
		if diags.HasErrors() {
			return nil, fmt.Errorf("read the catalogue of images: %w", diags)
		}
		for cloud, a := range attrs {
			v, diags := a.Expr.Value(nil)
			if diags.HasErrors() {
				return nil, fmt.Errorf("read the catalogue of images: %w", diags)
			}
			names := map[string]string{}
			for key, value := range v.AsValueMap() {
				if value.Type() != cty.String {
					return nil, fmt.Errorf("read the catalogue of images: %s: %s of %s is no text", a.Range, key, i.Alias)
				}
				names[key] = value.AsString()
			}
			image.Clouds[cloud] = names
		}
		out[i.Alias] = image
	}
	return out, nil
}
