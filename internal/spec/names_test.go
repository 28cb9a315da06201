package spec_test

import (
	"slices"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/roles"
)

// Where machines don't find each other by name, the frontend answers.
func TestNamesAreServedWhereTheyDontResolve(t *testing.T) {
	const text = `
cluster "a" {
  provider = provider.cloud
  node_group "frontend" { count = 1 }
  node_group "compute" { count = 2 }
}`
	for _, resolve := range []bool{true, false} {
		o := options(spec.Options{})
		o.Roles = role.NewLibrary(roles.FS)
		o.Providers = map[string]providers.Plugin{"cloud": {Kind: "cloud", NamesResolve: resolve}}
		o.Dir = t.TempDir()
		write(t, o.Dir+"/ecluster.hcl", text)
		file, diags := spec.Load(o)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		s, diags := file.Resolve("a")
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for group, want := range map[cluster.GroupName]string{"frontend": "names-server", "compute": "names-client"} {
			g, _ := s.Group(group)
			has := slices.ContainsFunc(g.Roles, func(u cluster.RoleUse) bool { return u.Name == want })
			if has == resolve {
				t.Errorf("names resolve: %v; %s has the role %s: %v", resolve, group, want, has)
			}
		}
	}
}
