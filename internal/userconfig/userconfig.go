// Package userconfig reads config.hcl, the user's own defaults, in the folder
// of the clusters' records. It knows what may stand there and no command: what
// a wrong one keeps from working is for internal/cli to decide.
package userconfig

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/spec"
)

// Name is what the file is called.
const Name = "config.hcl"

// Config is what the user wants unless the command line or a spec says
// otherwise. Zero fields are what everybody gets.
type Config struct {
	Output        string  // of --output
	AskAbovePrice float64 // an hour, in the provider's currency
	Defaults      spec.Defaults
}

// Schema is what may stand in the file. Formats that only some results have are
// no defaults.
func Schema() schema.Schema {
	return schema.Schema{
		Doc: "The user's own defaults: ~/.ecluster/config.hcl.",
		Attrs: []schema.Attr{
			{Name: "output", Type: cty.String, OneOf: []string{"text", "json", "yaml"}, Doc: "How results are shown where --output does not say."},
			{Name: "ask_above_price", Type: cty.Number, Check: schema.Price, Doc: "Above this price an hour, in the provider's currency, start and resize ask first. A lower limit in a spec holds against it."},
			{Name: "ttl", Type: cty.String, Check: schema.Duration, Doc: "The life of clusters whose spec has no limits.ttl: \"12h\"."},
			{Name: "ssh_from", Type: cty.List(cty.String), Check: spec.CheckSSHFrom, Doc: "Networks that may log in to clusters whose spec has no network.ssh_from: [\"auto\", \"192.0.2.0/24\"]."},
		},
	}
}

// Load reads config.hcl in home; that there is none is as good as an empty
// one. The file is nil, or what the diagnostics point into.
func Load(home string) (Config, *hcl.File, hcl.Diagnostics) {
	path := filepath.Join(home, Name)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) { // home is for others to complain about
		return Config{}, nil, nil
	}
	if err != nil {
		return Config{}, nil, hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "Can't read " + path,
			Detail: reason(err) + ". It holds your own defaults; remove it if you need none.",
		}}
	}
	return parse(text, path)
}

func parse(text []byte, path string) (Config, *hcl.File, hcl.Diagnostics) {
	file, diags := hclsyntax.ParseConfig(text, path, hcl.InitialPos)
	if diags.HasErrors() {
		return Config{}, &hcl.File{Bytes: text}, diags
	}
	v, diags := Schema().Decode(file.Body, nil)
	if diags.HasErrors() {
		return Config{}, file, diags
	}
	c := Config{Output: v.String("output"), Defaults: spec.Defaults{SSHFrom: v.Strings("ssh_from")}}
	c.AskAbovePrice, _ = v["ask_above_price"].(float64)
	c.Defaults.TTL, _ = time.ParseDuration(v.String("ttl")) // checked; zero where there is none
	return c, file, diags
}

// reason is the cause of an error of the file system, without the path.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
