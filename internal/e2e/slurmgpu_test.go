package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

const slurmGPUSpec = `cluster "slurmgpu" {
  provider = provider.docker

  scheduler "slurm" {
    accounting = true
  }
  share "/home" {
    type = "volume"
  }
  node_group "frontend" {
    count = 1
  }
  node_group "gpu" {
    count  = 1
    cpus   = 2
    memory = "1GB"
    gpu {
      type  = "fake"
      count = 2
    }
  }
}
`

// oneGPU is a task that waits for its sibling, so that both have their device
// at the same time, and says which one it got.
const oneGPU = `#!/bin/sh
#SBATCH --array=1-2 --gres=gpu:1 --output=gpu-%a.out
touch "up.$SLURM_ARRAY_TASK_ID"
until [ -e up.1 ] && [ -e up.2 ]; do sleep 0.2; done
echo "$CUDA_VISIBLE_DEVICES $(stat -c %n,%t,%T "/dev/nvidia$CUDA_VISIBLE_DEVICES")"
`

// TestSlurmGPU hands out GPUs that are only device files.
func TestSlurmGPU(t *testing.T) {
	needFull(t)
	u := newUser(t, "slurmgpu")
	u.patience = patient
	u.write("ecluster.hcl", slurmGPUSpec)
	u.run("start", "slurmgpu")
	u.settled()

	u.ssh("cat >one.sh <<'END'\n" + oneGPU + "END")
	id := u.submit("one.sh")
	u.eventually(5*time.Minute, func() error { return u.ended(id, 2) })
	got := strings.Split(strings.TrimSpace(u.ssh("cat gpu-1.out gpu-2.out")), "\n")
	slices.Sort(got)
	if want := []string{"0 /dev/nvidia0,c3,0", "1 /dev/nvidia1,c3,1"}; !slices.Equal(got, want) {
		t.Errorf("the two tasks saw %q, not %q", got, want)
	}
	if out := u.ssh("sacct -X -n -P -o alloctres%60 -j " + id); strings.Count(out, "gres/gpu=1") != 2 {
		t.Errorf("the record of the tasks has no GPU: %q", out)
	}
	if out := u.ssh("srun --gres=gpu:fake:2 sh -c 'echo $CUDA_VISIBLE_DEVICES'"); strings.TrimSpace(out) != "0,1" {
		t.Errorf("a task with both GPUs sees %q", out)
	}
	if out := u.ssh("srun --gres=gpu:3 true 2>&1 || true"); !strings.Contains(out, "not available") {
		t.Errorf("three GPUs of two were given: %q", out)
	}

	t.Run("fewer than promised", func(t *testing.T) {
		u := u.within(t)
		u.write("ecluster.hcl", strings.Replace(slurmGPUSpec, "count = 2", "count = 3", 1))
		said := u.ends(1, "start", "slurmgpu")
		u.says(said, "gpu001 has no /dev/nvidia2, but its group promises 3 GPUs a node: install the driver")
		u.write("ecluster.hcl", slurmGPUSpec)
		u.run("start", "slurmgpu")
		u.ready("frontend001", "gpu001")
		if out := u.ssh("srun --gres=gpu:2 hostname"); strings.TrimSpace(out) != "gpu001" {
			t.Errorf("after the spec was mended a job answers %q", out)
		}
	})
	proved(t, "debian-13", roletest.Containers, "slurm-accounting", "slurm-controller", "slurm-worker")
	u.run("stop", "slurmgpu", "--yes")
}
