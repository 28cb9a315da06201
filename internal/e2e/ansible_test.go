package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

const ansibleSpec = `
cluster "play" {
  provider = provider.docker
  node_group "frontend" {
    count  = 1
    memory = "1GB"
  }
  node_group "compute" {
    count  = 1
    cpus   = 1
    memory = "512MB"
  }
  role "ansible" {
    playbook = file("site.yml")
    files    = { "templates/there.j2" = "{{ greeting }} from {{ inventory_hostname }}: {{ groups['all'] | sort | join(' ') }}\n" }
    vars     = { greeting = "Hello", numbers = [1, 2] }
    groups   = { compute = ["slurm_worker"] }
  }
}
`

const ansiblePlaybook = `
- hosts: all
  tasks:
    - template: { src: there.j2, dest: /etc/there }
- hosts: slurm_worker
  tasks:
    - copy: { content: "{{ numbers | sum }}\n", dest: /etc/sum }
`

// TestAnsible: a playbook runs on all nodes, on those that come later, and
// again when it changes; what is wrong with it is said where it is.
func TestAnsible(t *testing.T) {
	needFull(t)
	u := newUser(t, "play")
	u.patience = 40 * time.Minute // Ansible is a hundred packages
	u.write("ecluster.hcl", ansibleSpec)
	u.write("site.yml", ansiblePlaybook)
	u.run("start", "play")
	u.settled()
	u.played("frontend001", "/etc/there", "Hello from frontend001:")
	u.played("compute001", "/etc/there", "Hello from compute001:")
	u.played("compute001", "/etc/sum", "3")
	proved(t, "debian-13", roletest.Containers, "ansible")

	t.Run("a node that comes later", func(t *testing.T) {
		u := u.within(t)
		u.run("resize", "play", "-a", "1:compute")
		u.played("compute002", "/etc/there", "Hello from compute002: compute001 compute002 frontend001")
	})

	t.Run("a task that fails on one node", func(t *testing.T) {
		u := u.within(t)
		u.write("site.yml", ansiblePlaybook+"    - command: /bin/false\n      when: inventory_hostname == 'compute002'\n")
		_, _ = u.try("start", "play") // the spec wants one compute node, and has it
		if nodes := u.nodes(); nodes["compute001"] != "ready" || nodes["compute002"] != "failed" {
			t.Errorf("nodes are %v", nodes)
		}
	})

	t.Run("no playbook", func(t *testing.T) {
		u := u.within(t)
		u.write("site.yml", "- hosts: all\n  fishing: true\n")
		_, err := u.try("start", "play")
		if err == nil {
			t.Error("a playbook that is none was taken")
		}
	})

	u.write("site.yml", ansiblePlaybook+"    - copy: { content: more, dest: /etc/more }\n")
	u.run("start", "play")
	u.played("compute002", "/etc/more", "more")
	u.run("stop", "play", "--yes")
}

// played looks whether a file of a node has a text.
func (u *user) played(node, file, text string) {
	u.Helper()
	if out := u.run("ssh", u.cluster, "-n", node, "--", "cat "+file); !strings.Contains(out, text) {
		u.Errorf("%s of %s holds %q, not %q", file, node, out, text)
	}
}
