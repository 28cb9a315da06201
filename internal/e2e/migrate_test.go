package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// migrated are the clusters of the configurations that package migrate is
// tested with, where there is a simulated cloud to rehearse them on. Those of
// OpenStack and other clouds become Terraform modules, for which there is none.
func migrated() map[string][]string {
	return map[string][]string{
		"google": {"slurm-on-gce", "sge-small"},
		"aws":    {"spot", "elsewhere"},
		"azure":  {"azure-condor", "azure-slurm"},
		"others": {"amazon"},
	}
}

// outOfReach is what a migrated spec asks of places that the tests can't reach,
// and what is there in its place: NVIDIA's repository.
func outOfReach() *strings.Replacer {
	return strings.NewReplacer("source  = \"nvidia\"\n      version = \"12.8\"", "toolkit = false")
}

// TestMigratedRehearses: what ElastiCluster's configurations become is more
// than valid. Each cluster lives on its simulated cloud.
func TestMigratedRehearses(t *testing.T) {
	needFull(t)
	t.Setenv("MACHINE_TYPE", "e2-standard-2")
	t.Setenv("AZURE_SUBSCRIPTION_ID", "00000000-0000-0000-0000-000000000000")
	for config, clusters := range migrated() {
		text, err := os.ReadFile(filepath.Join("..", "migrate", "testdata", config+".ini"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range clusters {
			t.Run(name, func(t *testing.T) {
				u := newUser(t, "sim-none")
				u.patience = 20 * time.Minute
				u.write("config", string(text))
				u.run("migrate", "config", "-o", "specs")
				path := filepath.Join("specs", name+".ecluster.hcl")
				spec, err := os.ReadFile(filepath.Join(u.dir, path))
				if err != nil {
					t.Fatal(err)
				}
				u.write(path, outOfReach().Replace(string(spec)))
				u.run("rehearse", name, "-c", "specs")
			})
		}
	}
}
