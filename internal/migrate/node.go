package migrate

import (
	"fmt"
	"strconv"
	"strings"
)

// node writes the block of a node group.
func (w *clusterWriter) node(g *group, into *body) {
	b := &into.block("node_group", g.name).body
	b.attr("count", integer(g.count))
	if g.min < g.count {
		b.noted("min_count", integer(g.min), "fewer than that are a failure")
	}
	if o := w.option(g, "flavor"); o != nil {
		b.attr("machine_type", w.expression(o))
	} else {
		w.notes.add(Note{
			File: w.section.at.Filename, Line: w.section.at.Start.Line, Section: w.section.name, Kind: Todo,
			Reason: fmt.Sprintf("no flavor is given for %s; the provider's own default is taken", g.class), cluster: w.name,
		})
	}
	if g.override != nil && g.override.find("image_id") != nil {
		w.image(g, b)
	}
	w.userData(g, b)
	w.cloud.node(w, g, b)
	w.common(g)
	for _, r := range g.roles {
		r.write(b)
	}
}

// userData hands over the user's own boot script.
func (w *clusterWriter) userData(g *group, b *body) {
	o := w.option(g, "image_userdata")
	if o == nil {
		if o = w.login.find("image_userdata"); o == nil {
			return
		}
	}
	script := w.interpolated(o)
	private := secretKey.MatchString(script) || w.cfg.shows(o)
	switch {
	case strings.TrimSpace(script) == "":
	case private || strings.Contains(script, "\n"):
		name := fmt.Sprintf("%s-%s.userdata.sh", w.name, g.name)
		w.files = append(w.files, File{Name: name, Text: []byte(script + "\n"), Private: private})
		b.attr("user_data", call("file", name))
	default:
		b.attr("user_data", str(script))
	}
	if private {
		w.note(w.name, o, Todo, "the boot script seems to hold a password or a key, which every root of the node can read: look at it, and keep its file to yourself")
	}
}

// common notes the options of nodes for which no cloud has a counterpart.
func (w *clusterWriter) common(g *group) {
	if o := w.option(g, "security_group"); o != nil {
		w.note(w.name, o, Changed, "the cluster has a firewall of its own: SSH from you (network { ssh_from }), all traffic between its nodes. Other ports: ecluster tunnel")
	}
	if o := w.option(g, "login"); o != nil {
		o.use()
	}
}

// bootDisk writes the block of the disk that nodes boot from.
func (w *clusterWriter) bootDisk(g *group, b *body, typeKey string) {
	size, kind := w.option(g, "boot_disk_size"), w.option(g, typeKey)
	if size == nil && kind == nil {
		return
	}
	d := b.block("boot_disk")
	if size != nil {
		if n, err := strconv.Atoi(w.settled(size)); err == nil && n > 0 {
			d.attr("size_gb", integer(n))
		} else {
			w.note(w.name, size, Dropped, "not a number of GB")
		}
	}
	if kind != nil {
		d.attr("type", w.expression(kind))
	}
}

// spot makes the machines of a group spot machines.
func (w *clusterWriter) spot(g *group, o *option, b *body) {
	if g == w.frontend {
		w.note(w.name, o, Changed, "the frontend %q is no spot machine: with it the cluster and its files would go", g.name)
		return
	}
	b.noted("spot", boolean(true), "cheaper, and the cloud may take it back; its jobs run again")
}

// user writes who logs in.
func (w *clusterWriter) user(b *body) {
	l := w.login
	name := ""
	if o := l.find("image_user"); o != nil {
		name = w.settled(o)
		switch {
		case imageUsers[name]:
			w.note(w.name, o, Changed, "%q is the image's own user, who sets the nodes up; jobs run as an ordinary user called ecluster (login { user })", name)
			name = ""
		case !loginName.MatchString(name):
			w.note(w.name, o, Changed, "%q can't be a user everywhere; it is called ecluster (login { user })", printable(name))
			name = ""
		}
	}
	sudo := true
	if o := l.find("image_sudo"); o != nil {
		sudo = isYes(w.settled(o))
	}
	if name != "" || sudo {
		in := b.block("login")
		if name != "" {
			in.attr("user", str(name))
		}
		if sudo {
			in.noted("sudo", boolean(true), "as with ElastiCluster; without it: ecluster ssh --admin")
		}
	}
	for key, reason := range map[string]string{
		"user_key_name":    "each cluster has an SSH key of its own, which ecluster makes and uses",
		"user_key_private": "each cluster has an SSH key of its own, which ecluster makes and uses",
		"user_key_public":  "each cluster has an SSH key of its own; let others in with the role users",
		"image_user_sudo":  "set-up runs as root",
	} {
		if o := l.find(key); o != nil {
			w.note("", o, Unneeded, "%s", reason)
		}
	}
}
