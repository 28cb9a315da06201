package wrapper

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bind is a mount of a path at the same path.
func bind(path string) string { return "type=bind,source=" + path + ",target=" + path }

// TestFiles is what a container gets of the user's files.
func TestFiles(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(m *machine) {
		m.docker("/s")
		outside := filepath.Join(m.top, "outside")
		for _, path := range []string{
			m.home + "/.aws/config", m.home + "/.config/gcloud/key.json", m.home + "/.ssh/id_rsa",
			m.dir + "/spec.hcl", outside + "/spec/spec.hcl", outside + "/data/in", outside + "/vars.hcl",
			outside + "/key.json", outside + "/plugins/x", outside + "/after/x",
		} {
			m.file(path, "", 0o600)
		}
		m.env["GOOGLE_APPLICATION_CREDENTIALS"] = outside + "/key.json"
		m.env["TF_PLUGIN_CACHE_DIR"] = outside + "/plugins"
		m.env["AWS_CONFIG_FILE"] = outside + "/nothing"
		m.env["OS_ROOT"] = "/usr"
		o := m.run("start", "-c", outside+"/spec/spec.hcl", "--var-file=../outside/vars.hcl", m.dir+"/spec.hcl",
			"../outside/data", "/etc/passwd", "/dev/null", outside+"/data/new/x", "c:/home", "--", outside+"/after")
		m.has(o,
			bind(m.dir), bind(m.home+"/.ecluster"), bind(m.home+"/.aws"), bind(m.home+"/.config/gcloud"),
			bind(outside+"/key.json")+",readonly", bind(outside+"/plugins"),
			bind(outside+"/spec"), bind(outside), bind(outside+"/data"), bind("/etc/passwd")+",readonly")
		m.lacks(o, ".azure", ".ssh", "nothing", "source=/usr,", "source=/etc,", "source=/dev", bind(outside+"/after"), bind(outside+"/data/new"))
		if info, err := os.Stat(m.home + "/.ecluster"); err != nil || info.Mode().Perm() != 0o700 {
			m.Errorf("the folder of records: %v, %v", info, err)
		}
	})
}

// TestVariables is what a container gets of the environment: names, so that no
// value can be read in a list of processes.
func TestVariables(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(m *machine) {
		m.docker("/s")
		for _, name := range []string{
			"AWS_SECRET_ACCESS_KEY", "ARM_CLIENT_SECRET", "OS_PASSWORD", "ECLUSTER_VAR_nodes", "NO_COLOR", "LC_CTYPE", "https_proxy",
			"PASSWORD", "LD_PRELOAD", "SSH_AUTH_SOCK", "MY_AWS_KEY",
		} {
			m.env[name] = "sesame"
		}
		m.env["AWS_PROFILE"] = "two\nMAIL=lines"
		o := m.run("list")
		m.has(o, "--env | HOME", "--env | USER", "--env | AWS_SECRET_ACCESS_KEY", "--env | ARM_CLIENT_SECRET", "--env | OS_PASSWORD",
			"--env | ECLUSTER_VAR_nodes", "--env | NO_COLOR", "--env | LC_CTYPE", "--env | https_proxy", "--env | AWS_PROFILE")
		m.lacks(o, "sesame", "PASSWORD=", "| PASSWORD |", "LD_PRELOAD", "SSH_AUTH_SOCK", "MY_AWS_KEY", "MAIL", "STUB_")
	})
}

func TestShowMounts(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(m *machine) {
		m.env["AWS_SECRET_ACCESS_KEY"] = "sesame"
		m.env["NO_COLOR"] = "1"
		m.file(m.home+"/.azure/config", "", 0o600)
		socket := m.socket("docker.sock")
		for _, prepare := range []func(){func() { m.env["DOCKER_HOST"] = "unix://" + socket }, func() { m.docker(socket) }} {
			prepare() // without an engine, and with one
			o := m.run("--show-mounts")
			for _, line := range []string{
				"  rw " + m.dir, "  rw " + m.home + "/.ecluster", "  rw " + m.home + "/.azure",
				"  " + socket, "  AWS_SECRET_ACCESS_KEY", "  NO_COLOR", "  1000:100, 100 999",
			} {
				if !strings.Contains(o.stdout, line+"\n") {
					m.Errorf("it does not show %q", line)
				}
			}
			if strings.Contains(o.stdout, "sesame") || o.status != 0 || o.container() != "" {
				m.Errorf("status %d, %s", o.status, o.container())
			}
		}
	})
}

// TestPlaces is where the script may be called, and what it says elsewhere.
func TestPlaces(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		prepare func(*machine)
		has     []string
		fails   string
	}{
		"commas and quotes": {
			prepare: func(m *machine) { m.dir += `, "x y"`; m.file(m.dir+"/x", "", 0o600) },
			has:     []string{`, ""x y"""`},
		},
		"records elsewhere": {
			prepare: func(m *machine) { m.env["ECLUSTER_HOME"] = "records"; delete(m.env, "HOME") },
			has:     []string{"--env | ECLUSTER_HOME", "/specs/records,target="},
		},
		"root of the disk": {
			prepare: func(m *machine) { m.dir = "/" },
			fails:   "the current folder is /, which a container can't share: cd to the folder of your specs, or to your home",
		},
		"a folder of the system": {
			prepare: func(m *machine) { m.dir = "/dev" },
			fails:   "the current folder is /dev, which a container can't share",
		},
		"no home": {
			prepare: func(m *machine) { delete(m.env, "HOME") },
			fails:   "HOME is not set, so there is no place for the records of clusters: export HOME or ECLUSTER_HOME",
		},
		"a relative home": {
			prepare: func(m *machine) { m.env["HOME"] = "alice" },
			fails:   "HOME is 'alice', which is no absolute path: export HOME as one",
		},
		"a home that is no folder": {
			prepare: func(m *machine) { m.env["HOME"] = "/dev/null" },
			fails:   "can't make the folder /dev/null/.ecluster for the records of clusters: export ECLUSTER_HOME as one that you may write",
		},
		"a line break": {
			prepare: func(m *machine) { m.env["ECLUSTER_HOME"] = m.home + "/a\nb" },
			fails:   "a path with a line break can't be given to a container",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inEachShell(t, func(m *machine) {
				m.docker("/s")
				m.installed()
				c.prepare(m)
				o := m.run("list")
				if c.fails != "" {
					m.fails(o, 1, c.fails)
					return
				}
				for _, text := range c.has {
					if !strings.Contains(o.container(), text) {
						m.Errorf("the container was not run with %q", text)
					}
				}
			})
		})
	}
}
