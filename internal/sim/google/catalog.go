package google

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

type regionInfo struct {
	name  string
	zones []string
}

func regionTable() []regionInfo {
	return []regionInfo{
		{"europe-west4", []string{"europe-west4-a", "europe-west4-b"}},
		{"us-central1", []string{"us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"}},
	}
}

// regionOf is the region of a zone.
func regionOf(zone string) string { return zone[:strings.LastIndexByte(zone, '-')] }

// machineType is one that exists, or a custom one.
type machineType struct {
	name   string
	cpus   int
	mb     int
	arm    bool
	shared bool   // of a core
	gpu    string // that comes with it
	gpus   int
}

// family is the first word: "n2".
func (t machineType) family() string {
	family, _, _ := strings.Cut(t.name, "-")
	if family == "custom" {
		return "n1"
	}
	return family
}

func (t machineType) arch() string {
	if t.arm {
		return "ARM64"
	}
	return "X86_64"
}

// defaultDisk is the type of disk that instances get unless they say.
func (t machineType) defaultDisk() string {
	if t.family() == "c4a" {
		return "hyperdisk-balanced"
	}
	return "pd-standard"
}

// takes reports whether a type of disk works with the machine.
func (t machineType) takes(disk string) bool {
	switch t.family() {
	case "c4a":
		return strings.HasPrefix(disk, "hyperdisk-")
	case "c3":
		return disk != "pd-standard"
	}
	return disk != "hyperdisk-balanced" || t.family() == "n2"
}

// series is a row of machine types with the same memory for each vCPU.
type series struct {
	prefix string
	mb     int // for one vCPU
	cpus   []int
	arm    bool
	gpu    string
	gpus   []int // of each, where a GPU comes with it
}

func seriesTable() []series {
	return []series{
		{prefix: "e2-standard", mb: 4096, cpus: []int{2, 4, 8, 16, 32}},
		{prefix: "e2-highmem", mb: 8192, cpus: []int{2, 4, 8, 16}},
		{prefix: "e2-highcpu", mb: 1024, cpus: []int{2, 4, 8, 16, 32}},
		{prefix: "n1-standard", mb: 3840, cpus: []int{1, 2, 4, 8, 16, 32, 64, 96}},
		{prefix: "n1-highmem", mb: 6656, cpus: []int{2, 4, 8, 16, 32, 64, 96}},
		{prefix: "n2-standard", mb: 4096, cpus: []int{2, 4, 8, 16, 32, 48, 64, 80, 96, 128}},
		{prefix: "n2-highmem", mb: 8192, cpus: []int{2, 4, 8, 16, 32, 48, 64, 80}},
		{prefix: "n2-highcpu", mb: 1024, cpus: []int{2, 4, 8, 16, 32, 48, 64, 80, 96}},
		{prefix: "n2d-standard", mb: 4096, cpus: []int{2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224}},
		{prefix: "c2-standard", mb: 4096, cpus: []int{4, 8, 16, 30, 60}},
		{prefix: "c3-standard", mb: 4096, cpus: []int{4, 8, 22, 44, 88, 176}},
		{prefix: "t2a-standard", mb: 4096, cpus: []int{1, 2, 4, 8, 16, 32, 48}, arm: true},
		{prefix: "c4a-standard", mb: 4096, cpus: []int{1, 2, 4, 8, 16, 32, 48, 64, 72}, arm: true},
		{prefix: "g2-standard", mb: 4096, cpus: []int{4, 8, 12, 16, 24, 32, 48, 96}, gpu: "nvidia-l4", gpus: []int{1, 1, 1, 1, 2, 1, 4, 8}},
	}
}

// machineTypes are those of a zone.
func machineTypes(zone string) []machineType {
	out := []machineType{
		{name: "e2-micro", cpus: 2, mb: 1024, shared: true},
		{name: "e2-small", cpus: 2, mb: 2048, shared: true},
		{name: "e2-medium", cpus: 2, mb: 4096, shared: true},
		{name: "f1-micro", cpus: 1, mb: 614, shared: true},
		{name: "g1-small", cpus: 1, mb: 1740, shared: true},
	}
	for _, s := range seriesTable() {
		if !offered(strings.SplitN(s.prefix, "-", 2)[0], zone) {
			continue
		}
		for i, cpus := range s.cpus {
			t := machineType{name: fmt.Sprintf("%s-%d", s.prefix, cpus), cpus: cpus, mb: cpus * s.mb, arm: s.arm, gpu: s.gpu}
			if s.gpu != "" {
				t.gpus = s.gpus[i]
			}
			out = append(out, t)
		}
	}
	if offered("a2", zone) {
		for _, n := range []int{1, 2, 4, 8} {
			out = append(out, machineType{
				name: fmt.Sprintf("a2-highgpu-%dg", n), cpus: 12 * n, mb: 87040 * n, gpu: "nvidia-tesla-a100", gpus: n,
			})
		}
	}
	return out
}

// offered tells which zones lack a family, or a type of GPU.
func offered(what, zone string) bool {
	switch what {
	case "t2a":
		return slices.Contains([]string{"us-central1-a", "us-central1-b", "us-central1-f", "europe-west4-a", "europe-west4-b"}, zone)
	case "c4a", "g2", "nvidia-l4":
		return zone != "us-central1-f"
	case "a2", "nvidia-tesla-a100":
		return slices.Contains([]string{"us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f", "europe-west4-a", "europe-west4-b"}, zone)
	case "nvidia-tesla-t4":
		return zone != "europe-west4-a"
	case "nvidia-tesla-v100", "nvidia-tesla-p100":
		return zone != "us-central1-b" && zone != "europe-west4-b"
	}
	return true
}

var customType = regexp.MustCompile(`^(?:(n1|n2|n2d|e2)-)?custom-(\d+)-(\d+)(-ext)?$`)

// machineType returns the type of a name in a zone.
func (c *Cloud) machineType(zone, name string) (machineType, bool) {
	if m := customType.FindStringSubmatch(name); m != nil {
		cpus, _ := strconv.Atoi(m[2])
		mb, _ := strconv.Atoi(m[3])
		return machineType{name: name, cpus: cpus, mb: mb}, cpus > 0 && (cpus == 1 || cpus%2 == 0) && mb >= 256 && mb%256 == 0
	}
	t, has := c.types[zone+"/"+name]
	return t, has
}

// acceleratorTypes are the GPUs of a zone, with the most for one machine.
func acceleratorTypes() map[string]int {
	return map[string]int{
		"nvidia-tesla-t4": 4, "nvidia-tesla-p100": 4, "nvidia-tesla-v100": 8, "nvidia-tesla-a100": 16, "nvidia-l4": 8,
	}
}

func diskTypes() []string {
	return []string{"pd-standard", "pd-balanced", "pd-ssd", "pd-extreme", "hyperdisk-balanced", "local-ssd"}
}
