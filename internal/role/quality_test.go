package role_test

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/roles"
)

// eachRole runs a check on every role of the library.
func eachRole(t *testing.T, check func(t *testing.T, r *role.Role)) {
	t.Helper()
	lib := role.NewLibrary(roles.FS)
	for _, name := range lib.Names() {
		r, diags := lib.Lookup(name)
		if r == nil {
			t.Errorf("%s: %v", name, diags.Errs())
			continue
		}
		t.Run(name, func(t *testing.T) { check(t, r) })
	}
}

// script is the text of a step, without its comments.
func script(t *testing.T, r *role.Role, s role.Step) string {
	t.Helper()
	data, err := fs.ReadFile(roles.FS, path.Join(r.Name, "steps", s.Run))
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAllString(string(data), "")
}

// TestRolesExplainThemselves: to a reader of role.hcl and of the generated pages.
func TestRolesExplainThemselves(t *testing.T) {
	eachRole(t, func(t *testing.T, r *role.Role) {
		t.Helper()
		if r.Summary == "" || strings.HasSuffix(r.Summary, ".") {
			t.Errorf("the summary %q is no short phrase", r.Summary)
		}
		if len(r.Platforms) == 0 {
			t.Error("it does not say on which platforms it works")
		}
		for _, a := range r.Params.Attrs {
			if !strings.HasSuffix(a.Doc, ".") {
				t.Errorf("the parameter %s is described by %q, which is no sentence", a.Name, a.Doc)
			}
		}
	})
}

// TestScriptsHaveManners: what shellcheck does not know of.
func TestScriptsHaveManners(t *testing.T) {
	forbidden := map[string]*regexp.Regexp{
		"template syntax":                   regexp.MustCompile(`\{\{`),
		"sleep, where wait_for would do":    regexp.MustCompile(`(?m)(^|[;&|({]|\bdo|\bthen)\s*sleep\b`),
		"apt or dnf, where pkg would do":    regexp.MustCompile(`(?m)(^|[;&|({])\s*(apt|apt-get|dnf|yum)\s+(-\S+\s+)*(install|remove)\b`),
		"a password or secret as a literal": regexp.MustCompile(`(?i)(password|passwd|secret|token)=['"]?[a-z0-9]{8,}['"]?\s*$`),
	}
	eachRole(t, func(t *testing.T, r *role.Role) {
		t.Helper()
		for _, s := range r.Steps {
			for what, form := range forbidden {
				if found := form.FindString(script(t, r, s)); found != "" {
					t.Errorf("steps/%s has %s: %q", s.Run, what, found)
				}
			}
		}
	})
}

// A line of a script may write a secret out with a builtin, put it into a
// variable or look at it. All else may be a program, whose arguments every user
// of the node can read.
var (
	builtinLine = regexp.MustCompile(`^\s*(printf|echo|case|\[|!|if|elif|while|until|test|unset|export|read|for)\b|^\s*\[|^\s*[a-zA-Z_]+=`)
	catSecret   = regexp.MustCompile(`\$\(\s*(cat\s|<\s*)["']?\$\{?EC_SECRETS`)
)

// TestSecretsStaySecret: no sensitive parameter and no secret stands in an
// argument of a program, and files that hold one are not for everybody.
func TestSecretsStaySecret(t *testing.T) {
	eachRole(t, func(t *testing.T, r *role.Role) {
		t.Helper()
		forms := []*regexp.Regexp{catSecret}
		for _, a := range r.Params.Attrs {
			if a.Sensitive {
				forms = append(forms, regexp.MustCompile(`\$\{?EC_PARAM_`+strings.ToUpper(a.Name)+`\b`))
			}
		}
		for _, s := range r.Steps {
			for line := range strings.SplitSeq(outsideHeredocs(script(t, r, s)), "\n") {
				for _, form := range forms {
					if form.MatchString(line) && !builtinLine.MatchString(line) {
						t.Errorf("steps/%s may show a secret to other users: %s", s.Run, strings.TrimSpace(line))
					}
				}
			}
		}
		for _, f := range r.Files {
			if mode, _ := strconv.ParseUint(f.Mode, 8, 32); holdsSecret(t, r, f) && mode&0o007 != 0 {
				t.Errorf("%s holds a secret and has mode %s", f.Path, f.Mode)
			}
		}
	})
}

// outsideHeredocs is a script without the texts of its here-documents, which
// go to standard input and are nobody's arguments.
func outsideHeredocs(text string) string {
	open := regexp.MustCompile(`<<-?\s*['"]?([A-Za-z_]+)['"]?`)
	var out []string
	end := ""
	for line := range strings.SplitSeq(text, "\n") {
		if end != "" {
			if strings.TrimSpace(line) == end {
				end = ""
			}
			continue
		}
		out = append(out, line)
		if m := open.FindStringSubmatch(line); m != nil {
			end = m[1]
		}
	}
	return strings.Join(out, "\n")
}

func holdsSecret(t *testing.T, r *role.Role, f role.File) bool {
	t.Helper()
	if f.Secret != "" {
		return true
	}
	data, err := fs.ReadFile(roles.FS, path.Join(r.Name, "files", f.Template))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range r.Params.Attrs {
		if a.Sensitive && strings.Contains(string(data), ".Params."+a.Name) {
			return true
		}
	}
	return slices.ContainsFunc(templateSecret.FindAllStringSubmatch(string(data), -1), func(m []string) bool {
		return !strings.HasSuffix(m[1], "id") // random, but an identifier and no secret
	})
}

var templateSecret = regexp.MustCompile(`secret "([a-z0-9_]+)"`)

// ours are the facts that ecluster itself sets.
var ours = []string{"node.hostkey.saved", "node.admitted"}

// factSet is how a step sets a fact that it need not set on every node.
var factSet = regexp.MustCompile(`fact set "?([^\s"]+)"?`)

// TestFactsHaveASource: every fact that a role waits for is set by one.
func TestFactsHaveASource(t *testing.T) {
	exported := map[string]bool{}
	eachRole(t, func(t *testing.T, r *role.Role) {
		t.Helper()
		for _, s := range r.Steps {
			for _, m := range factSet.FindAllStringSubmatch(script(t, r, s), -1) {
				exported[strings.NewReplacer("$EC_LABEL", "{label}", "${EC_LABEL}", "{label}").Replace(m[1])] = true
			}
			for _, f := range s.Exports {
				exported[f] = true
			}
		}
	})
	eachRole(t, func(t *testing.T, r *role.Role) {
		t.Helper()
		for _, s := range r.Steps {
			for _, f := range s.Wait {
				if !exported[f] && !slices.Contains(ours, f) {
					t.Errorf("the step %s waits for %s, which no role sets", s.Name, f)
				}
			}
		}
	})
}

// clusterWord is a variable that an install step does not have.
var clusterWord = regexp.MustCompile(`\bEC_(CLUSTER|CLUSTER_ID|NODE|GROUP|FRONTEND|IS_FRONTEND|LOGIN_[A-Z]+|CPUS|MEMORY_MB|GPUS|SECRETS|KEYS|LABEL)\b`)

// TestInstallCanBeFrozen: on two nodes of two clusters, whose roles have
// other parameters, install steps get the same, so an image may freeze what
// they did.
func TestInstallCanBeFrozen(t *testing.T) {
	lib := role.NewLibrary(roles.FS)
	eachRole(t, func(t *testing.T, r *role.Role) {
		t.Helper()
		for _, s := range r.Steps {
			if s.Phase != role.Install {
				continue
			}
			if word := clusterWord.FindString(script(t, r, s)); word != "" {
				t.Errorf("steps/%s of the install phase uses %s", s.Run, word)
			}
		}
		if r.PackagesFrom != "" && !slices.Contains(r.InstallParams, r.PackagesFrom) {
			t.Errorf("the packages of %s are installed, but it lacks install = true", r.PackagesFrom)
		}
		one := installView(t, lib, r, role.Node{
			Cluster: "one", ID: "one-1", Name: "compute001", Group: "compute", Frontend: "frontend001",
			Login: cluster.Login{User: "user", UID: 1000}, Shape: cluster.Shape{CPUs: 2},
		}, "a")
		two := installView(t, lib, r, role.Node{
			Cluster: "two", ID: "two-2", Name: "login001", Group: "login", Frontend: "login001", IsFrontend: true,
			Login: cluster.Login{User: "other", UID: 2000, Sudo: true}, AuthorizedKeys: []string{"key"}, Shape: cluster.Shape{CPUs: 9, GPUs: 1},
		}, "b")
		for name := range one {
			if one[name] != two[name] {
				t.Errorf("%s differs between clusters:\n%s\n%s", name, one[name], two[name])
			}
		}
	})
}

// installView is all that the install phase of a role gets on a node: its
// part of the plan, which has hashes of its scripts and files, and its
// environment.
func installView(t *testing.T, lib *role.Library, r *role.Role, node role.Node, word string) map[string]string {
	t.Helper()
	uses, err := lib.Resolve(sampleUses(t, lib, r, word))
	if err != nil {
		t.Fatal(err)
	}
	secrets := func(name string, n int) ([]byte, error) { return []byte(strings.Repeat(word, n)), nil }
	b, err := role.Assemble(lib, node, uses, secrets)
	if err != nil {
		t.Fatal(err)
	}
	view := map[string]string{}
	for name, content := range unpack(t, b) {
		if strings.HasSuffix(name, ".install") {
			view[name] = content
		}
		if name == "plan.sh" {
			_, rest, _ := strings.Cut(content, "phase 'install'\n")
			view[name], _, _ = strings.Cut(rest, "phase 'configure'\n")
		}
	}
	if len(view) < 2 {
		t.Fatalf("there is no install phase in the bundle: %v", view)
	}
	return view
}

// sampleUses are a role and what it requires, each with parameters.
func sampleUses(t *testing.T, lib *role.Library, r *role.Role, word string) []cluster.RoleUse {
	t.Helper()
	var uses []cluster.RoleUse
	for _, name := range r.Requires {
		required, diags := lib.Lookup(name)
		if required == nil {
			t.Fatal(diags)
		}
		uses = append(uses, sampleUses(t, lib, required, word)...)
	}
	return append(uses, cluster.RoleUse{Name: r.Name, Params: sampleParams(r, word)})
}

// sampleParams gives a role its required parameters. Those that install steps
// see are the same for all words.
func sampleParams(r *role.Role, word string) map[string]any {
	params := map[string]any{}
	for _, a := range r.Params.Attrs {
		if !a.Required && a.Default != nil {
			continue
		}
		w := word
		if slices.Contains(r.InstallParams, a.Name) {
			w = "same"
		}
		params[a.Name] = sample(a.Type, a, w)
	}
	return params
}

func sample(t cty.Type, a schema.Attr, word string) any {
	switch {
	case t == cty.String && len(a.OneOf) > 0:
		return a.OneOf[0]
	case t == cty.String && (strings.Contains(a.Name, "path") || strings.Contains(a.Name, "folder")):
		return "/srv/" + word
	case t == cty.String:
		return word
	case t == cty.Number:
		return 1
	case t == cty.Bool:
		return true
	case t.IsListType(), t.IsSetType():
		return []any{sample(t.ElementType(), a, word)}
	case t.IsObjectType():
		object := map[string]any{}
		for name, inner := range t.AttributeTypes() {
			if !t.AttributeOptional(name) {
				object[name] = sample(inner, schema.Attr{Name: name}, word)
			}
		}
		return object
	case t.IsMapType():
		return map[string]any{}
	}
	panic(fmt.Sprintf("no sample of a %s", t.FriendlyName()))
}

// TestPlatformsOfRequiredRoles: a role works where those that it requires do.
func TestPlatformsOfRequiredRoles(t *testing.T) {
	lib := role.NewLibrary(roles.FS)
	eachRole(t, func(t *testing.T, r *role.Role) {
		t.Helper()
		for _, name := range r.Requires {
			required, diags := lib.Lookup(name)
			if required == nil {
				t.Fatal(diags)
			}
			for _, p := range r.Platforms {
				if !required.WorksOn(p) {
					t.Errorf("it names %s, but %s, which it requires, does not work there", p, name)
				}
			}
		}
	})
}
