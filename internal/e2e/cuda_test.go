package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

// TestCUDA installs the toolkit of Debian on a node without a GPU, and compiles
// for a GPU with it. It downloads 2 GB.
func TestCUDA(t *testing.T) {
	needFull(t)
	u := newUser(t, "cuda")
	u.patience = 40 * time.Minute
	u.writeSpec(`cluster "cuda" {
  provider = provider.docker
  node_group "frontend" {
    count = 1
    role "cuda" {}
  }
}`)
	u.says(u.ends(0, "start", "cuda"), "its driver is that of its host")
	u.settled()

	u.ssh(`echo '__global__ void twice(float *x) { x[threadIdx.x] *= 2; }' >twice.cu`)
	if said := u.ssh("nvcc -arch=sm_90 -cubin -o twice.cubin twice.cu && cuobjdump -sass twice.cubin"); !strings.Contains(said, "sm_90") {
		t.Errorf("the kernel is not one for sm_90: %.400s", said)
	}

	u.refuses(t, `cluster "cuda" {
  provider = provider.docker
  node_group "frontend" {
    count = 1
    role "cuda" { version = "12.8" }
  }
}`, "Debian has one version of CUDA")
	proved(t, "debian-13", roletest.Containers, "cuda")
}
