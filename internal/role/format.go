package role

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
)

// format is what a role.hcl may contain.
func format() schema.Schema {
	list := cty.List(cty.String)
	attr := func(name string, ty cty.Type, doc string) schema.Attr {
		return schema.Attr{Name: name, Type: ty, Doc: doc}
	}
	return schema.Schema{
		Attrs: []schema.Attr{
			{Name: "summary", Type: cty.String, Required: true, Doc: "What the role is, in a few words."},
			attr("doc", cty.String, "More about it."),
			attr("platforms", list, "The systems that it works on, as in debian-13; all where empty."),
			attr("requires", list, "Roles that come before it on the same node."),
			attr("conflicts", list, "Roles that can't be on the same node."),
			attr("repeatable", cty.Bool, "Whether a node may have it several times."),
			attr("untested", cty.String, "Why it is untested."),
			attr("packages", cty.Map(list), "Packages by platform, system or family of systems; the most specific list counts."),
			attr("packages_from", cty.String, "A list(string) parameter with more packages."),
			attr("debconf", list, "Answers for debconf, one line each."),
		},
		Blocks: []schema.Block{
			{Name: "needs", Schema: schema.Schema{Attrs: []schema.Attr{
				attr("devices", list, "Device files that the machine must have."),
			}}},
			{Name: "param", Labels: []string{"name"}, Many: true, Raw: true},
			{Name: "secret", Labels: []string{"name"}, Many: true, Schema: schema.Schema{Attrs: []schema.Attr{
				{Name: "bytes", Type: cty.Number, Default: 32, Check: schema.Whole(1, 4096), Doc: "How long it is."},
				{Name: "form", Type: cty.String, Default: "bytes", OneOf: []string{"bytes", secretSSH}, Doc: "ssh makes it the private key of an SSH key pair."},
			}}},
			{Name: "file", Labels: []string{"path"}, Many: true, Schema: schema.Schema{Attrs: []schema.Attr{
				attr("template", cty.String, "A template in files/."),
				attr("secret", cty.String, "A secret of the role, whose bytes are the file."),
				{Name: "owner", Type: cty.String, Default: "root:root", Check: matches(ownerForm, "write user:group")},
				{Name: "mode", Type: cty.String, Default: "0644", Check: matches(modeForm, "write four octal digits, as in \"0644\"")},
				attr("notify", list, "restart:UNIT, reload:UNIT or step:NAME, done when the file changed."),
				attr("when", cty.String, "A bool parameter without which the file is not written."),
			}}},
			{Name: "step", Labels: []string{"name"}, Many: true, Schema: schema.Schema{Attrs: []schema.Attr{
				{Name: "phase", Type: cty.String, Required: true, OneOf: []string{
					string(Install), string(Configure), string(Join), string(Verify), string(Leave), string(Notified),
				}},
				{Name: "run", Type: cty.String, Required: true, Doc: "A script in steps/."},
				{Name: "wait", Type: list, Check: each(factWords, factHint)},
				{Name: "exports", Type: list, Check: each(factWords, factHint)},
				attr("always", cty.Bool, "Whether it runs even when nothing changed."),
				attr("when", cty.String, "A parameter without which there is no such step: one that is empty, 0 or false."),
				{Name: "timeout", Type: cty.String, Default: "10m", Check: schema.Duration},
			}}},
		},
	}
}

// paramFormat is the content of a param block; type and default are no plain
// attributes, so the block is decoded by hand.
func paramFormat() *hcl.BodySchema {
	out := &hcl.BodySchema{}
	for _, name := range []string{"type", "default", "required", "sensitive", "one_of", "install", "description"} {
		out.Attributes = append(out.Attributes, hcl.AttributeSchema{Name: name, Required: name == "type"})
	}
	return out
}

// What the parts of a role may be called. They become names of files on the
// node and words of a shell script, so they have no characters that need
// quoting.
var (
	nameForm   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
	paramForm  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	factForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,126}$`)
	factWords  = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]|\{label\}){0,126}$`) // as role.hcl writes it
	pathForm   = regexp.MustCompile(`^/[A-Za-z0-9._+@/-]+$`)
	ownerForm  = regexp.MustCompile(`^[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+$`)
	modeForm   = regexp.MustCompile(`^[0-7]{4}$`)
	unitForm   = regexp.MustCompile(`^[A-Za-z0-9@._:-]+$`)
	systemForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[0-9][0-9.]*)?$`)
	keyUnsafe  = regexp.MustCompile(`[^A-Za-z0-9._-]`)
)

const factHint = "a fact is lower-case letters, digits, dots and hyphens, and {label} where the role is repeatable"

func matches(form *regexp.Regexp, hint string) func(any) error {
	return func(v any) error {
		if s, ok := v.(string); !ok || !form.MatchString(s) {
			return fmt.Errorf("%q can't be used: %s", v, hint)
		}
		return nil
	}
}

func each(form *regexp.Regexp, hint string) func(any) error {
	one := matches(form, hint)
	return func(v any) error {
		var errs []error
		list, _ := v.([]any)
		for _, e := range list {
			errs = append(errs, one(e))
		}
		return errors.Join(errs...)
	}
}

// literal is the scope of role.hcl: there is nothing to refer to.
type literal struct{}

// Context implements schema.Scope.
func (literal) Context(hcl.Expression) (*hcl.EvalContext, hcl.Diagnostics) { return nil, nil }

// Source implements schema.Scope.
func (literal) Source(hcl.Expression) (string, hcl.Diagnostics) { return "", nil }
