package rehearsal

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/catalog"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// StandIn is something of the spec that a rehearsal does without, because only
// the user's account has it or because a container can't do it.
type StandIn struct {
	What    string `json:"what"`    // as the spec says it
	Instead string `json:"instead"` // what the rehearsal has in its place
}

// Machine systems that simulated machines can run.
const (
	systemDefault = "debian-13"
	systemOlder   = "debian-12"
)

// understudy replaces in a spec what a rehearsal can't have. It changes the
// spec, whose groups and settings must be copies.
type understudy struct {
	spec     *cluster.Spec
	standIns []StandIn
}

// standIn goes through the whole spec.
func (u *understudy) standIn(plugin providers.Plugin) error {
	spec := u.spec
	u.owned("", spec.Provider.Settings, plugin.Settings)
	for i := range spec.Groups {
		g := &spec.Groups[i]
		u.owned(fmt.Sprintf(" of %q", g.Name), g.Settings, plugin.Group)
	}
	if err := u.images(); err != nil {
		return err
	}
	for i := range spec.Shares {
		if s := &spec.Shares[i]; s.Type == "nfs" {
			u.overSSH(s)
		}
	}
	for _, g := range spec.Groups {
		if g.GPU != nil {
			u.note(fmt.Sprintf("the GPUs of %q", g.Name), "device files: the scheduler hands them out, and nothing can use them")
		}
	}
	return nil
}

func (u *understudy) note(what, instead string) {
	s := StandIn{What: what, Instead: instead}
	if !slices.Contains(u.standIns, s) {
		u.standIns = append(u.standIns, s)
	}
}

// owned leaves out what names a thing of the user's account.
func (u *understudy) owned(whose string, settings map[string]any, of schema.Schema) {
	for _, a := range of.Attrs {
		v, given := settings[a.Name]
		if !given || a.Owned == nil || !a.Owned(v) {
			continue
		}
		delete(settings, a.Name)
		u.note(fmt.Sprintf("%s = %v%s", a.Name, v, whose), "left out: only your account has it")
	}
}

// placeNames are the attributes that say where nodes are.
func placeNames() []string { return []string{"zone", "zones", "region", "location"} }

// places leaves out where nodes are if the simulated cloud is smaller than that.
func (u *understudy) places(knows func(place string) bool) {
	leave := func(settings map[string]any, whose string) {
		for _, name := range placeNames() {
			list, isList := settings[name].([]any)
			if !isList && settings[name] != nil {
				list = []any{settings[name]}
			}
			if slices.ContainsFunc(list, func(v any) bool { return !knows(fmt.Sprint(v)) }) {
				u.note(fmt.Sprintf("%s = %v%s", name, settings[name], whose), "a place that the simulated cloud has")
				delete(settings, name)
			}
		}
	}
	leave(u.spec.Provider.Settings, "")
	for _, g := range u.spec.Groups {
		leave(g.Settings, fmt.Sprintf(" of %q", g.Name))
	}
}

// images replaces the systems that no simulated machine can run.
func (u *understudy) images() error {
	known, err := catalog.LoadImages()
	if err != nil {
		return fmt.Errorf("rehearse: %w", err)
	}
	replace := func(image string) string {
		system := image
		if i, is := known[image]; is {
			system = i.Platform
		}
		switch {
		case image == "", image == systemDefault, image == systemOlder:
			return image
		case strings.Contains(system, systemOlder):
			system = systemOlder
		default:
			system = systemDefault
		}
		u.note(fmt.Sprintf("image = %q", image), system+": the machines of a rehearsal run nothing else")
		return system
	}
	u.spec.Image = replace(u.spec.Image)
	for i := range u.spec.Groups {
		g := &u.spec.Groups[i]
		g.Image = replace(g.Image)
	}
	return nil
}

// The roles of a share over NFS, and those that take their place.
const (
	nfsServer, nfsClient = "nfs-server", "nfs-client"
	sshServer, sshClient = "sshfs-server", "sshfs-client"
	fuse                 = "/dev/fuse"
)

// overSSH gives a share over NFS, whose server and client are parts of a
// kernel, the roles of one over SSH. What nobody of the cluster serves comes
// from the frontend.
func (u *understudy) overSSH(s *cluster.Share) {
	u.note(fmt.Sprintf("share %q over NFS", s.Path), "over SSH: a container can't serve or mount NFS")
	server := cmp.Or(s.Server, u.spec.Frontend)
	s.Type, s.Server = "sshfs", server
	for i := range u.spec.Groups {
		g := &u.spec.Groups[i]
		for j := range g.Roles {
			use := &g.Roles[j]
			if (use.Name != nfsServer && use.Name != nfsClient) || use.Params["path"] != s.Path {
				continue
			}
			use.Name, use.Params = sshClient, map[string]any{
				"path": s.Path, "server": string(cluster.NewNodeName(server, 1)), "mount_options": []any{},
			}
			if g.Name == server {
				use.Name, use.Params = sshServer, map[string]any{"path": s.Path}
			}
		}
		if !slices.Contains(g.Needs.Devices, fuse) {
			g.Needs.Devices = append(g.Needs.Devices, fuse)
		}
	}
}

// copied returns a spec that can be changed without changing the user's.
func copied(spec *cluster.Spec) *cluster.Spec {
	s := *spec
	s.Provider.Settings = cloned(spec.Provider.Settings)
	s.Shares = slices.Clone(spec.Shares)
	s.Groups = slices.Clone(spec.Groups)
	for i := range s.Groups {
		g := &s.Groups[i]
		g.Settings = cloned(g.Settings)
		g.Roles = slices.Clone(g.Roles)
		g.Needs.Devices = slices.Clone(g.Needs.Devices)
	}
	return &s
}

func cloned(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return maps.Clone(m)
}
