package wrapper

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestRunsAsTheUser(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(m *machine) {
		socket := m.socket("docker.sock")
		m.docker(socket)
		m.env["STUB_STATUS"] = "42"
		o := m.run("list", "--output", "json", "", "two words")
		if o.status != 42 {
			t.Errorf("status %d, not the container's", o.status)
		}
		// One process all along: signals need nobody to pass them on.
		if want := fmt.Sprintf("pid %d\n", o.pid); o.stdout != want {
			t.Errorf("it said %q, not %q", o.stdout, want)
		}
		m.has(o, "--user | 1000:100", "--group-add | 100", "--group-add | 999", "--workdir | "+m.dir,
			"--network | host", "--pid | host", "--interactive",
			fmt.Sprintf("type=bind,source=%s,target=%[1]s", socket), "--env | DOCKER_HOST",
			"ecluster:latest | list | --output | json |  | two words")
		m.lacks(o, "--tty", "label=disable", "--userns", "pull")
	})
}

func TestEngines(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		prepare    func(*machine)
		has, lacks []string
		fails      string // a sentence of the failure
	}{
		"standard socket": {
			prepare: func(m *machine) { m.docker("/var/run/docker.sock") },
			lacks:   []string{"DOCKER_HOST"},
		},
		"engine in the environment": {
			prepare: func(m *machine) {
				m.docker("/nowhere")
				m.env["DOCKER_HOST"] = "unix://" + m.socket("other.sock")
			},
			has: []string{"--env | DOCKER_HOST"},
		},
		"docker without root": {
			prepare: func(m *machine) {
				m.docker(m.socket("s"))
				m.env["STUB_INFO"] = "24.0.7|[name=seccomp,profile=builtin name=rootless name=cgroupns]"
			},
			has: []string{"--user | 0:0"}, lacks: []string{"--group-add"},
		},
		"docker with user namespaces": {
			prepare: func(m *machine) { m.docker(m.socket("s")); m.env["STUB_INFO"] = "24.0.7|[name=userns]" },
			has:     []string{"--userns | host", "--user | 1000:100"},
		},
		"docker with SELinux": {
			prepare: func(m *machine) { m.docker(m.socket("s")); m.env["STUB_INFO"] = "24.0.7|[name=seccomp name=selinux]" },
			has:     []string{"--security-opt | label=disable"},
		},
		"podman": {
			prepare: func(m *machine) { m.podman() },
			has:     []string{"--userns | keep-id", "--group-add | keep-groups", "--user | 1000:100"},
			lacks:   []string{"label=disable", "--group-add | 999"},
		},
		"podman with SELinux, as root": {
			prepare: func(m *machine) { m.podman(); m.env["STUB_INFO"] = "false|true" },
			has:     []string{"--security-opt | label=disable", "--group-add | 999"},
			lacks:   []string{"--userns"},
		},
		"podman by the name of docker": {
			prepare: func(m *machine) {
				m.podman()
				m.rename("podman", "docker")
			},
			has: []string{"--userns | keep-id"},
		},
		"podman is asked for": {
			prepare: func(m *machine) { m.docker("/s"); m.podman(); m.env["ECLUSTER_ENGINE"] = "podman" },
			has:     []string{"--userns | keep-id"},
		},
		"macOS": {
			prepare: func(m *machine) { m.docker("/Users/alice/.docker/run/docker.sock"); m.stub("uname", "echo Darwin") },
			has:     []string{"type=bind,source=/var/run/docker.sock,target=/var/run/docker.sock", "--group-add | 0"},
			lacks:   []string{"--pid", "DOCKER_HOST"},
		},
		"development version": {
			prepare: func(m *machine) { m.docker("/s"); m.env["STUB_INFO"] = "dev|[]" },
			has:     []string{"--rm"},
		},
		"more words": {
			prepare: func(m *machine) { m.docker("/s"); m.env["ECLUSTER_RUN_ARGS"] = "-v /data:/data --dns *" },
			has:     []string{"-v | /data:/data | --dns | * | ecluster:latest | list"},
		},

		"too old": {
			prepare: func(m *machine) { m.docker("/s"); m.env["STUB_INFO"] = "18.09.1|[]" },
			fails:   "the Docker engine is too old: it is 18.09.1, and ecluster needs 20.10 or later; upgrade it",
		},
		"not running": {
			prepare: func(m *machine) { m.docker("/nowhere/docker.sock"); m.env["STUB_INFO"] = "" },
			fails:   "the Docker engine at /nowhere/docker.sock does not answer: start it ('sudo systemctl start docker')",
		},
		"old client, not running": {
			prepare: func(m *machine) { m.docker("/nowhere/docker.sock"); m.env["STUB_INFO"] = "|[]" },
			fails:   "the Docker engine at /nowhere/docker.sock does not answer: start it",
		},
		"not running on macOS": {
			prepare: func(m *machine) { m.docker("/s"); m.env["STUB_INFO"] = ""; m.stub("uname", "echo Darwin") },
			fails:   "the Docker engine does not run: start it ('open -a Docker')",
		},
		"remote host": {
			prepare: func(m *machine) { m.docker("/s"); m.env["DOCKER_HOST"] = "tcp://10.0.0.1:2376" },
			fails:   "the Docker engine at tcp://10.0.0.1:2376 is on another machine, which does not have your files: unset DOCKER_HOST",
		},
		"remote context": {
			prepare: func(m *machine) { m.docker("/s"); m.env["STUB_HOST"] = "ssh://big.example.org" },
			fails:   "the Docker engine at ssh://big.example.org is on another machine",
		},
		"remote podman": {
			prepare: func(m *machine) { m.podman(); m.env["CONTAINER_HOST"] = "ssh://big.example.org" },
			fails:   "Podman's service at ssh://big.example.org is on another machine",
		},
		"broken podman": {
			prepare: func(m *machine) { m.podman(); m.env["STUB_INFO"] = "" },
			fails:   "Podman does not work here: see what 'podman info' says",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inEachShell(t, func(m *machine) {
				c.prepare(m)
				o := m.run("list")
				if c.fails != "" {
					m.fails(o, 1, c.fails)
					return
				}
				if o.status != 0 {
					m.Errorf("status %d", o.status)
				}
				m.has(o, c.has...)
				m.lacks(o, c.lacks...)
			})
		})
	}
}

// TestNoRight is a user who is not in the group of the engine's socket.
func TestNoRight(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(m *machine) {
		socket := m.socket("docker.sock")
		if err := os.Chmod(socket, 0); err != nil {
			m.Fatal(err)
		}
		m.docker(socket)
		m.env["STUB_INFO"] = ""
		for _, dir := range []string{m.home, m.top} {
			if err := os.Chmod(dir, 0o777); err != nil {
				m.Fatal(err)
			}
		}
		m.fails(m.start(asNobody(m.command("list"))), 1,
			"you may not use the Docker engine at "+socket+": run 'sudo usermod -aG docker alice' and log in again (who is in that group can become root)\n")
		m.stub("podman", "")
		m.fails(m.start(asNobody(m.command("list"))), 1, "become root), or export ECLUSTER_ENGINE=podman\n")
	})
}

func TestWords(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(m *machine) {
		if o := m.run("--help"); o.status != 0 || !strings.Contains(o.stdout, "Usage: ecluster.sh") || o.stderr != "" {
			m.Errorf("help without an engine: %+v", o)
		}
		m.fails(m.run("--version"), 2, "--version needs a version; 'ecluster.sh version' shows the one in use")
		m.docker("/s")
		m.has(m.run("version"), "ecluster:latest | version")
		m.has(m.run("start", "--version"), "ecluster:latest | start | --version")
	})
}
