package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

const monitoringSpec = `
cluster "watch" {
  provider = provider.docker
  scheduler "slurm" {}
  share "/home" { type = "volume" }
  node_group "frontend" { count = 1 }
  node_group "compute" {
    count  = 2
    cpus   = 1
    memory = "1GB"
  }
  role "monitoring" { interval = "2s" }
}
`

// TestMonitoring: Prometheus finds the nodes, knows which of them are up, and
// forgets those that leave.
func TestMonitoring(t *testing.T) {
	needFull(t)
	u := newUser(t, "watch")
	u.write("ecluster.hcl", monitoringSpec)
	u.run("start", "watch")
	u.settled()
	proved(t, "debian-13", roletest.Containers, "monitoring")
	u.watched(map[string]string{"frontend001": "1", "compute001": "1", "compute002": "1"})

	t.Run("for the frontend alone", func(t *testing.T) {
		u := u.within(t)
		for line := range strings.Lines(u.admin("frontend001", "ss -Hltn sport = :9090 or sport = :9100 or sport = :9101")) {
			at := strings.Fields(line)[3]
			local := strings.HasPrefix(at, "127.0.0.1:")
			if local != strings.HasSuffix(at, ":9090") || strings.HasPrefix(at, "0.0.0.0:") || strings.HasPrefix(at, "*:") {
				t.Errorf("something listens at %s", at)
			}
		}
		if out := u.ssh(`bash -c 'exec 3<>/dev/tcp/$(hostname)/9101; echo "guess here compute009 compute" >&3; cat <&3'`); strings.TrimSpace(out) == "ok" {
			t.Error("somebody without the key made a node known")
		}
	})

	t.Run("page", func(t *testing.T) {
		u := u.within(t)
		id := firstNumber(u.ssh("sbatch --parsable --wrap 'sleep 300'"))
		u.eventually(2*time.Minute, func() error {
			if out := u.query(`scheduler_jobs{state="running"}`); !strings.Contains(out, "=> 1 @") {
				return fmt.Errorf("one job runs, but Prometheus knows %q", out)
			}
			return nil
		})
		page := u.ssh(`bash -c 'exec 3<>/dev/tcp/127.0.0.1/9090; printf "GET /consoles/cluster.html HTTP/1.0\r\n\r\n" >&3; cat <&3'`)
		u.says(page, "200 OK", "Nodes: 3, up: 3", "compute002", "running")
		u.ssh("scancel " + id)
	})

	t.Run("a node dies and comes back", func(t *testing.T) {
		u := u.within(t)
		machine := u.container("compute001")
		u.docker("kill", machine)
		u.watched(map[string]string{"frontend001": "1", "compute001": "0", "compute002": "1"})
		u.docker("start", machine)
		u.watched(map[string]string{"frontend001": "1", "compute001": "1", "compute002": "1"})
	})

	u.run("resize", "watch", "-r", "1:compute", "--yes")
	left := map[string]string{"frontend001": "1"}
	for name := range u.nodes() {
		left[name] = "1"
	}
	u.watched(left)
	u.run("stop", "watch", "--yes")
}

// watched waits until Prometheus knows exactly these nodes, up ("1") or not.
func (u *user) watched(want map[string]string) {
	u.Helper()
	u.eventually(3*time.Minute, func() error {
		got := map[string]string{}
		out := u.query(`up{job="node"}`)
		for line := range strings.Lines(out) {
			_, rest, _ := strings.Cut(line, `instance="`)
			name, rest, _ := strings.Cut(rest, `"`)
			_, value, _ := strings.Cut(rest, "=> ")
			got[name], _, _ = strings.Cut(value, " ")
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("Prometheus knows %v, not %v", got, want)
		}
		return nil
	})
}

// query asks Prometheus on the frontend.
func (u *user) query(expression string) string {
	u.Helper()
	return u.ssh("promtool query instant http://127.0.0.1:9090 '" + expression + "'")
}
