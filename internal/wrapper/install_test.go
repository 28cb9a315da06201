package wrapper

import (
	"os/exec"
	"strings"
	"testing"
)

// bare puts package managers on a machine that has no engine. What they install
// works at once.
func (m *machine) bare(manager string) {
	m.Helper()
	m.docker("/s")
	m.rename("docker", "docker.package")
	install := `case "$*" in *"install -y docker"* | *"install -y moby"*) mv "` + m.bin + `/docker.package" "` + m.bin + `/docker" ;; esac`
	m.link("mv")
	m.stub(manager, install)
	for _, starter := range []string{"systemctl", "service"} {
		m.stub(starter, "")
	}
}

func (m *machine) root() { m.stub("id", "echo 0") }

func (m *machine) sudo() {
	m.stub("sudo", `exec "$@"`)
	m.stub("usermod", "")
}

// inTerminal runs the script in a terminal in which somebody types.
func (m *machine) inTerminal(typed string, args ...string) outcome {
	m.Helper()
	path, err := exec.LookPath("script")
	if err != nil {
		m.Skip("not possible here: no command 'script' that gives a terminal")
	}
	plain := m.command(args...)
	var line []string
	for _, word := range plain.Args {
		line = append(line, "'"+word+"'")
	}
	line[0] = "exec '" + plain.Path + "'"
	cmd := exec.Command(path, "-qec", strings.Join(line, " "), "/dev/null")
	cmd.Dir, cmd.Env = plain.Dir, plain.Env
	cmd.Env = append(cmd.Env, "SHELL=/bin/sh")
	cmd.Stdin = strings.NewReader(typed)
	o := m.start(cmd)
	o.stderr += o.stdout // a terminal has one stream
	return o
}

func TestInstall(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		manager string
		prepare func(*machine)
		calls   []string
	}{
		"Debian": {"apt-get", func(*machine) {}, []string{"apt-get | update", "apt-get | install | -y | docker.io"}},
		"Fedora": {"dnf", func(m *machine) { m.stub("rpm", "echo 41") }, []string{"dnf | install | -y | moby-engine"}},
		"Rocky": {"dnf", func(m *machine) { m.stub("rpm", `[ "$1" = -E ]`) }, []string{
			"dnf | install | -y | dnf-plugins-core",
			"dnf | config-manager | --add-repo | https://download.docker.com/linux/centos/docker-ce.repo",
			"dnf | install | -y | docker-ce | docker-ce-cli | containerd.io",
		}},
		"RHEL": {"dnf", func(m *machine) { m.stub("rpm", "") }, []string{
			"dnf | config-manager | --add-repo | https://download.docker.com/linux/rhel/docker-ce.repo",
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inEachShell(t, func(m *machine) {
				m.bare(c.manager)
				m.root()
				c.prepare(m)

				m.fails(m.run("list"), 1, "there is no terminal to ask for your permission: run these commands yourself, then the same command again")
				m.fails(m.inTerminal("n\n", "list"), 1, "nothing was installed")
				m.fails(m.inTerminal("\n", "list"), 1, "nothing was installed")

				o := m.inTerminal("y\n", "list")
				for _, call := range c.calls {
					if !o.called(call) {
						m.Errorf("%s was not called", call)
					}
					if !strings.Contains(o.stderr, strings.ReplaceAll(call, " | ", " ")) {
						m.Errorf("%s was not shown", call)
					}
				}
				if !o.called("systemctl | enable | --now | docker") && !o.called("service | docker | start") {
					m.Error("the engine was not started")
				}
				m.has(o, "ecluster:latest | list")
			})
		})
	}
}

// TestInstallAsUser is somebody who becomes root with sudo, and must log in
// again to use what was installed.
func TestInstallAsUser(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(m *machine) {
		m.bare("apt-get")
		m.sudo()
		o := m.inTerminal("yes\n", "list")
		m.fails(o, 1, "Docker is installed: log out and in again, so that you may use it, then run the same command again")
		for _, call := range []string{"sudo | apt-get | update", "sudo | usermod | -aG | docker | alice"} {
			if !o.called(call) {
				m.Errorf("%s was not called", call)
			}
		}
		if !strings.Contains(o.stderr, "who may do that can become root") {
			m.Error("it does not say what the group means")
		}
	})
}

func TestCannotInstall(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		prepare func(*machine)
		fails   string
	}{
		"no root": {
			func(m *machine) { m.stub("apt-get", "") },
			"Docker is not installed, and only root can install it: ask whoever looks after this machine for Docker or Podman",
		},
		"no package manager": {
			(*machine).root,
			"Docker is not installed, and this system has neither apt-get nor dnf: install Docker 20.10 or later, or Podman",
		},
		"macOS": {
			func(m *machine) { m.stub("uname", "echo Darwin") },
			"Docker is not installed: install Docker Desktop ('brew install --cask docker'), start it ('open -a Docker')",
		},
		"another system": {
			func(m *machine) { m.stub("uname", "echo FreeBSD") },
			"Docker is not installed: install Docker 20.10 or later for FreeBSD",
		},
		"an engine by name": {
			func(m *machine) { m.env["ECLUSTER_ENGINE"] = "nerdctl" },
			"there is no command 'nerdctl': install it, or unset ECLUSTER_ENGINE",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inEachShell(t, func(m *machine) {
				c.prepare(m)
				m.fails(m.run("list"), 1, c.fails)
			})
		})
	}

	t.Run("installation fails", func(t *testing.T) {
		t.Parallel()
		inEachShell(t, func(m *machine) {
			m.bare("apt-get")
			m.root()
			m.stub("apt-get", `[ "$1" = update ]`)
			m.fails(m.inTerminal("y\n", "list"), 1, "'env DEBIAN_FRONTEND=noninteractive apt-get install -y docker.io' failed, see above; when that is mended")
		})
	})
}

// TestTerminal gives the container a terminal where there is one.
func TestTerminal(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(m *machine) {
		m.docker("/s")
		m.has(m.inTerminal("", "ssh", "c"), "--tty", "--interactive")
	})
}
