package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTerraform is the life of a cluster whose nodes Terraform makes, with its
// provider for Docker. What exists is also asked of Terraform itself.
func TestTerraform(t *testing.T) {
	needFull(t)
	tf := newTerraform(t)
	u := newUser(t, "terra")
	u.writeSpec(`provider "terraform" { module = "docker" }

cluster "terra" {
  provider = provider.terraform
  image    = "` + nodeImage(t) + `"
  scheduler "slurm" {}
  node_group "frontend" { count = 1 }
  node_group "compute" {
    count      = 1
    attributes = { memory_mb = "512" }
  }
}`)
	u.run("start", "terra")
	u.ready("frontend001", "compute001")
	u.proveWorking(1)
	tf.has(u, "frontend001", "compute001")

	u.run("resize", "terra", "-a", "1:compute")
	u.ready("frontend001", "compute001", "compute002")
	u.proveWorking(2)
	tf.has(u, "frontend001", "compute001", "compute002")

	u.run("resize", "terra", "-r", "1:compute", "--yes")
	u.proveWorking(1)
	left := u.nodes()
	if len(left) != 2 {
		t.Errorf("after removing one of two compute nodes there are %v", left)
	}
	var names []string
	for name := range left {
		names = append(names, name)
	}
	tf.has(u, names...)

	// The folder goes once Terraform's state is empty, and not before.
	folder := u.terraformFolder()
	u.run("stop", "terra", "--yes")
	if _, err := os.Stat(folder); err == nil {
		t.Errorf("after stop, %s is still there; its state: %q", folder, tf.state(u, folder))
	}
	if out := u.run("list"); !strings.Contains(out, "no clusters") {
		t.Errorf("after stop, list says %q", out)
	}
}

// terraform is the program, Terraform or OpenTofu.
type terraform struct{ program string }

// newTerraform finds the program and makes sure that it, and ecluster, find the
// provider for Docker.
func newTerraform(t *testing.T) terraform {
	t.Helper()
	var tf terraform
	for _, name := range []string{"terraform", "tofu"} {
		if found, err := exec.LookPath(name); err == nil && tf.program == "" {
			tf.program = found
		}
	}
	if tf.program == "" {
		t.Skip("not possible here: neither terraform nor tofu is on the PATH")
	}
	config, err := exec.CommandContext(t.Context(), "go", "run", "../tools/tfdocker").Output()
	if err != nil {
		t.Fatalf("compile Terraform's provider for Docker: %v", err)
	}
	t.Setenv("TF_CLI_CONFIG_FILE", strings.TrimSpace(string(config)))
	t.Setenv("TF_PLUGIN_CACHE_DIR", t.TempDir())
	return tf
}

// state lists the resources in the state of a cluster's folder.
func (tf terraform) state(u *user, folder string) []string {
	u.Helper()
	cmd := exec.Command(tf.program, "state", "list")
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		u.Fatalf("%s state list: %v: %s", tf.program, err, out)
	}
	return strings.Fields(string(out))
}

// has fails the test unless the machines that Terraform knows are those of
// these nodes.
func (tf terraform) has(u *user, nodes ...string) {
	u.Helper()
	var got, want []string
	for _, r := range tf.state(u, u.terraformFolder()) {
		if strings.HasPrefix(r, "docker_container.") {
			got = append(got, r)
		}
	}
	for _, n := range nodes {
		want = append(want, `docker_container.node["`+n+`"]`)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		u.Errorf("Terraform's state has %q, not %q", got, want)
	}
}

// terraformFolder is where Terraform's state of the user's cluster is.
func (u *user) terraformFolder() string {
	u.Helper()
	found, err := filepath.Glob(filepath.Join(u.home, "clusters", u.cluster, "terraform", "*", "*.tf"))
	if err != nil || len(found) == 0 {
		u.Fatalf("there is no folder of Terraform's: %v", err)
	}
	return filepath.Dir(found[0])
}

// nodeImage is an image of nodes that the engine has.
func nodeImage(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", "image", "ls", "--filter", "reference=ecluster-node:debian-13-*", "--format", "{{.Repository}}:{{.Tag}}").Output()
	if err != nil {
		t.Fatal(err)
	}
	images := strings.Fields(string(out))
	if len(images) == 0 {
		t.Skip("not possible here: no image of a node (`make node-image` builds it)")
	}
	return images[0]
}
