package docker

import (
	"archive/tar"
	"io"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// TestPretendedGPUs asks for accelerators that are only files: the engine
// needs no runtime for them, and the node makes them at each boot.
func TestPretendedGPUs(t *testing.T) {
	_, d := newStub(t, nil)
	n := nodeRequest("gpu001")
	n.Group.GPU = &cluster.GPU{Type: typeFake, Count: 2}
	if asked := d.createOptions(engineFacts{}, launchRequest(n), n).HostConfig.DeviceRequests; len(asked) != 0 {
		t.Errorf("the engine is asked for %v", asked)
	}
	for _, f := range checkGroup(engineFacts{size: cluster.Shape{CPUs: 64, Memory: cluster.TiB}}, n.Group) {
		if f.Attr == "gpu" {
			t.Errorf("refused: %s", f.Summary)
		}
	}

	archive, err := bootFiles(providers.Access{}, n.Group.GPU)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(archive); ; {
		h, err := r.Next()
		if err != nil {
			t.Fatalf("the node gets no device files: %v", err)
		}
		if h.Name != "etc/tmpfiles.d/ecluster-gpu.conf" {
			continue
		}
		text, err := io.ReadAll(r)
		want := "# Written by ecluster: GPUs for rehearsals, which are only files.\n" +
			"c /dev/nvidia0 0666 0 0 - 195:0\nc /dev/nvidia1 0666 0 0 - 195:1\n"
		if err != nil || string(text) != want {
			t.Errorf("got %q, %v", text, err)
		}
		return
	}
}
