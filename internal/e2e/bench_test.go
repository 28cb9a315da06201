package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"
)

// The benchmarks measure what docs/performance.md promises, on real nodes.
// Each is one experiment of several rounds and reports medians: run them with
// -benchtime 1x on a quiet machine.

// median of some figures; the slice is not empty.
func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
}

// seconds runs a command and returns its wall time.
func (u *user) seconds(args ...string) float64 {
	u.Helper()
	began := time.Now()
	u.run(args...)
	return time.Since(began).Seconds()
}

// writeSpec puts a spec into the user's folder.
func (u *user) writeSpec(text string) {
	u.Helper()
	if err := os.WriteFile(filepath.Join(u.dir, "ecluster.hcl"), []byte(text), 0o600); err != nil {
		u.Fatal(err)
	}
}

const benchRounds = 3

// bareInstall is the floor of a cold set-up: the packages of a SLURM worker
// and nothing else, without the services' start.
const bareInstall = `set -eu
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
  slurmd slurm-client munge openssh-server sudo tzdata >/dev/null 2>&1
rm /usr/sbin/policy-rc.d`

// BenchmarkSetUpNode sets up workers from the bare image, in turn with the
// bare apt-get install of the same packages on another bare node.
func BenchmarkSetUpNode(b *testing.B) {
	needEngine(b)
	u := newUser(b, "bench-setup")
	u.writeSpec(fmt.Sprintf(`cluster "bench-setup" {
  provider = provider.docker
  scheduler "slurm" {}
  node_group "frontend" { count = 1 }
  node_group "compute" { count = %d }
}`, 2*benchRounds))
	u.run("start", "bench-setup", "--no-setup")
	u.run("setup", "bench-setup", "--", "frontend001")
	for b.Loop() {
		var ours, floor, ratio []float64
		for i := range benchRounds {
			bare := fmt.Sprintf("compute%03d", 2*i+1)
			node := fmt.Sprintf("compute%03d", 2*i+2)
			f := u.seconds("ssh", "bench-setup", "--admin", "-n", bare, "--", bareInstall)
			o := u.seconds("setup", "bench-setup", "--", node)
			floor, ours, ratio = append(floor, f), append(ours, o), append(ratio, o/f)
		}
		b.ReportMetric(median(ours), "s/setup")
		b.ReportMetric(median(floor), "s/apt-get")
		b.ReportMetric(median(ratio), "setup/apt-get")
	}
}

// BenchmarkSetUpAgain is a setup of three nodes that has nothing to do.
func BenchmarkSetUpAgain(b *testing.B) {
	needEngine(b)
	u := newUser(b, "bench-again")
	u.run("start", "local", "-n", "bench-again")
	before := u.nodeCPU()
	for b.Loop() {
		u.run("setup", "bench-again")
	}
	b.ReportMetric((u.nodeCPU()-before)/float64(b.N), "node-cpu-s/op")
}

// nodeCPU is the CPU time in seconds that the nodes took so far, by their
// control groups; asking for it is a login on each, which is in it too.
func (u *user) nodeCPU() float64 {
	u.Helper()
	sum := 0.0
	for node := range u.nodes() {
		var usec float64
		out := u.run("ssh", u.cluster, "--admin", "-n", node, "--", "head -n 1 /sys/fs/cgroup/cpu.stat")
		if _, err := fmt.Sscanf(out, "usage_usec %f", &usec); err != nil {
			u.Fatalf("read the CPU time of %s from %q: %v", node, out, err)
		}
		sum += usec / 1e6
	}
	return sum
}

var imageLine = regexp.MustCompile(`(?s)node_group "(\w+)" \{\s+image = "([^"]+)"`)

// BenchmarkStartBaked starts one frontend and four workers whose install work
// is in their images, up to a finished job on all four.
func BenchmarkStartBaked(b *testing.B) {
	needEngine(b)
	u := newUser(b, "bench-baked")
	baked := u.run("bake", "local", "-n", "bench-baked")
	images := map[string]string{}
	for _, m := range imageLine.FindAllStringSubmatch(baked, -1) {
		images[m[1]] = m[2]
	}
	u.writeSpec(fmt.Sprintf(`cluster "bench-baked" {
  provider = provider.docker
  scheduler "slurm" { accounting = true }
  share "/home" { type = "volume" }
  node_group "frontend" {
    count = 1
    image = %q
  }
  node_group "compute" {
    count  = 4
    cpus   = 1
    memory = "1GB"
    image  = %q
  }
}`, images["frontend"], images["compute"]))
	for b.Loop() {
		began := time.Now()
		u.run("start", "bench-baked")
		u.proveWorking(4)
		b.ReportMetric(time.Since(began).Seconds(), "s/start+srun")
		b.StopTimer()
		u.run("stop", "bench-baked", "--yes")
		b.StartTimer()
	}
}

// BenchmarkPauseResume pauses a frontend and two workers, and resumes them until
// all are proven, with each scheduler. The floor of a resume is that the engine
// starts the same containers and their systemd has started everything.
func BenchmarkPauseResume(b *testing.B) {
	needEngine(b)
	const name = "bench-pause"
	for _, scheduler := range []string{"slurm", "gridengine", "htcondor"} {
		b.Run(scheduler, func(b *testing.B) {
			u := newUser(b, name)
			u.writeSpec(fmt.Sprintf(`cluster %q {
  provider = provider.docker
  scheduler %q {}
  node_group "frontend" { count = 1 }
  node_group "compute" {
    count  = 2
    cpus   = 1
    memory = "1GB"
  }
}`, name, scheduler))
			u.run("start", name)
			ids := []string{u.container("frontend001"), u.container("compute001"), u.container("compute002")}
			for b.Loop() {
				var pause, resume, floor []float64
				for range benchRounds {
					pause = append(pause, u.seconds("pause", name, "--yes"))
					began := time.Now()
					u.docker(append([]string{"start"}, ids...)...)
					for _, id := range ids {
						u.docker("exec", id, "sh", "-c", "systemctl is-system-running --wait || true")
					}
					floor = append(floor, time.Since(began).Seconds())
					u.docker(append([]string{"stop"}, ids...)...)
					resume = append(resume, u.seconds("resume", name))
				}
				b.ReportMetric(median(pause), "s/pause")
				b.ReportMetric(median(resume), "s/resume")
				b.ReportMetric(median(floor), "s/boot")
			}
			u.run("stop", name, "--yes")
		})
	}
}
