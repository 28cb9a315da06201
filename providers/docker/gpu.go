package docker

import (
	"fmt"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// typeFake is the type of accelerators that are device files and nothing more:
// a scheduler hands them out like real ones, but no program can use them.
const typeFake = "fake"

// nvidiaMajor is the number of NVIDIA's devices. The control group of a
// container keeps its processes from opening one.
const nvidiaMajor = 195

func pretended(gpu *cluster.GPU) bool { return gpu.Type == typeFake }

// PretendedGPUsFile is where what PretendedGPUs returns belongs, in an archive
// of the root file system.
const PretendedGPUsFile = "etc/tmpfiles.d/ecluster-gpu.conf"

// PretendedGPUs makes the device files of n GPUs at each boot, in the format of
// tmpfiles.d: the /dev of a container is new each time.
func PretendedGPUs(n int) string {
	var b strings.Builder
	b.WriteString("# Written by ecluster: GPUs for rehearsals, which are only files.\n")
	for i := range n {
		fmt.Fprintf(&b, "c /dev/nvidia%d 0666 0 0 - %d:%d\n", i, nvidiaMajor, i)
	}
	return b.String()
}
