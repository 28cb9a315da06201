package migrate

import (
	"strings"
)

// planAnsible converts a playbook of the user's own, and notes how Ansible was
// to be run.
func (w *clusterWriter) planAnsible() {
	for _, o := range w.setup.options {
		switch key := o.key; {
		case o.used:
		case key == "provider":
			w.note("", o, Unneeded, "roles set the nodes up, over one SSH session each")
		case key == "playbook_path":
			w.playbook(o)
		case key == "slow_but_safer" || key == "safe_but_slower":
			w.note("", o, Unneeded, "eatmydata is not used")
		case key == "ansible_extra_args":
			w.note("", o, Todo, "role ansible takes tags, skip_tags and vars; other arguments have no counterpart")
		case strings.HasPrefix(key, "ansible_"):
			w.note("", o, Unneeded, "set-up does not run Ansible")
		}
	}
}

// playbook hands the user's own playbook to the role ansible.
func (w *clusterWriter) playbook(o *option) {
	path := w.value(o)
	for _, name := range playbookVars {
		if strings.Contains(path, "${"+name+"}") {
			w.note(w.name, o, Unneeded, "it is one of ElastiCluster's own playbooks, whose work the roles do")
			return
		}
	}
	w.note(w.name, o, Todo, "role ansible runs it after everything else; what it took from ElastiCluster's playbooks is not there")
	use := roleUse{name: "ansible", comment: "Your own playbook, run from the frontend on all nodes after everything else."}
	use.body.attr("playbook", call("file", w.settled(o)))
	w.plan.everywhere = append(w.plan.everywhere, use)
}
