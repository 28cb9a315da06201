package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// migrateClouds are ElastiCluster's words for each cloud that can be rehearsed.
var migrateClouds = map[string]string{
	"google": "provider=google\ngce_project_id=biology\nzone=us-central1-a\n",
	"aws":    "provider=ec2_boto\nec2_url=https://ec2.us-east-1.amazonaws.com\nec2_region=us-east-1\n",
	"azure":  "provider=azure\nlocation=East US\n",
}

const migrateConfig = `
[login/l]
image_user=karl
[setup/slurm]
frontend_groups=slurm_master
compute_groups=slurm_worker
[cluster/lab]
cloud=c
login=l
setup=slurm
image_id=debian-9-of-long-ago
flavor=FLAVOR
frontend_nodes=1
compute_nodes=1
[cluster/lab/compute]
boot_disk_size=30
`

// TestMigratedRehearses: what ElastiCluster's configuration becomes is more than
// valid: its cluster lives on each simulated cloud.
func TestMigratedRehearses(t *testing.T) {
	needFull(t)
	flavors := map[string]string{"google": "e2-standard-2", "aws": "t3.large", "azure": "Standard_D2s_v5"}
	for cloud, section := range migrateClouds {
		t.Run(cloud, func(t *testing.T) {
			u := newUser(t, "sim-none")
			u.patience = 40 * time.Minute
			u.write("config", "[cloud/c]\n"+section+strings.Replace(migrateConfig, "FLAVOR", flavors[cloud], 1))
			u.run("migrate", "config", "-o", "specs")
			// The kernel below the containers of a rehearsal may know no NFS.
			const share = "  share \"/home\" {\n    type = \"nfs\"\n  }\n"
			path := filepath.Join(u.dir, "specs", "lab.ecluster.hcl")
			text, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(text), share) {
				t.Fatalf("no home is shared: %v\n%s", err, text)
			}
			u.write("specs/lab.ecluster.hcl", strings.Replace(string(text), share, "", 1))
			u.run("rehearse", "lab", "-c", "specs")
		})
	}
}
