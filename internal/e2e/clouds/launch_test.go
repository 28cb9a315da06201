package clouds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// createOps are the requests that make machines.
var createOps = map[string]string{
	"google": "compute.instances.insert",
	"aws":    "RunInstances",
	"azure":  "VirtualMachinesClient.BeginCreateOrUpdate",
}

// Twenty-five compute nodes are asked for in batches of ten: on EC2 in three
// calls, elsewhere in 25, of which at most ten are unanswered at once while the
// operations that they start overlap.
func TestLaunchRequests(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			const operation = 4 * time.Second // much longer than 26 requests take, also on a busy machine
			l := newLab(t, kind, sim.Options{
				OperationTime: operation, BootTime: 100 * time.Millisecond, CreateLag: lag, DeleteLag: lag,
				Latency: 20 * time.Millisecond,
			})
			l.write(l.provider(nil) + l.cluster(25, "", ""))
			l.run("start", "c")
			defer l.stop()

			var sizes []int
			var first, last sim.Entry
			for _, e := range l.cloud.Log().Entries(createOps[kind]) {
				if e.Code == "DryRunOperation" || len(e.Nodes) == 1 && strings.HasPrefix(e.Nodes[0], "frontend") {
					continue
				}
				if first.N == 0 {
					first = e
				}
				last = e
				sizes = append(sizes, max(1, e.Count))
				if e.Status >= 300 || len(e.Problems) > 0 {
					t.Errorf("request %d: status %d, %v", e.N, e.Status, e.Problems)
				}
			}
			if kind == "aws" {
				sizes = slices.DeleteFunc(sizes, func(n int) bool { return n == 1 }) // the frontend's
				if !slices.Equal(sizes, []int{10, 10, 5}) {
					t.Errorf("RunInstances for %v machines", sizes)
				}
			} else {
				if len(sizes) != 25 {
					t.Errorf("%d creates", len(sizes))
				}
				if n := l.cloud.Log().Highest(createOps[kind]); n > 10 || n < 2 {
					t.Errorf("%d requests were unanswered at once", n)
				}
				if spread := last.At.Sub(first.At); spread > operation {
					t.Errorf("the last create left %s after the first: the operations don't overlap", spread)
				}
			}
			t.Log("requests of start:\n" + counts(l.cloud.Log().Entries()))
		})
	}
}

// Beside the creates, what is asked of the cloud does not grow with the nodes.
func TestRequestsDontGrowWithNodes(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			rest := map[int]int{}
			for _, n := range []int{5, 40} {
				l := newLab(t, kind, sim.Options{BootTime: 300 * time.Millisecond})
				// With cloud-init the host key is ours from the beginning.
				l.write(l.provider(nil) + strings.Replace(l.cluster(n, "", ""), "debian-13", "ubuntu-24.04", 1))
				l.try("start", "c", "--no-setup")
				creates, listings := 0, 0
				for _, e := range l.cloud.Log().Entries() {
					switch {
					case e.Op == createOps[kind] && e.Code != "DryRunOperation":
						creates++
					case isListing(e):
						listings++
					default:
						rest[n]++
					}
				}
				want := n + 1
				if kind == "aws" {
					want = 1 + (n+9)/10
				}
				if creates != want {
					t.Errorf("%d nodes took %d creates, want %d", n, creates, want)
				}
				t.Logf("%d nodes: %d creates, %d listings, %d others", n, creates, listings, rest[n])
				l.stop()
			}
			if rest[40] > rest[5]+4 { // a tag call a batch is allowed on EC2
				t.Errorf("5 nodes took %d other requests, 40 nodes %d", rest[5], rest[40])
			}
		})
	}
}

// isListing is a request for all machines of a cluster at once, or for what
// became of operations: asked as often as time passes.
func isListing(e sim.Entry) bool {
	op := strings.ToLower(e.Op)
	return e.Op == "DescribeInstances" || strings.Contains(op, "list") || strings.Contains(op, "operation")
}

// counts shows the requests by operation, the most frequent first.
func counts(entries []sim.Entry) string {
	n := map[string]int{}
	for _, e := range entries {
		n[e.Op]++
	}
	ops := make([]string, 0, len(n))
	for op := range n {
		ops = append(ops, op)
	}
	slices.SortFunc(ops, func(a, b string) int { return n[b] - n[a] })
	var b strings.Builder
	for _, op := range ops {
		fmt.Fprintf(&b, "%6d %s\n", n[op], op)
	}
	return b.String()
}
