package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/role/roletest"
)

const slurmPoliciesSpec = `cluster "slurmpol" {
  provider = provider.docker

  scheduler "slurm" {
    accounting = true
    prolog     = "prolog.sh"
    epilog     = "epilog.sh"
    rest       = true

    partition "short" {
      default   = true
      max_time  = "1:00:00"
      max_nodes = 1
    }
    qos "tight" {
      priority          = 10
      max_jobs_per_user = 1
      max_tres_per_user = { cpu = 1, mem = "512MB", gpu = 1 }
    }
    account "physics" {
      description = "Department of physics"
      shares      = 30
      users       = ["ecluster"]
    }
    account "optics" {
      parent = "physics"
      users  = ["ecluster"]
      qos    = ["normal"]
    }
  }
  share "/home" {
    type = "volume"
  }
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count  = 1
    cpus   = 2
    memory = "1GB"
  }
}
`

// greedy takes 300 MB and holds them.
const greedy = `#!/usr/bin/python3
import time
hold = b"x" * (300 << 20)
time.sleep(300)
`

// TestSlurmPolicies shows that what a spec says of jobs holds.
func TestSlurmPolicies(t *testing.T) {
	needFull(t)
	u := newUser(t, "slurmpol")
	u.patience = patient
	u.write("ecluster.hcl", slurmPoliciesSpec)
	u.write("prolog.sh", "#!/bin/sh\necho \"before $SLURM_JOB_ID\" >>/var/tmp/hooks\n")
	u.write("epilog.sh", "#!/bin/sh\necho \"after $SLURM_JOB_ID\" >>/var/tmp/hooks\n")
	u.run("start", "slurmpol")
	u.settled()

	t.Run("limits", func(t *testing.T) {
		u := u.within(t)
		first, second := u.submit("--qos=tight --wrap 'sleep 300'"), u.submit("--qos=tight --wrap 'sleep 300'")
		long, wide := u.submit("--time=2:00:00 --wrap true"), u.submit("-N2 --wrap true")
		u.pends(second, "QOSMaxJobsPerUserLimit")
		u.pends(long, "PartitionTimeLimit")
		u.pends(wide, "PartitionNodeLimit")
		if out := u.ssh("sbatch -A optics --qos=tight --wrap true 2>&1 || true"); !strings.Contains(out, "Invalid qos") {
			t.Errorf("an account may use a QOS that is not its own: %q", out)
		}
		u.ssh("scancel " + strings.Join([]string{first, second, long, wide}, " "))
	})

	t.Run("fair share", func(t *testing.T) {
		u := u.within(t)
		out := u.ssh("sshare -n -P -a -o account,user,rawshares")
		if !strings.Contains(out, "physics||30") || !strings.Contains(out, "physics|ecluster|1") {
			t.Errorf("sshare does not know the shares: %q", out)
		}
		if out := u.ssh("scontrol show config | grep -E 'PriorityType|PriorityWeightFairShare'"); !strings.Contains(out, "multifactor") || !strings.Contains(out, "100000") {
			t.Errorf("fair share does not count: %q", out)
		}
	})

	t.Run("memory", func(t *testing.T) {
		u := u.within(t)
		u.ssh("cat >greedy.py <<'END'\n" + greedy + "END")
		id := u.submit("--mem=60M --output=greedy.out greedy.py")
		u.eventually(3*time.Minute, func() error {
			if out := u.ssh("sacct -X -n -P -o state,exitcode -j " + id); !strings.Contains(out, "FAILED|0:9") && !strings.Contains(out, "OUT_OF_MEMORY") {
				return fmt.Errorf("the job that took 300 MB of 60 is %q", out)
			}
			return nil
		})
		if out := u.ssh("cat greedy.out"); !strings.Contains(out, "exceeded memory limit") && !strings.Contains(out, "oom") {
			t.Errorf("its output does not say why it ended: %q", out)
		}
	})

	t.Run("prolog and epilog", func(t *testing.T) {
		u := u.within(t)
		id := u.submit("--wrap true")
		u.eventually(2*time.Minute, func() error { return u.ended(id, 1) })
		u.eventually(time.Minute, func() error {
			out := u.docker("exec", u.container("compute001"), "cat", "/var/tmp/hooks")
			if !strings.Contains(out, "before "+id) || !strings.Contains(out, "after "+id) {
				return fmt.Errorf("the hooks wrote %q of job %s", out, id)
			}
			return nil
		})
	})

	t.Run("rest", func(t *testing.T) {
		u := u.within(t)
		ask := "curl -s -w '%{http_code}' --unix-socket /run/slurmrestd/slurmrestd.socket -H @- http://localhost/slurm/v0.0.42/ping"
		out := u.ssh("printf 'X-SLURM-USER-TOKEN: %s\\n' \"$(scontrol token lifespan=60 | cut -d= -f2)\" | " + ask)
		if !strings.Contains(out, "frontend001") || !strings.HasSuffix(out, "200") {
			t.Errorf("slurmrestd answers %q", out)
		}
		if out := u.ssh(ask + " </dev/null"); !strings.HasSuffix(out, "401") {
			t.Errorf("without a token slurmrestd answers %q", out)
		}
		if out := u.ssh("ss -Hltn sport = :6820; cat /etc/slurm/jwt_hs256.key 2>&1 || true"); !strings.Contains(out, "Permission denied") || strings.Contains(out, "LISTEN") {
			t.Errorf("it listens on the network, or its key can be read: %q", out)
		}
	})

	t.Run("maintenance", func(t *testing.T) {
		u := u.within(t)
		admin := func(words ...string) {
			u.run(append([]string{"ssh", "slurmpol", "--admin", "--", "scontrol"}, words...)...)
		}
		admin("create", "reservation", "ReservationName=maintenance", "StartTime=now", "Duration=60", "Nodes=compute001", "Flags=MAINT", "Users=root")
		u.eventually(time.Minute, func() error {
			if out := u.ssh("sinfo -h -N -o %T"); !strings.Contains(out, "maint") {
				return fmt.Errorf("the node is %q", out)
			}
			return nil
		})
		u.says(u.ends(0, "start", "slurmpol"), "compute001: it takes no jobs", "reservation maintenance")
		u.ready("frontend001", "compute001")
		if out := u.ssh("sinfo -h -N -o %T"); !strings.Contains(out, "maint") {
			t.Errorf("after start the node is %q", out)
		}
		admin("delete", "ReservationName=maintenance")
		u.proveWorking(1)
	})

	t.Run("what leaves the spec leaves SLURM", func(t *testing.T) {
		u := u.within(t)
		started := u.controllerStart()
		before, rest, _ := strings.Cut(slurmPoliciesSpec, "    account \"optics\"")
		_, after, _ := strings.Cut(rest, "    }\n")
		u.write("ecluster.hcl", strings.Replace(before+after, "max_jobs_per_user = 1\n", "", 1))
		u.run("start", "slurmpol")
		if out := u.ssh("sacctmgr -n -P list associations format=account"); strings.Contains(out, "optics") || !strings.Contains(out, "physics") {
			t.Errorf("the accounts are %q", out)
		}
		if out := u.ssh("sacctmgr -n -P list qos format=name,maxjobspu,maxtrespu"); !strings.Contains(out, "tight||cpu=1,gres/gpu=1,mem=512M") {
			t.Errorf("the QOS are %q", out)
		}
		if now := u.controllerStart(); now != started {
			t.Errorf("slurmctld was restarted: %q, then %q", started, now)
		}
		u.settled()
	})
	proved(t, "debian-13", roletest.Containers, "slurm-accounting", "slurm-controller", "slurm-worker", "slurm-rest")
	u.run("stop", "slurmpol", "--yes")
}

// pends waits until a job stands in the queue for a reason.
func (u *user) pends(id, reason string) {
	u.Helper()
	u.eventually(2*time.Minute, func() error {
		if got := strings.TrimSpace(u.ssh("squeue -h -o %r -j " + id)); got != reason {
			return fmt.Errorf("job %s waits for %q, not %q", id, got, reason)
		}
		return nil
	})
}
