package rehearsal

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

func ownedSpec() *cluster.Spec {
	share := func(path string, use cluster.RoleUse) []cluster.RoleUse {
		use.Label, use.Params = "home", map[string]any{"path": path, "threads": 8.0}
		return []cluster.RoleUse{{Name: "base"}, use}
	}
	return &cluster.Spec{
		Image: "ami-90a21cf9", Frontend: "frontend",
		Provider: cluster.ProviderSpec{Kind: "aws", Settings: map[string]any{"vpc": "vpc-1", "region": "eu-west-1", "tags": map[string]any{"a": "b"}}},
		Shares:   []cluster.Share{{Path: "/home", Type: "nfs", Server: "frontend"}},
		Groups: []cluster.Group{
			{Name: "frontend", Count: 1, Image: "debian-13", Settings: map[string]any{"instance_profile": "p"}, Roles: share("/home", cluster.RoleUse{Name: "nfs-server"})},
			{Name: "gpu", Count: 4, Image: "projects/p/global/images/debian-12-bookworm-v1", GPU: &cluster.GPU{Type: "a100", Count: 2}, Roles: share("/home", cluster.RoleUse{Name: "nfs-client"})},
		},
	}
}

func ownedPlugin() providers.Plugin {
	own := func(name string) schema.Attr {
		return schema.Attr{Name: name, Type: cty.String, Owned: schema.OwnedUnless("new")}
	}
	return providers.Plugin{
		Settings: schema.Schema{Attrs: []schema.Attr{own("vpc"), {Name: "region", Type: cty.String}}},
		Group:    schema.Schema{Attrs: []schema.Attr{own("instance_profile")}},
	}
}

// What only the account has is left out, NFS goes over SSH, other systems are
// Debian; each is named, and the user's spec stays as it was.
func TestStandIns(t *testing.T) {
	spec := ownedSpec()
	got := copied(spec)
	u := &understudy{spec: got}
	if err := u.standIn(ownedPlugin()); err != nil {
		t.Fatal(err)
	}
	u.places(func(place string) bool { return place != "eu-west-1" })
	if diff := cmp.Diff(ownedSpec(), spec); diff != "" {
		t.Errorf("the user's spec was changed (-want +got)\n%s", diff)
	}
	fuse := cluster.Needs{Devices: []string{"/dev/fuse"}}
	want := ownedSpec()
	want.Image = "debian-13"
	delete(want.Provider.Settings, "vpc")
	delete(want.Provider.Settings, "region")
	want.Shares[0].Type = "sshfs"
	want.Groups[0].Settings = map[string]any{}
	want.Groups[0].Needs, want.Groups[1].Needs = fuse, fuse
	want.Groups[0].Roles[1] = cluster.RoleUse{Name: "sshfs-server", Label: "home", Params: map[string]any{"path": "/home"}}
	want.Groups[1].Settings = map[string]any{}
	want.Groups[1].Image = "debian-12"
	want.Groups[1].Roles[1] = cluster.RoleUse{Name: "sshfs-client", Label: "home", Params: map[string]any{
		"path": "/home", "server": "frontend001", "mount_options": []any{},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the rehearsal's spec (-want +got)\n%s", diff)
	}
	var what []string
	for _, s := range u.standIns {
		what = append(what, s.What)
	}
	if diff := cmp.Diff([]string{
		"vpc = vpc-1", `instance_profile = p of "frontend"`,
		`image = "ami-90a21cf9"`, `image = "projects/p/global/images/debian-12-bookworm-v1"`,
		`share "/home" over NFS`, `the GPUs of "gpu"`, "region = eu-west-1",
	}, what); diff != "" {
		t.Errorf("what is named (-want +got)\n%s", diff)
	}
	if q := requisites(got); q.GPUs != 2 || len(q.Devices) != 1 {
		t.Errorf("the machines have %+v", q)
	}
}

// A file system of the cloud's own is served by the frontend in a rehearsal.
func TestManagedShareStandsIn(t *testing.T) {
	spec := &cluster.Spec{
		Frontend: "front", Shares: []cluster.Share{{Path: "/data", Type: "nfs", Keep: true}},
		Groups: []cluster.Group{
			{Name: "front", Roles: []cluster.RoleUse{{Name: "nfs-client", Params: map[string]any{"path": "/data", "address": "fs:/"}}}},
			{Name: "compute", Roles: []cluster.RoleUse{{Name: "nfs-client", Params: map[string]any{"path": "/data", "address": "fs:/"}}}},
		},
	}
	if err := (&understudy{spec: spec}).standIn(providers.Plugin{}); err != nil {
		t.Fatal(err)
	}
	if a, b := spec.Groups[0].Roles[0].Name, spec.Groups[1].Roles[0].Name; a != "sshfs-server" || b != "sshfs-client" {
		t.Errorf("front has %s, compute has %s", a, b)
	}
}

// The copies of a share lie on all nodes that serve it, so they stay as many.
func TestServersAreNotFewer(t *testing.T) {
	spec := &cluster.Spec{
		Provider: cluster.ProviderSpec{Settings: map[string]any{}},
		Shares:   []cluster.Share{{Path: "/data", Type: "glusterfs", Server: "storage"}},
		Groups:   []cluster.Group{{Name: "storage", Count: 4, MinCount: 4}, {Name: "compute", Count: 40, MinCount: 1}},
	}
	got := scaled(spec, 3, nil)
	if got.Groups[0].Count != 4 || got.Groups[1].Count != 3 || got.Groups[1].MinCount != 1 {
		t.Errorf("groups %+v", got.Groups)
	}
}
