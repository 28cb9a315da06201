package wrapper

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

const published = "ghcr.io/ecluster/ecluster:"

func TestImages(t *testing.T) {
	t.Parallel()
	pull := "docker | pull | " + published
	cases := map[string]struct {
		env    map[string]string
		args   []string
		runs   string   // image that is run
		calls  []string // beginnings of calls that there must be
		silent bool     // nothing is pulled or built
		fails  string
	}{
		"here":           {runs: "ecluster:latest", silent: true},
		"pulled by hand": {env: map[string]string{"STUB_IMAGES": " " + published + "latest "}, runs: published + "latest", silent: true},
		"pulled": {
			env: map[string]string{"STUB_IMAGES": ""}, runs: "ecluster:latest",
			calls: []string{pull + "latest", "docker | tag | " + published + "latest | ecluster:latest"},
		},
		"another version": {args: []string{"--version", "v1.2"}, runs: "ecluster:v1.2", calls: []string{pull + "v1.2"}},
		"a newer one":     {args: []string{"--version=v1.2", "--update"}, env: map[string]string{"STUB_IMAGES": " ecluster:v1.2 "}, runs: "ecluster:v1.2", calls: []string{pull + "v1.2"}},
		"its own": {
			env:  map[string]string{"ECLUSTER_IMAGE": "mirror:5000/ecluster:3", "STUB_IMAGES": " mirror:5000/ecluster:3 "},
			runs: "mirror:5000/ecluster:3", silent: true,
		},
		"its own, pulled": {
			env:  map[string]string{"ECLUSTER_IMAGE": "mirror:5000/ecluster:3"},
			runs: "mirror:5000/ecluster:3", calls: []string{"docker | pull | mirror:5000/ecluster:3"},
		},
		"no network": {
			env:   map[string]string{"STUB_IMAGES": "", "STUB_PULL": "1"},
			fails: "the image " + published + "latest could not be pulled, see above: check the version and the network of the engine, or bring the image ('docker save' where it is, 'docker load' here)",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inEachShell(t, func(m *machine) {
				m.docker("/s")
				maps.Copy(m.env, c.env)
				o := m.run(append(c.args, "list")...)
				if c.fails != "" {
					m.fails(o, 1, c.fails)
					return
				}
				m.has(o, c.runs+" | list")
				for _, call := range c.calls {
					if !o.called(call) {
						m.Errorf("%s was not called", call)
					}
				}
				if c.silent && (o.called("docker | pull") || o.called("docker | build") || o.stderr != "") {
					m.Errorf("it pulled or built: %s", o.stderr)
				}
			})
		})
	}
}

// TestUpdateAlone brings the image and runs nothing.
func TestUpdateAlone(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(m *machine) {
		m.docker("/s")
		o := m.run("--update")
		if o.status != 0 || o.container() != "" || !o.called("docker | pull") || !strings.Contains(o.stderr, "the image is ecluster:latest") {
			m.Errorf("status %d, %s", o.status, o.container())
		}
	})
}

// TestCheckout builds what can't be pulled where the source is.
func TestCheckout(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(m *machine) {
		m.docker("/s")
		m.env["STUB_IMAGES"], m.env["STUB_PULL"] = "", "1"
		checkout := filepath.Dir(m.installed())
		m.file(checkout+"/cmd/ecluster/main.go", "", 0o600)
		m.file(checkout+"/Dockerfile", "", 0o600)
		m.fails(m.run("list"), 1, "the image could not be built, see above; when that is mended")

		m.stub("go", "")
		m.stub("make", `echo "engine $ECLUSTER_ENGINE"`)
		o := m.run("list")
		m.has(o, "ecluster:latest | list")
		if !o.called("docker | pull") || !o.called("make | -C | "+checkout+" | image") {
			m.Error("it was not pulled first, or not made then")
		}
		for _, said := range []string{"building the image from the source in " + checkout, "engine docker"} {
			if !strings.Contains(o.stderr, said) {
				m.Errorf("it does not say %q", said)
			}
		}
		o = m.run("--update", "list")
		if o.called("docker | pull") || !o.called("make | -C") {
			m.Error("an update of a checkout is what its source makes")
		}
		m.fails(m.run("--version", "v9", "list"), 1, "could not be pulled")
	})
}
