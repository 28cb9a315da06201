package terraform

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/providertest"
)

// needTool leaves a test out where there is no Terraform.
func needTool(t *testing.T) {
	t.Helper()
	for _, name := range []string{"terraform", "tofu"} {
		if _, err := exec.LookPath(name); err == nil {
			return
		}
	}
	t.Skip("not possible here: neither terraform nor tofu is on the PATH")
}

// filesCloud is the cloud of testdata/files.
type filesCloud struct {
	cloud, home string
}

func newFilesCloud(t *testing.T) *filesCloud {
	t.Helper()
	needTool(t)
	return &filesCloud{cloud: t.TempDir(), home: filepath.Join(t.TempDir(), "terraform")}
}

// open returns a driver as a new process would have it.
func (f *filesCloud) open(t *testing.T) *Driver {
	t.Helper()
	d, err := open(schema.Values{
		"module":              "./testdata/files",
		"variables":           map[string]any{"cloud": f.cloud},
		"sensitive_variables": map[string]any{"password": "correct horse"},
	}, environment(append(os.Environ(), "TF_PLUGIN_CACHE_DIR="+t.TempDir())))
	if err != nil {
		t.Fatal(err)
	}
	d.Keep(f.home)
	return d
}

// machines are the files of a cluster.
func (f *filesCloud) machines(t *testing.T, id cluster.ID) []string {
	t.Helper()
	entries, err := os.ReadDir(f.cloud)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if name, ok := strings.CutPrefix(e.Name(), string(id)+"."); ok {
			out = append(out, name)
		}
	}
	return out
}

func filesNode(name cluster.NodeName, attributes map[string]any) providers.NodeRequest {
	return providers.NodeRequest{
		Name: name, Image: "some-image",
		Group: cluster.Group{Name: name.Group(), Count: 1, Settings: map[string]any{"attributes": attributes}},
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Server(t, "Terraform, module of files")
	f := newFilesCloud(t)
	providertest.Run(t, providertest.Harness{
		Open: func(t *testing.T) providers.Driver { t.Helper(); return f.open(t) },
		Node: func(name cluster.NodeName, group cluster.GroupName) providers.NodeRequest {
			n := filesNode(name, nil)
			n.Group.Name = group
			return n
		},
		Spoil: func(n providers.NodeRequest) providers.NodeRequest {
			n.Group.Settings = map[string]any{"attributes": map[string]any{"fail": "the cloud"}}
			return n
		},
		UnknownImage:    "no-such-image",
		UnknownInstance: "0b5d3a4e-0000-0000-0000-000000000000",
		Access:          providers.Access{AuthorizedKey: "ssh-ed25519 AAAA", HostKey: "private", HostKeyPublic: "ssh-ed25519 BBBB"},
		Leftovers: func(t *testing.T, id cluster.ID) []string {
			t.Helper()
			left := f.machines(t, id)
			if _, err := os.Stat(filepath.Join(f.home, string(id))); err == nil {
				left = append(left, "the state of Terraform")
			}
			return left
		},
		Skip: map[providertest.Case]string{
			providertest.Volumes: "does not apply: a module has no volumes that outlive it",
		},
	})
}
