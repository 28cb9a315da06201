package clouds

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/sim"
)

// The benchmarks measure what docs/performance.md promises, with the real
// program against clouds and machines of another process. Each round is one
// experiment: run them with -benchtime 1x on a quiet machine. They count what
// is asked of the cloud beside.

// BenchmarkCloudsFifty starts fifty nodes, whose machines take half a minute
// to boot. The floor is that boot and the set-up of one node, the frontend,
// which was alone with one compute node before.
func BenchmarkCloudsFifty(b *testing.B) {
	const boot = 30
	for _, kind := range kinds {
		b.Run(kind, func(b *testing.B) {
			s := newSite(b, kind, "--boot-time", fmt.Sprint(boot, "s"), "--step-time", "500ms")
			for b.Loop() {
				s.write(1)
				s.run("start", "c", "--no-setup")
				_, frontend := s.run("setup", "c", "--", "frontend001")
				_, compute := s.run("setup", "c", "--", "compute001")
				s.stop()

				s.write(50)
				before := len(s.requests())
				_, start := s.run("start", "c")
				s.report("start", start, before)
				b.ReportMetric(frontend.wall.Seconds(), "s/frontend")
				b.ReportMetric(compute.wall.Seconds(), "s/compute")
				floor := boot + max(frontend.wall, compute.wall).Seconds()
				b.ReportMetric(start.wall.Seconds()/floor, "start/floor")
				s.stop()
			}
			b.ReportMetric(0, "ns/op") // it has no meaning
		})
	}
}

// BenchmarkCloudsThousand takes a thousand compute nodes through their life.
// The memory is the most that the program held, without the machines, which
// are in the cloud's process.
func BenchmarkCloudsThousand(b *testing.B) {
	for _, kind := range kinds {
		b.Run(kind, func(b *testing.B) {
			s := newSite(b, kind, "--boot-time", "5s", "--step-time", "50ms")
			for b.Loop() {
				s.write(1000)
				for _, c := range []struct {
					name string
					args []string
				}{
					{"start", []string{"start", "c"}},
					{"list-nodes", []string{"list-nodes", "c", "--update"}},
					{"resize", []string{"resize", "c", "-a", "100:compute", "--yes"}},
				} {
					before := len(s.requests())
					_, took := s.run(c.args...)
					s.report(c.name, took, before)
				}
				before := len(s.requests())
				s.report("stop", s.stop(), before)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// report adds the figures of a command to those of a benchmark, and logs what
// it has asked of the cloud since the request with the number before.
func (s *site) report(command string, took usage, before int) {
	s.Helper()
	b, ok := s.TB.(*testing.B)
	if !ok {
		s.Fatal("only a benchmark reports figures")
	}
	requests := s.requests()[before:]
	b.ReportMetric(took.wall.Seconds(), "s/"+command)
	b.ReportMetric(took.cpu.Seconds(), "cpu-s/"+command)
	b.ReportMetric(float64(took.memory)/(1<<20), "MB/"+command)
	b.ReportMetric(float64(len(requests)), "requests/"+command)
	b.Logf("%s, %s: %s", s.kind, command, inLine(requests))
}

// inLine is counts in one line.
func inLine(requests []sim.Entry) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(counts(requests), "\n", ",\n")), " ")
}
