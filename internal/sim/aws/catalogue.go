package aws

import (
	"slices"
	"strings"
)

// The architectures, in EC2's words.
const (
	archX86 = "x86_64"
	archARM = "arm64"
)

// instanceType is one machine type. Figures and prices are Amazon's for Linux
// in us-east-1; prices serve for every region.
type instanceType struct {
	name       string
	arch       string
	vcpus, mem int     // mem in MiB
	price      float64 // USD an hour, on demand
	gpus       int
	gpu        string // "T4"
	gpuMaker   string
	gpuMem     int // MiB of one GPU
	localGB    int // instance store, all disks
	efa        bool
	noSpot     bool
	zones      string // letters of the zones that offer it
}

func (t *instanceType) family() string {
	family, _, _ := strings.Cut(t.name, ".")
	return family
}

// threads is 1 where a vCPU is a core.
func (t *instanceType) threads() int {
	switch {
	case t.arch == archARM, strings.HasPrefix(t.name, "hpc"):
		return 1
	}
	return 2
}

func (t *instanceType) offeredIn(zone string) bool {
	return strings.Contains(t.zones, zone[len(zone)-1:])
}

// size is one step of a family.
type size struct {
	name  string
	vcpus int
	mem   int // MiB
	price float64
}

// catalogue is what the simulated account can launch, by name.
func catalogue() map[string]*instanceType {
	all := map[string]*instanceType{}
	add := func(family string, base instanceType, sizes ...size) {
		for _, s := range sizes {
			t := base
			t.name, t.vcpus, t.mem, t.price = family+"."+s.name, s.vcpus, s.mem, s.price
			all[t.name] = &t
		}
	}
	x86, arm := instanceType{arch: archX86, zones: "abcd"}, instanceType{arch: archARM, zones: "abc"}
	add("t2", x86, size{"micro", 1, 1024, 0.0116}, size{"medium", 2, 4096, 0.0464})
	add("t3", x86, size{"micro", 2, 1024, 0.0104}, size{"small", 2, 2048, 0.0208}, size{"medium", 2, 4096, 0.0416},
		size{"large", 2, 8192, 0.0832}, size{"xlarge", 4, 16384, 0.1664}, size{"2xlarge", 8, 32768, 0.3328})
	add("t3a", x86, size{"medium", 2, 4096, 0.0376}, size{"large", 2, 8192, 0.0752})
	add("t4g", arm, size{"micro", 2, 1024, 0.0084}, size{"small", 2, 2048, 0.0168}, size{"medium", 2, 4096, 0.0336},
		size{"large", 2, 8192, 0.0672}, size{"xlarge", 4, 16384, 0.1344})
	general := func(large float64) []size {
		return []size{
			{"large", 2, 8192, large},
			{"xlarge", 4, 16384, 2 * large},
			{"2xlarge", 8, 32768, 4 * large},
			{"4xlarge", 16, 65536, 8 * large},
			{"8xlarge", 32, 131072, 16 * large},
			{"16xlarge", 64, 262144, 32 * large},
		}
	}
	add("m5", x86, general(0.096)...)
	add("m5a", x86, general(0.086)...)
	add("m6i", x86, general(0.096)...)
	add("m7i", x86, general(0.1008)...)
	add("m7a", x86, general(0.11592)...)
	add("m6g", arm, general(0.077)...)
	add("m7g", arm, append(general(0.0816), size{"medium", 1, 4096, 0.0408})...)
	compute := func(large float64) []size {
		sizes := general(large)
		for i := range sizes {
			sizes[i].mem /= 2
		}
		return sizes
	}
	add("c5", x86, size{"large", 2, 4096, 0.085}, size{"xlarge", 4, 8192, 0.17}, size{"2xlarge", 8, 16384, 0.34}, size{"4xlarge", 16, 32768, 0.68})
	add("c6i", x86, compute(0.085)...)
	add("c7i", x86, compute(0.08925)...)
	add("c6g", arm, compute(0.068)...)
	add("c7g", arm, compute(0.0725)...)
	memory := func(large float64) []size {
		sizes := general(large)
		for i := range sizes {
			sizes[i].mem *= 2
		}
		return sizes
	}
	add("r5", x86, memory(0.126)[:4]...)
	add("r6i", x86, memory(0.126)...)
	add("r7g", arm, memory(0.1071)...)
	add("i4i", instanceType{arch: archX86, zones: "abc", localGB: 468}, size{"large", 2, 16384, 0.172})
	add("m5d", instanceType{arch: archX86, zones: "abcd", localGB: 75}, size{"large", 2, 8192, 0.113})

	efa := instanceType{arch: archX86, zones: "ab", efa: true}
	add("c5n", efa, size{"18xlarge", 72, 196608, 3.888})
	add("c6in", efa, size{"32xlarge", 128, 262144, 7.2576})
	efa.noSpot = true
	add("hpc6a", efa, size{"48xlarge", 96, 393216, 2.88})
	add("hpc7a", efa, size{"96xlarge", 192, 786432, 7.2})

	gpu := func(zones, name string, n, mem int) instanceType {
		return instanceType{arch: archX86, zones: zones, gpus: n, gpu: name, gpuMaker: "NVIDIA", gpuMem: mem}
	}
	add("g4dn", gpu("abcd", "T4", 1, 16384), size{"xlarge", 4, 16384, 0.526}, size{"2xlarge", 8, 32768, 0.752})
	add("g4dn", gpu("abc", "T4", 4, 16384), size{"12xlarge", 48, 196608, 3.912})
	add("g5", gpu("abc", "A10G", 1, 24576), size{"xlarge", 4, 16384, 1.006}, size{"2xlarge", 8, 32768, 1.212})
	add("g5", gpu("abc", "A10G", 4, 24576), size{"12xlarge", 48, 196608, 5.672})
	add("g6", gpu("abc", "L4", 1, 22888), size{"xlarge", 4, 16384, 0.8048}, size{"2xlarge", 8, 32768, 0.9776})
	armGPU := gpu("ab", "T4g", 1, 16384)
	armGPU.arch = archARM
	add("g5g", armGPU, size{"xlarge", 4, 8192, 0.42})
	add("p3", gpu("ab", "V100", 1, 16384), size{"2xlarge", 8, 62464, 3.06})
	big := gpu("ab", "A100", 8, 40960)
	big.efa = true
	add("p4d", big, size{"24xlarge", 96, 1179648, 21.95764})
	big = gpu("a", "H100", 8, 81920)
	big.efa = true
	add("p5", big, size{"48xlarge", 192, 2097152, 55.04})
	return all
}

// typeNames are the names of all types, sorted.
func typeNames(types map[string]*instanceType) []string {
	names := make([]string, 0, len(types))
	for name := range types {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
