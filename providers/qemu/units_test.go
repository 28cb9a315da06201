package qemu

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

func TestSettings(t *testing.T) {
	d, err := open(schema.Values{}, func(name string) string {
		return map[string]string{"ECLUSTER_HOME": "/srv/home"}[name]
	})
	if err != nil || d.dir != "/srv/home/qemu" || d.accel != accelAuto || !strings.HasSuffix(d.images, "ecluster/qemu") {
		t.Errorf("%+v, %v", d, err)
	}
	for text, v := range map[string]any{
		"at least 512MB": "256MB",
		"":               "512MB",
	} {
		if err := checkMemory(v); (err == nil) != (text == "") || err != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("memory %v: %v, want %q", v, err, text)
		}
	}
	disks := func(sizes ...float64) any {
		var list []any
		for _, s := range sizes {
			list = append(list, map[string]any{"size_gb": s})
		}
		return list
	}
	for text, v := range map[string]any{
		"size_gb = 0":             disks(1, 0),
		"at most 8":               disks(1, 1, 1, 1, 1, 1, 1, 1, 1),
		"between 1 and 65536":     disks(100000),
		"":                        disks(1, 2),
		"no name of a Debian pac": []any{"nginx", "a b"},
	} {
		check := checkDisks
		if strings.HasPrefix(text, "no name") {
			check = checkPackages
		}
		if err := check(v); (err == nil) != (text == "") || err != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("%v: %v, want %q", v, err, text)
		}
	}
}

// Another recipe, list of packages or mirror is another image.
func TestImageFolders(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range []*Driver{
		{images: "/i"}, {images: "/i", mirror: "http://m/"}, {images: "/i", packages: []string{"b", "a"}},
	} {
		for _, name := range []string{"debian-12", "debian-13"} {
			r, _ := recipeFor(name)
			seen[d.folder(r)] = true
		}
	}
	if len(seen) != 6 {
		t.Errorf("six images have the folders %v", seen)
	}
	r, _ := recipeFor("")
	a, b := &Driver{packages: []string{"b", "a", "a"}}, &Driver{packages: []string{"a", "b"}}
	if a.folder(r) != b.folder(r) {
		t.Error("the order of packages makes another image")
	}
	if _, err := a.image("nginx"); a.ErrorKind(err) != providers.NotFound {
		t.Errorf("an image that is neither ours nor a file: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	var taken []machine
	for i := range maxNodes {
		a, err := freeAddress(taken)
		if err != nil {
			t.Fatalf("machine %d: %v", i+1, err)
		}
		taken = append(taken, machine{record: record{Address: a}})
	}
	if last := taken[maxNodes-1].Address; last != netip.MustParseAddr("10.77.0.254") {
		t.Errorf("the last address is %s", last)
	}
	if _, err := freeAddress(taken); (*Driver)(nil).ErrorKind(err) != providers.Capacity {
		t.Errorf("one too many: %v", err)
	}
	if a, err := freeAddress(taken[1:]); err != nil || a != firstNode {
		t.Errorf("%v, %v", a, err)
	}
}

func TestCheck(t *testing.T) {
	d := &Driver{dir: "/" + strings.Repeat("long/", 30), images: t.TempDir(), accel: accelTCG, emulator: "no-such-qemu"}
	g := cluster.Group{
		Name: "compute", MachineType: "large", Spot: true, GPU: &cluster.GPU{Type: "t4", Count: 1}, Image: "fedora",
		Settings: map[string]any{"memory": "4000GB", "cpus": float64(200)},
	}
	findings, err := d.Check(t.Context(), providers.CheckRequest{ID: "c", Nodes: []providers.NodeRequest{{Name: "compute001", Group: g, Image: "fedora"}}})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, f := range findings {
		said = append(said, strings.Join([]string{f.Attr, f.Summary, f.Detail}, "; "))
		if f.Summary == "" || f.Detail == "" {
			t.Errorf("half a finding: %+v", f)
		}
	}
	text := strings.Join(said, "\n")
	for _, want := range []string{
		"no-such-qemu is not installed", "apt-get install qemu-system-x86", "too long a name", "of memory and this computer has",
		`image; there is no image "fedora"`, "gpu; ", "machine_type; ", "spot; ", "cpus; ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

// A launch that can't work makes nothing.
func TestPathTooLong(t *testing.T) {
	d := &Driver{dir: filepath.Join(t.TempDir(), strings.Repeat("x", 100)), images: t.TempDir(), accel: accelTCG, emulator: "no-such-qemu"}
	results, err := d.Launch(t.Context(), providers.LaunchRequest{ID: "c", Token: "t", Nodes: []providers.NodeRequest{{Name: "n001"}}})
	if err != nil || d.ErrorKind(results[0].Err) != providers.Invalid {
		t.Errorf("%v, %+v", err, results)
	}
	if exists(d.dir) {
		t.Error("it made a folder")
	}
}

func TestNetworkConfig(t *testing.T) {
	text, err := networkConfig(record{Address: firstNode})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"version: 2", "macaddress: 52:54:0a:4d:00:0a", "10.77.0.10/24", "macaddress: 52:54:00:4d:00:0a", "dhcp4: true"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestVersions(t *testing.T) {
	for line, old := range map[string]string{
		"QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)": "",
		"QEMU emulator version 10.0.3":                                "",
		"QEMU emulator version 6.2.0 (Debian 1:6.2+dfsg-2ubuntu6.25)": "6.2.0",
		"QEMU emulator version 7.1.0":                                 "7.1.0",
		"something else":                                              "",
	} {
		program := filepath.Join(t.TempDir(), "qemu")
		if err := os.WriteFile(program, []byte("#!/bin/sh\necho '"+line+"'\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		if got := (&Driver{emulator: program}).tooOld(t.Context()); got != old {
			t.Errorf("%s: too old is %q, want %q", line, got, old)
		}
	}
}
