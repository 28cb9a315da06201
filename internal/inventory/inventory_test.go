package inventory_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/inventory"
	"github.com/ecluster/ecluster/internal/state"
)

func lab() *state.State {
	node := func(name, group, ip string) *cluster.Node {
		return &cluster.Node{Name: cluster.NodeName(name), Group: cluster.GroupName(group), Instance: "i-1", PrivateIP: ip, Phase: cluster.Ready}
	}
	return &state.State{
		Name: "lab", Spec: cluster.Spec{Frontend: "frontend"},
		Nodes: map[cluster.NodeName]*cluster.Node{
			"frontend001": node("frontend001", "frontend", "10.0.0.2"),
			"big-gpu001":  node("big-gpu001", "big-gpu", "10.0.0.3"),
			"big-gpu002":  {Name: "big-gpu002", Group: "big-gpu", Phase: cluster.Planned},
		},
	}
}

// access has a path that everybody who does not quote stumbles over.
var access = inventory.Access{User: "ada", Key: "/home/a b/key", SSHConfig: "/home/a b/it's {{ here }}/ssh_config"}

func TestHosts(t *testing.T) {
	t.Parallel()
	got, err := inventory.Write(lab(), access, inventory.Hosts)
	if want := "10.0.0.3\tbig-gpu001\n10.0.0.2\tfrontend001\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := inventory.Write(lab(), access, "xml"); err == nil {
		t.Error("xml is a format")
	}
}

func TestAnsible(t *testing.T) {
	t.Parallel()
	got, err := inventory.Write(lab(), inventory.Access{User: "root", Key: "/k", SSHConfig: "/c"}, inventory.Ansible)
	if err != nil {
		t.Fatal(err)
	}
	want := `# Cluster lab, by 'ecluster inventory'. Write it anew when nodes come and go.
all:
  children:
    big_gpu:
      hosts:
        big-gpu001:
          ansible_host: lab-big-gpu001
          ecluster_group: big-gpu
          private_ip: 10.0.0.3
    frontend:
      hosts:
        frontend001:
          ansible_host: lab-frontend001
          ecluster_group: frontend
          private_ip: 10.0.0.2
  vars:
    ansible_ssh_common_args: -F '/c'
    ansible_ssh_private_key_file: /k
    ansible_user: root
    ecluster_frontend: frontend001
    ecluster_name: lab
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// What the real Ansible makes of both forms is the same.
func TestRealAnsible(t *testing.T) {
	if os.Getenv("ECLUSTER_E2E") == "" {
		t.Skip("runs in make e2e")
	}
	program, err := exec.LookPath("ansible-inventory")
	if err != nil {
		t.Skip("not possible here: there is no ansible-inventory")
	}
	dir := t.TempDir()
	var seen []string
	for _, f := range []inventory.Format{inventory.Ansible, inventory.JSON} {
		text, err := inventory.Write(lab(), access, f)
		if err != nil {
			t.Fatal(err)
		}
		path, mode := filepath.Join(dir, "lab.yml"), os.FileMode(0o600)
		if f == inventory.JSON { // a script that prints it
			path, mode = filepath.Join(dir, "lab.sh"), 0o700
			text = append([]byte("#!/bin/sh\ncat <<'END'\n"), append(text, "END\n"...)...)
		}
		if err := os.WriteFile(path, text, mode); err != nil {
			t.Fatal(err)
		}
		for _, query := range [][]string{{"--list"}, {"--host", "big-gpu001"}} {
			cmd := exec.Command(program, append([]string{"-i", path}, query...)...)
			cmd.Env = append(os.Environ(), "HOME="+dir, "ANSIBLE_LOCALHOST_WARNING=false", "LC_ALL=C.UTF-8")
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
			}
			var v any
			if err := json.Unmarshal(out, &v); err != nil {
				t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
			}
			again, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, string(again))
		}
	}
	if diff := cmp.Diff(seen[:2], seen[2:]); diff != "" {
		t.Errorf("the two forms differ (-ansible +json):\n%s", diff)
	}
	t.Log(seen[1])
}
