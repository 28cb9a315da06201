package spec_test

import (
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
)

// A role that nobody has seen work says so, once for each place in the spec.
func TestUntestedRolesWarn(t *testing.T) {
	t.Parallel()
	o := options(spec.Options{Dir: t.TempDir()})
	o.Roles = role.NewLibrary(fstest.MapFS{
		"base/role.hcl":  {Data: []byte(`summary = "for tests"`)},
		"moon/role.hcl":  {Data: []byte("summary = \"for tests\"\nuntested = \"nobody has been there\"")},
		"earth/role.hcl": {Data: []byte(`summary = "for tests"`)},
	})
	write(t, o.Dir+"/ecluster.hcl", `
cluster "a" {
  provider = provider.test
  node_group "frontend" { count = 1 }
  node_group "compute" { count = 2 }
  role "moon" {}
  role "earth" {}
}`)
	file, diags := spec.Load(o)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	_, diags = file.Resolve("a")
	if len(diags) != 1 || diags[0].Severity != hcl.DiagWarning ||
		diags[0].Summary != `Role "moon" is untested` || diags[0].Detail != "Nobody has been there." {
		t.Errorf("got %v", diags)
	}
}
