package fake

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// Plugin offers a World as the provider kind "fake". With the setting `file`
// a block opens the cloud that is kept there instead, which behaves as w does.
func Plugin(w *World) providers.Plugin {
	return providers.Plugin{
		Kind: "fake",
		Doc:  "A cloud in memory, for tests.",
		Settings: schema.Schema{Attrs: []schema.Attr{
			{Name: "file", Type: cty.String, Trusted: true, Doc: "The file that keeps the cloud across processes."},
		}},
		Group: schema.Schema{Attrs: []schema.Attr{
			{Name: "cpus", Type: cty.Number, Doc: "CPUs of a node."},
			{Name: "memory", Type: cty.String, Doc: "Memory of a node, as \"512MB\"."},
		}},
		ConsistencyDelay: w.ConsistencyDelay(),
		Open: func(settings schema.Values) (providers.Driver, error) {
			if file := settings.String("file"); file != "" {
				o := w.o
				o.File = file
				return NewWorld(o).open(), nil
			}
			return w.open(), nil
		},
		AdminUser:     "root",
		SharedVolumes: true,
		NamesResolve:  true,
	}
}
