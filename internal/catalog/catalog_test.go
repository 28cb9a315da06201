package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryImageIsOnEveryCloud(t *testing.T) {
	images, err := LoadImages()
	if err != nil {
		t.Fatal(err)
	}
	for cloud, keys := range map[string][]string{
		"google": {"project", "family", "cloud_init"},
		"aws":    {"owner", "name"},
		"azure":  {"publisher", "offer", "sku"},
	} {
		for _, alias := range []string{"debian-12", "debian-13", "ubuntu-24.04", "rocky-9"} {
			if !slices.Contains(images.Aliases(cloud), alias) {
				t.Errorf("%s has no %s", cloud, alias)
			}
		}
		for alias := range images {
			attrs, has := images.On(cloud, alias)
			for _, k := range keys {
				if has && attrs[k] == "" {
					t.Errorf("%s on %s lacks %s", alias, cloud, k)
				}
			}
		}
	}
	if _, has := images.On("aws", "windows"); has {
		t.Error("there is a windows")
	}
}

func TestABrokenCatalogueSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		`image "a" {`:               "images.hcl:1",
		`image "a" { google = {} }`: `"doc"`,
		"image \"a\" {\n doc = \"x\"\n aws = { n = [] }\n}": "n of a is no text",
	} {
		if _, err := parseImages([]byte(text), "images.hcl"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
