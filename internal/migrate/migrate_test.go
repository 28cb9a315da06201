package migrate_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/migrate"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/aws"
	"github.com/ecluster/ecluster/providers/azure"
	"github.com/ecluster/ecluster/providers/google"
	"github.com/ecluster/ecluster/providers/terraform"
	"github.com/ecluster/ecluster/roles"
)

var update = flag.Bool("update", false, "write the golden files anew")

// environment is what all tests see.
func environment(name string) (string, bool) {
	v, set := map[string]string{
		"HOME": "/home/ada", "MACHINE_TYPE": "e2-standard-4", "OS_USERNAME": "ada",
		"AZURE_SUBSCRIPTION_ID": "cccccccc-0000-0000-0000-000000000000", "ADA_NODES": "3",
	}[name]
	return v, set
}

// language is what specs may refer to: the real providers and roles.
func language() spec.Options {
	plugins := map[string]providers.Plugin{}
	for _, p := range []providers.Plugin{aws.Plugin(), azure.Plugin(), google.Plugin(), terraform.Plugin()} {
		plugins[p.Kind] = p
	}
	return spec.Options{Env: environment, Providers: plugins, Roles: role.NewLibrary(roles.FS)}
}

func convert(path string) (*migrate.Result, hcl.Diagnostics) {
	library := role.NewLibrary(roles.FS)
	return migrate.Convert(migrate.Options{Path: path, Env: environment, Platforms: func(name string) []string {
		if r, ds := library.Lookup(name); !ds.HasErrors() {
			return r.Platforms
		}
		return nil
	}})
}

// TestGolden converts configurations that use every section and option that
// ElastiCluster documents, and validates what comes out.
func TestGolden(t *testing.T) {
	for _, name := range []string{"google", "aws", "azure", "openstack", "others"} {
		t.Run(name, func(t *testing.T) {
			r, diags := convert("testdata/" + name + ".ini")
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			diags, _, err := r.Check(language())
			if err != nil || diags.HasErrors() {
				t.Errorf("the result is not valid: %v %v", err, diags.Errs())
			}
			golden(t, filepath.Join("testdata", name+".golden"), all(r))
		})
	}
}

// all is a result as one text.
func all(r *migrate.Result) []byte {
	var b bytes.Buffer
	for _, f := range r.Files {
		fmt.Fprintf(&b, "-- %s --\n%s", f.Name, f.Text)
	}
	fmt.Fprintf(&b, "-- report --\n")
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "%s [%s] %s: %s: %s\n", n.Place(), n.Section, n.Option, n.Kind, n.Reason)
	}
	return b.Bytes()
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", path, diff)
	}
}

// TestNoSecret looks for the secrets of all configurations in what comes out.
func TestNoSecret(t *testing.T) {
	files, err := filepath.Glob("testdata/*.ini")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		r, _ := convert(path)
		text := string(all(r))
		for _, secret := range []string{"ForTheSpec", "FORTHESPEC", "for-the-spec", "for+the/spec"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: a secret is in the result: %s", path, secret)
			}
			for name, f := range r.Sources {
				if bytes.Contains(f.Bytes, []byte(secret)) {
					t.Errorf("%s: a secret would be in a snippet of %s", path, name)
				}
			}
		}
	}
}

// TestNothingIsLost changes nothing but counts: each option is in the report,
// or somewhere in the HCL.
func TestNothingIsLost(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	src, err := os.ReadFile("testdata/google.ini")
	if err != nil {
		t.Fatal(err)
	}
	header := regexp.MustCompile(`(?m)^\[.*\]$`)
	extra := header.ReplaceAllString(string(src), "$0\nunheard_of=x")
	if err := os.WriteFile(path, []byte(extra), 0o600); err != nil {
		t.Fatal(err)
	}
	r, diags := convert(path)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	told := 0
	for _, n := range r.Notes {
		if n.Option == "unheard_of" {
			told++
		}
	}
	if want := strings.Count(extra, "unheard_of"); told != want {
		t.Errorf("%d of %d unknown options are in the report", told, want)
	}
}
