package role

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

// parser reads one role folder. It gathers mistakes and goes on.
type parser struct {
	role  *Role
	fsys  fs.FS // the role's folder
	diags hcl.Diagnostics
}

// parse makes a role of its folder and the body of its role.hcl. The role is
// nil when anything is wrong.
func parse(name string, fsys fs.FS, source []byte, body hcl.Body) (*Role, hcl.Diagnostics) {
	p := &parser{fsys: fsys, role: &Role{
		Name: name, text: map[string]*template.Template{},
		raw: map[string][]byte{}, script: map[string][]byte{}, inner: map[string]*typeexpr.Defaults{},
	}}
	top, diags := format().DecodeIn(body, body.MissingItemRange(), literal{})
	p.diags = diags
	if diags.HasErrors() {
		return nil, diags
	}
	if !nameForm.MatchString(name) || name == OS {
		p.fail(top.Range, "Bad role name", "%q can't be the name of a role: use lower-case letters, digits and hyphens, and not %q.", name, OS)
	}
	p.head(top)
	for _, b := range top.Blocks["param"] {
		p.param(b)
	}
	p.packagesFrom(top)
	for _, b := range top.Blocks["secret"] {
		p.secret(b)
	}
	for _, b := range top.Blocks["step"] {
		p.step(b)
	}
	for _, b := range top.Blocks["file"] {
		p.file(b)
	}
	if !p.diags.HasErrors() {
		p.rest(top.Range)
	}
	if p.diags.HasErrors() {
		return nil, p.diags
	}
	p.digest(source)
	return p.role, p.diags
}

func (p *parser) fail(at hcl.Range, summary, detail string, args ...any) {
	p.diags = append(p.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Subject: at.Ptr(), Summary: summary, Detail: fmt.Sprintf(detail, args...),
	})
}

func (p *parser) head(top *schema.Located) {
	r, v := p.role, top.Values
	r.Summary, r.Doc, r.Untested = v.String("summary"), v.String("doc"), v.String("untested")
	r.Platforms, r.Requires, r.Conflicts = v.Strings("platforms"), v.Strings("requires"), v.Strings("conflicts")
	r.Repeatable = v.Bool("repeatable")
	r.PackagesFrom, r.Debconf = v.String("packages_from"), v.Strings("debconf")
	r.Packages = map[string][]string{}
	for system := range v.Map("packages") {
		r.Packages[system] = schema.Values(v.Map("packages")).Strings(system)
		if !systemForm.MatchString(system) {
			p.fail(top.At("packages"), "Bad name of a system", "%q can't have packages: write a platform (\"debian-12\"), a system (\"ubuntu\") or a family of them (%s).",
				system, strings.Join(families(), ", "))
		}
	}
	if b := top.Block("needs"); b != nil {
		r.Needs = cluster.Needs{Devices: b.Values.Strings("devices")}
	}
	if slices.Contains(r.Requires, r.Name) || slices.Contains(r.Conflicts, r.Name) {
		p.fail(top.Range, "Role names itself", "%q can't require or conflict with itself.", r.Name)
	}
}

func (p *parser) packagesFrom(top *schema.Located) {
	name := p.role.PackagesFrom
	if name == "" {
		return
	}
	if i := p.paramIndex(name); i < 0 || !isStringList(p.role.Params.Attrs[i].Type) {
		p.fail(top.At("packages_from"), "No such list", "%q is not a parameter of type list(string). %s", name, schema.DidYouMean(name, p.paramNames()))
	}
}

func (p *parser) secret(b schema.Located) {
	name := b.Labels[0]
	switch {
	case !paramForm.MatchString(name):
		p.fail(b.Range, "Bad name of a secret", "%q can't be used: write lower-case letters, digits and underscores.", name)
	case p.hasSecret(name):
		p.fail(b.Range, "Second secret of that name", "The secret %q is declared twice in this role.", name)
	}
	p.role.Secrets = append(p.role.Secrets, Secret{
		Name: name, Bytes: b.Values.Int("bytes"), SSH: b.Values.String("form") == secretSSH,
	})
}

func (p *parser) step(b schema.Located) {
	v := b.Values
	s := Step{
		Name: b.Labels[0], Phase: Phase(v.String("phase")), Run: v.String("run"),
		Wait: v.Strings("wait"), Exports: v.Strings("exports"), Always: v.Bool("always"),
		When: v.String("when"),
	}
	s.Timeout, _ = time.ParseDuration(v.String("timeout"))
	s.Always = s.Always || s.Phase == Verify || s.Phase == Leave
	switch {
	case !nameForm.MatchString(s.Name) || s.Name == filesStep:
		p.fail(b.Range, "Bad name of a step", "%q can't be used: write lower-case letters, digits and hyphens, and not %q.", s.Name, filesStep)
	case slices.ContainsFunc(p.role.Steps, func(o Step) bool { return o.Name == s.Name }):
		p.fail(b.Range, "Second step of that name", "The step %q is declared twice in this role.", s.Name)
	}
	if s.When != "" && p.paramIndex(s.When) < 0 {
		p.fail(b.At("when"), "No such parameter", "The role has no parameter %q. %s", s.When, schema.DidYouMean(s.When, p.paramNames()))
	}
	for _, name := range []string{"wait", "exports"} {
		if !p.role.Repeatable && strings.Contains(strings.Join(v.Strings(name), " "), labelMark) {
			p.fail(b.At(name), "Label without labels", "Only the uses of a repeatable role have labels. Write the fact without %s, or make the role repeatable.", labelMark)
		}
	}
	if script, ok := p.read(b.At("run"), "steps", s.Run); ok {
		p.role.script[s.Run] = script
	}
	p.role.Steps = append(p.role.Steps, s)
}

// read returns a file of the role's folder and reports where there is none.
func (p *parser) read(at hcl.Range, folder, name string) ([]byte, bool) {
	full := path.Join(folder, name)
	if !fs.ValidPath(full) || !strings.HasPrefix(full, folder+"/") {
		p.fail(at, "Bad file name", "%q does not stay within %s/ of the role.", name, folder)
		return nil, false
	}
	data, err := fs.ReadFile(p.fsys, full)
	if err != nil {
		entries, _ := fs.ReadDir(p.fsys, folder)
		names := make([]string, len(entries))
		for i, e := range entries {
			names[i] = e.Name()
		}
		p.fail(at, "Missing file", "The role has no %s. %s", full, schema.DidYouMean(name, names))
		return nil, false
	}
	return data, true
}

// rest reads the files that nothing renders, which steps find in EC_FILES, and
// reports a script that no step runs: it is most likely a step that was forgotten.
func (p *parser) rest(at hcl.Range) {
	for folder, take := range map[string]func(name string, data []byte){
		"files": func(name string, data []byte) {
			if p.role.text[name] == nil {
				p.role.raw[name] = data
			}
		},
		"steps": func(name string, _ []byte) {
			if p.role.script[name] == nil {
				p.fail(at, "Unused script", "No step of the role runs steps/%s. Add a step, or delete it.", name)
			}
		},
	} {
		err := fs.WalkDir(p.fsys, folder, func(full string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // a role without that folder is fine
			}
			data, err := fs.ReadFile(p.fsys, full)
			take(strings.TrimPrefix(full, folder+"/"), data)
			return err
		})
		if err != nil {
			p.fail(at, "Unreadable file", "Reading the files of the role failed: %v.", err)
		}
	}
}

// digest hashes everything that the role consists of.
func (p *parser) digest(source []byte) {
	h := newHash()
	h.add("role.hcl", source)
	h.addAll("steps/", p.role.script)
	h.addAll("files/", p.role.raw)
	for _, f := range p.role.Files {
		if f.Template != "" {
			data, _ := fs.ReadFile(p.fsys, "files/"+f.Template)
			h.add("template/"+f.Template, data)
		}
	}
	p.role.digest = h.sum()
}

func (p *parser) paramIndex(name string) int { return slices.Index(p.paramNames(), name) }

func (p *parser) paramNames() []string {
	var out []string
	for _, a := range p.role.Params.Attrs {
		out = append(out, a.Name)
	}
	return out
}

func (p *parser) hasSecret(name string) bool {
	return slices.ContainsFunc(p.role.Secrets, func(s Secret) bool { return s.Name == name })
}

// hash is a SHA-256 over named parts, in the order in which they are added.
type hash struct{ parts []byte }

func newHash() *hash { return &hash{} }

func (h *hash) add(name string, data []byte) {
	sum := sha256.Sum256(data)
	h.parts = append(h.parts, name...)
	h.parts = append(h.parts, 0)
	h.parts = append(h.parts, sum[:]...)
}

func (h *hash) addAll(prefix string, files map[string][]byte) {
	for _, name := range sortedKeys(files) {
		h.add(prefix+name, files[name])
	}
}

func (h *hash) sum() string {
	sum := sha256.Sum256(h.parts)
	return hex.EncodeToString(sum[:])
}
