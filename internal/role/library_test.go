package role_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
)

// TestMistakesInRole: each is one diagnostic at the right line.
func TestMistakesInRole(t *testing.T) {
	const step = "step \"go\" {\n  phase = \"configure\"\n  run = \"go.sh\"\n}\n"
	for _, tc := range []struct{ name, source, want string }{
		{"empty", "", "1: Missing \"summary\""},
		{"syntax", "summary = \"x\n", "1: Invalid multi-line string"},
		{"unknown attribute", "summary = \"x\"\nrequire = []\n" + step, "2: Unknown attribute; There is no attribute \"require\" here. Did you mean \"requires\"?"},
		{"unknown block", "summary = \"x\"\nsteps \"x\" {}\n" + step, "2: Unknown block; There is no block \"steps\" here. Did you mean \"step\"?"},
		{"wrong type", "summary = \"x\"\nrequires = 3\n" + step, "2: Wrong value of \"requires\""},
		{"phase", "summary = \"x\"\n" + strings.Replace(step, "configure", "config", 1), "3: Wrong value of \"phase\"; phase:"},
		{"missing script", "summary = \"x\"\n" + strings.Replace(step, "go.sh", "gone.sh", 1), "4: Missing file; The role has no steps/gone.sh. Did you mean \"go.sh\"?"},
		{"script outside", "summary = \"x\"\n" + strings.Replace(step, "go.sh", "../../x.sh", 1), "4: Bad file name"},
		{"two steps", "summary = \"x\"\n" + step + step, "6: Second step of that name"},
		{"name of a step", "summary = \"x\"\n" + strings.Replace(step, `"go"`, `"Go on"`, 1), "2: Bad name of a step"},
		{"timeout", "summary = \"x\"\n" + strings.Replace(step, "run", "timeout = \"soon\"\n  run", 1), "4: Wrong value of \"timeout\""},
		{"fact", "summary = \"x\"\n" + strings.Replace(step, "run", "wait = [\"A b\"]\n  run", 1), "4: Wrong value of \"wait\""},
		{"label in a fact", "summary = \"x\"\n" + strings.Replace(step, "run", "wait = [\"a.{label}\"]\n  run", 1), "4: Label without labels"},
		{"mark in a fact", "summary = \"x\"\n" + strings.Replace(step, "run", "wait = [\"a.{node}\"]\n  run", 1), "4: Wrong value of \"wait\""},
		{"when of a step", "summary = \"x\"\n" + strings.Replace(step, "run", "when = \"x\"\n  run", 1), "4: No such parameter"},
		{"unused script", "summary = \"x\"\n", "Unused script; No step of the role runs steps/go.sh"},
		{"param without type", "summary = \"x\"\nparam \"a\" {}\n" + step, "2: Missing required argument"},
		{"param of unknown type", "summary = \"x\"\nparam \"a\" {\n  type = text\n}\n" + step, "3: Invalid type specification"},
		{"default of another type", "summary = \"x\"\nparam \"a\" {\n  type = number\n  default = \"x\"\n}\n" + step, "4: Wrong type"},
		{"default not allowed", "summary = \"x\"\nparam \"a\" {\n  type = string\n  one_of = [\"y\"]\n  default = \"x\"\n}\n" + step, "5: Default that is not allowed"},
		{"default of required", "summary = \"x\"\nparam \"a\" {\n  type = string\n  required = true\n  default = \"x\"\n}\n" + step, "5: Default of a required parameter"},
		{"unknown attribute of a param", "summary = \"x\"\nparam \"a\" {\n  type = string\n  desc = \"x\"\n}\n" + step, "4: Unknown attribute"},
		{"two params", "summary = \"x\"\nparam \"a\" {\n  type = string\n}\nparam \"a\" {\n  type = string\n}\n" + step, "5: Second parameter of that name"},
		{"packages of no system", "summary = \"x\"\npackages = { Debian = [\"x\"] }\n" + step, "2: Bad name of a system; \"Debian\" can't have packages: write a platform (\"debian-12\"), a system (\"ubuntu\") or a family of them (debian, redhat)."},
		{"packages_from", "summary = \"x\"\npackages_from = \"instal\"\nparam \"install\" {\n  type = list(string)\n}\n" + step, "2: No such list; \"instal\" is not a parameter of type list(string). Did you mean \"install\"?"},
		{"file without content", "summary = \"x\"\nfile \"/a\" {}\n" + step, "2: No content"},
		{"file with two contents", "summary = \"x\"\nsecret \"s\" {}\nfile \"/a\" {\n  secret = \"s\"\n  template = \"t.tmpl\"\n}\n" + step, "3: No content"},
		{"file of no secret", "summary = \"x\"\nsecret \"key\" {}\nfile \"/a\" {\n  secret = \"kei\"\n}\n" + step, "4: No such secret; The role declares no secret \"kei\". Did you mean \"key\"?"},
		{"missing template", "summary = \"x\"\nfile \"/a\" {\n  template = \"x.tmpl\"\n}\n" + step, "3: Missing file; The role has no files/x.tmpl. Did you mean \"t.tmpl\"?"},
		{"bad template", "summary = \"x\"\nfile \"/a\" {\n  template = \"bad.tmpl\"\n}\n" + step, "3: Bad template"},
		{"path", "summary = \"x\"\nfile \"etc/a\" {\n  template = \"t.tmpl\"\n}\n" + step, "2: Bad path"},
		{"mode", "summary = \"x\"\nfile \"/a\" {\n  template = \"t.tmpl\"\n  mode = \"rw\"\n}\n" + step, "4: Wrong value of \"mode\""},
		{"owner", "summary = \"x\"\nfile \"/a\" {\n  template = \"t.tmpl\"\n  owner = \"root\"\n}\n" + step, "4: Wrong value of \"owner\""},
		{"when", "summary = \"x\"\nfile \"/a\" {\n  template = \"t.tmpl\"\n  when = \"x\"\n}\n" + step, "4: No such parameter"},
		{"notify", "summary = \"x\"\nfile \"/a\" {\n  template = \"t.tmpl\"\n  notify = [\"munge\"]\n}\n" + step, "4: Bad notify"},
		{"notify of no step", "summary = \"x\"\nfile \"/a\" {\n  template = \"t.tmpl\"\n  notify = [\"step:og\"]\n}\n" + step, "4: No such step"},
		{"itself", "summary = \"x\"\nrequires = [\"bad\"]\n" + step, "Role names itself"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			lib := role.NewLibrary(mapFS(map[string]string{
				"bad/role.hcl": tc.source, "bad/steps/go.sh": ":",
				"bad/files/t.tmpl": "x", "bad/files/bad.tmpl": "{{ if }}",
			}))
			r, diags := lib.Lookup("bad")
			if r != nil || len(diags) == 0 || len(diags) > 1 && tc.name != "syntax" {
				t.Fatalf("got %v, %v", r, diags)
			}
			d := diags[0]
			got := fmt.Sprintf("%d: %s; %s", d.Subject.Start.Line, d.Summary, d.Detail)
			if !strings.Contains(got, tc.want) {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if _, ok := lib.Files()[d.Subject.Filename]; !ok {
				t.Errorf("no source for %s", d.Subject.Filename)
			}
			var text bytes.Buffer
			if err := hcl.NewDiagnosticTextWriter(&text, lib.Files(), 0, false).WriteDiagnostic(d); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLayers(t *testing.T) {
	const doc = "summary = %q\n"
	lib := role.NewLibrary(
		os.DirFS("/nonexistent"),
		mapFS(map[string]string{"a/role.hcl": fmt.Sprintf(doc, "mine")}),
		mapFS(map[string]string{"a/role.hcl": fmt.Sprintf(doc, "embedded"), "b/role.hcl": fmt.Sprintf(doc, "b"), "embed.go": "", "c/readme": ""}),
	)
	if got := lib.Names(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("names %q", got)
	}
	if r, _ := lib.Lookup("a"); r.Summary != "mine" {
		t.Errorf("got %q", r.Summary)
	}
	for _, name := range []string{"bb", "../a", ""} {
		r, diags := lib.Lookup(name)
		if r != nil || len(diags) != 1 || diags[0].Summary != "Unknown role" {
			t.Errorf("%q: %v %v", name, r, diags)
		}
	}
}

func TestResolve(t *testing.T) {
	param := "param \"p\" {\n  type = string\n  default = \"d\"\n}\n"
	files := map[string]string{
		"base/role.hcl":  "summary = \"x\"\n",
		"munge/role.hcl": "summary = \"x\"\n" + param,
		"slurm/role.hcl": "summary = \"x\"\nrequires = [\"munge\"]\nconflicts = [\"ge\"]\n",
		"ge/role.hcl":    "summary = \"x\"\n",
		"many/role.hcl":  "summary = \"x\"\nrepeatable = true\n" + param,
		"x/role.hcl":     "summary = \"x\"\nrequires = [\"y\"]\n",
		"y/role.hcl":     "summary = \"x\"\nrequires = [\"z\"]\n",
		"z/role.hcl":     "summary = \"x\"\nrequires = [\"y\"]\n",
		"lost/role.hcl":  "summary = \"x\"\nrequires = [\"mungee\"]\n",
	}
	p := func(v string) map[string]any { return map[string]any{"p": v} }
	for _, tc := range []struct {
		name string
		uses []cluster.RoleUse
		want string // the keys, or part of the error
	}{
		{"adds what is required", []cluster.RoleUse{{Name: "base"}, {Name: "slurm"}}, "base munge{d} slurm"},
		{"pulls up", []cluster.RoleUse{{Name: "slurm"}, {Name: "base"}, {Name: "munge", Params: p("x")}}, "munge{x} slurm base"},
		{"keeps the order", []cluster.RoleUse{{Name: "many", Label: "b"}, {Name: "base"}, {Name: "many", Label: "a"}}, "many.b{d} base many.a{d}"},
		{"drops duplicates", []cluster.RoleUse{{Name: "munge"}, {Name: "munge", Params: p("d")}}, "munge{d}"},
		{"labels", []cluster.RoleUse{{Name: "many", Params: p("1")}, {Name: "many", Params: p("2")}, {Name: "many", Label: "2"}}, "many{1} many.2{2} many.2-2{d}"},
		{"twice", []cluster.RoleUse{{Name: "munge"}, {Name: "munge", Params: p("x")}}, "use role munge: a node can have it only once"},
		{"conflict", []cluster.RoleUse{{Name: "ge"}, {Name: "slurm"}}, "use role slurm: it can't be on the same node as ge"},
		{"cycle", []cluster.RoleUse{{Name: "x"}}, "order the roles: y requires z requires y;"},
		{"unknown", []cluster.RoleUse{{Name: "slrm"}}, "Did you mean \"slurm\"?"},
		{"unknown required", []cluster.RoleUse{{Name: "lost"}}, "add what role lost requires"},
		{"bad parameter", []cluster.RoleUse{{Name: "munge", Params: map[string]any{"q": 1}}}, "use role munge: there is no \"q\" here. Did you mean \"p\"?"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			lib := role.NewLibrary(mapFS(files))
			uses, err := lib.Resolve(tc.uses)
			if err != nil {
				if !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %s", err, tc.want)
				}
				return
			}
			if got := keys(uses); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			again, err := lib.Resolve(uses)
			if err != nil || keys(again) != tc.want {
				t.Errorf("a second time: %s, %v", keys(again), err)
			}
		})
	}
}

func keys(uses []cluster.RoleUse) string {
	var out []string
	for _, u := range uses {
		key := u.Key()
		if v, ok := u.Params["p"]; ok {
			key += fmt.Sprintf("{%v}", v)
		}
		out = append(out, key)
	}
	return strings.Join(out, " ")
}

func FuzzRole(f *testing.F) {
	f.Add(toy()["toy/role.hcl"])
	f.Add("summary = 1")
	f.Fuzz(func(t *testing.T, source string) {
		fsys := fstest.MapFS{"toy/role.hcl": &fstest.MapFile{Data: []byte(source)}}
		lib := role.NewLibrary(fsys)
		r, diags := lib.Lookup("toy")
		if (r == nil) != diags.HasErrors() {
			t.Fatalf("role %v, diagnostics %v", r, diags)
		}
		_ = hcl.NewDiagnosticTextWriter(io.Discard, lib.Files(), 0, false).WriteDiagnostics(diags)
	})
}
