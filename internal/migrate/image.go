package migrate

import (
	"regexp"
	"slices"
	"strings"
)

// imageUsers are users that images bring along. They administer the machine and
// have other numbers than ecluster's ordinary user.
var imageUsers = map[string]bool{
	"root": true, "ubuntu": true, "debian": true, "admin": true, "centos": true, "rocky": true, "almalinux": true,
	"ec2-user": true, "cloud-user": true, "fedora": true, "azureuser": true,
}

var loginName = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)

var system = regexp.MustCompile(`(?i)(ubuntu|debian|centos|rocky|almalinux|rhel)[^0-9]*([0-9]+(?:\.[0-9]+)?)`)

// image writes the image of a group, or of the cluster where g is nil.
func (w *clusterWriter) image(g *group, b *body) {
	var o *option
	if g != nil {
		o = w.option(g, "image_id")
	} else {
		o = w.section.find("image_id")
	}
	if o == nil {
		return
	}
	value := w.value(o)
	name, version, current := recognise(value)
	switch {
	case name == "":
		w.note(w.name, o, Todo, "see that it is an image of a system that the roles know: %s", strings.Join(w.platforms(""), ", "))
	case !current:
		if !w.cloud.aliases() {
			w.note(w.name, o, Todo, "%s %s is too old for ecluster's roles; choose one of %s", name, version, strings.Join(w.platforms(name), ", "))
			break
		}
		alias := w.platforms(name)[0]
		w.note(w.name, o, Changed, "%s %s is too old for ecluster's roles; the nodes boot %s", name, version, alias)
		b.noted("image", str(alias), "was "+printable(value))
		return
	}
	b.attr("image", w.cloud.image(w, o, value))
}

// recognise reads the operating system from the name of an image.
func recognise(image string) (name, version string, current bool) {
	m := system.FindStringSubmatch(image)
	if m == nil {
		return "", "", false
	}
	name, version = strings.ToLower(m[1]), m[2]
	major, _, _ := strings.Cut(version, ".")
	switch name {
	case "ubuntu":
		current = strings.ReplaceAll(version, ".", "") == "2404"
	case "debian":
		current = major == "12" || major == "13"
	case "centos":
	default:
		current = major == "9"
	}
	return name, version, current
}

// platforms are the systems on which all roles of the cluster work, those that
// are nearest to name first.
func (w *clusterWriter) platforms(name string) []string {
	order := []string{"debian-13", "debian-12", "ubuntu-24.04", "rocky-9"}
	switch name {
	case "ubuntu":
		order = []string{"ubuntu-24.04", "debian-13", "debian-12", "rocky-9"}
	case "centos", "rhel", "rocky", "almalinux":
		order = []string{"rocky-9", "debian-13", "debian-12", "ubuntu-24.04"}
	}
	if w.Platforms == nil {
		return order
	}
	roles := w.roleNames()
	fit := slices.DeleteFunc(slices.Clone(order), func(p string) bool {
		return slices.ContainsFunc(roles, func(r string) bool {
			on := w.Platforms(r)
			return len(on) > 0 && !slices.Contains(on, p)
		})
	})
	if len(fit) == 0 {
		return order
	}
	return fit
}

// roleNames are the roles that the cluster uses, as far as they may depend on
// the system.
func (w *clusterWriter) roleNames() []string {
	var out []string
	if s := w.plan.scheduler; s != nil {
		out = append(out, s.roles...)
	}
	for _, s := range w.plan.shares {
		out = append(out, s.kind+"-server", s.kind+"-client")
	}
	for _, r := range w.plan.everywhere {
		out = append(out, r.name)
	}
	for _, g := range w.groups {
		for _, r := range g.roles {
			out = append(out, r.name)
		}
	}
	return out
}
