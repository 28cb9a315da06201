package doctor

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/credentials"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// engine is a provider that can be examined, an account one that has an identity.
type (
	engine struct {
		providers.Driver

		words    string
		findings []providers.Finding
		err      error
	}
	account struct {
		providers.Driver

		err  error
		hang bool
	}
)

func (e engine) Examine(context.Context) (string, []providers.Finding, error) {
	return e.words, e.findings, e.err
}

func (a account) Identity(context.Context) (providers.Identity, error) {
	if a.hang {
		select {} // a library that knows no deadline
	}
	return providers.Identity{ID: "1", Words: "the account 1"}, a.err
}

func plugin(kind string, d providers.Driver, err error) providers.Plugin {
	return providers.Plugin{Kind: kind, Open: func(schema.Values) (providers.Driver, error) { return d, err }}
}

// healthy is a machine on which all is well; it uses Docker and AWS.
func healthy(t *testing.T) *Doctor {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", noon.Format(http.TimeFormat))
	}))
	t.Cleanup(server.Close)
	home := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	return &Doctor{
		Home: home, Version: "v1.2.3", Client: server.Client(), Servers: []string{server.URL},
		Place: credentials.Place{
			Env:      func(string) (string, bool) { return "", false },
			Home:     "/home/a",
			Exists:   func(path string) bool { return path == "/var/run/docker.sock" || path == "/home/a/.aws/config" },
			LookPath: func(program string) bool { return program == "tofu" },
		},
		Plugins: map[string]providers.Plugin{
			"docker":    plugin("docker", engine{words: "Docker 27"}, nil),
			"aws":       plugin("aws", account{}, nil),
			"google":    plugin("google", account{}, nil),
			"terraform": plugin("terraform", nil, nil),
		},
		SeenFrom: func(context.Context) (netip.Addr, error) { return netip.MustParseAddr("192.0.2.7"), nil },
		Run: func(context.Context, string, ...string) ([]byte, error) {
			return []byte("OpenTofu v1.9.0\non linux_amd64\n"), nil
		},
		Now: func() time.Time { return noon }, Patience: 10 * time.Second,
	}
}

// lines are findings as "level check: message | fix".
func lines(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(string(f.Level) + " " + f.Check + ": " + f.Message + " | " + f.Fix + "\n")
	}
	return b.String()
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	d := healthy(t)
	findings := d.Examine(t.Context(), nil)
	got := lines(findings)
	for _, want := range []string{
		"ok ecluster: v1.2.3, ", "ok records: " + d.Home, "ok docker: Docker 27 | ", "unused google: no sign of it here | Run 'gcloud",
		"ok aws: the account 1", "unused terraform: ", "ok network: 127.0.0.1", "ok clock: as that of 127.0.0.1", "ok address: 192.0.2.7",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
	if !Healthy(findings) {
		t.Errorf("it is not healthy:\n%s", got)
	}
}

// Each trouble is told with what to do about it.
func TestTroubles(t *testing.T) {
	t.Parallel()
	down := func(*Doctor) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) { return nil, errors.New("lookup x: no such host") }
	}
	for name, c := range map[string]struct {
		spoil   func(*testing.T, *Doctor)
		needed  []string
		says    string
		healthy bool
	}{
		"no folder yet": {
			spoil: func(_ *testing.T, d *Doctor) { d.Home = filepath.Join(d.Home, "a", "b") },
			says:  "; the first start makes it", healthy: true,
		},
		"a file instead of the folder": {
			spoil: func(t *testing.T, d *Doctor) {
				t.Helper()
				d.Home = filepath.Join(d.Home, "file")
				if err := os.WriteFile(d.Home, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			},
			says: "is no folder | Choose another folder with ECLUSTER_HOME.",
		},
		"a folder where nothing can be made": {
			spoil: func(_ *testing.T, d *Doctor) { d.Home = "/proc/ecluster/home" },
			says:  "failure records: /proc/ecluster/home does not exist and can't be made",
		},
		"an open folder": {
			spoil: func(t *testing.T, d *Doctor) {
				t.Helper()
				if err := os.Chmod(d.Home, 0o755); err != nil {
					t.Fatal(err)
				}
			},
			says: "is open to other users (0755), and has keys in it | Run 'chmod 700", healthy: true,
		},
		"a wrong config.hcl": {
			spoil: func(_ *testing.T, d *Doctor) { d.Config = errors.New("config.hcl:1: what is that?") },
			says:  "failure config: config.hcl:1: what is that? | Correct it",
		},
		"an engine that is down": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.Plugins["docker"] = plugin("docker", engine{findings: []providers.Finding{{Fatal: true, Summary: "it is down", Detail: "Start it."}}}, nil)
			},
			says: "warning docker: it is down | Start it.", healthy: true, // AWS works
		},
		"an engine that is down and needed": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.Plugins["docker"] = plugin("docker", engine{findings: []providers.Finding{{Fatal: true, Summary: "it is down", Detail: "Start it."}}}, nil)
			},
			needed: []string{"docker"}, says: "failure docker: it is down | Start it.",
		},
		"an engine with little room": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.Plugins["docker"] = plugin("docker", engine{words: "Docker 27", findings: []providers.Finding{{Summary: "its disk is full", Detail: "Make room."}}}, nil)
			},
			says: "ok docker: Docker 27 | \nwarning docker: its disk is full | Make room.", healthy: true,
		},
		"credentials that are refused": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.Plugins["aws"] = plugin("aws", account{err: &providers.Error{Op: "identify", Kind: providers.Permission, Err: errors.New("token\nexpired")}}, nil)
			},
			says: "warning aws: found ~/.aws/config, but identify: token expired | Run 'aws configure'", healthy: true,
		},
		"credentials that can't be tried": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.Plugins["aws"] = plugin("aws", account{err: &providers.Error{Op: "identify", Kind: providers.Transient, Err: errors.New("no route")}}, nil)
			},
			says: "| See whether the network works", healthy: true,
		},
		"credentials that can't be opened": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.Plugins["aws"] = plugin("aws", nil, errors.New("no such profile"))
			},
			says: "but no such profile | Run 'aws configure'", healthy: true,
		},
		"a cloud that was asked for and is not set up": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.Plugins["google"] = plugin("google", account{err: errors.New("no credentials")}, nil)
			},
			needed: []string{"google"}, says: "failure google: no credentials | Run 'gcloud auth",
		},
		"a check that hangs": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.Plugins["aws"] = plugin("aws", account{hang: true}, nil)
				d.Patience = 200 * time.Millisecond
			},
			says: "warning aws: no answer within 200ms | See whether the network works", healthy: true,
		},
		"nothing at all": {
			spoil: func(_ *testing.T, d *Doctor) { d.Place.Exists = func(string) bool { return false } },
			says:  "failure place: nothing that was found here can hold a cluster | Install Docker",
		},
		"no terraform": {
			spoil:  func(_ *testing.T, d *Doctor) { d.Place.LookPath = func(string) bool { return false } },
			needed: []string{"terraform"}, says: "failure terraform: neither terraform nor tofu is installed | Install",
		},
		"a terraform that does not run": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.Run = func(context.Context, string, ...string) ([]byte, error) { return nil, errors.New("exec format error") }
			},
			needed: []string{"terraform"}, says: "failure terraform: tofu does not run: exec format error",
		},
		"a clock that is a little late": {
			spoil: func(_ *testing.T, d *Doctor) { d.Now = func() time.Time { return noon.Add(-time.Minute) } },
			says:  "warning clock: 1m0s behind of 127.0.0.1", healthy: true,
		},
		"a clock that is wrong": {
			spoil: func(_ *testing.T, d *Doctor) { d.Now = func() time.Time { return noon.Add(time.Hour) } },
			says:  "clouds refuse such requests | Set it by the network",
		},
		"no network": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.Client = &http.Client{Transport: transport(down(d))}
				d.SeenFrom = func(context.Context) (netip.Addr, error) { return netip.Addr{}, errors.New("nobody answers") }
			},
			says: "warning network: names can't be resolved | Local clusters can work without it", healthy: true,
		},
		"no network: the clock": {
			spoil: func(_ *testing.T, d *Doctor) { d.Client = &http.Client{Transport: transport(down(d))} },
			says:  "warning clock: not known", healthy: true,
		},
		"no address": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.SeenFrom = func(context.Context) (netip.Addr, error) { return netip.Addr{}, errors.New("nobody answers") }
			},
			says: "| Needed for clouds only: set ECLUSTER_ADDRESS", healthy: true,
		},
		"a proxy": {
			spoil: func(_ *testing.T, d *Doctor) {
				d.Place.Env = func(name string) (string, bool) {
					return map[string]string{"HTTPS_PROXY": "http://me:hush@proxy:3128"}[name], name == "HTTPS_PROXY"
				}
			},
			says: ", through proxy:3128 (HTTPS_PROXY)", healthy: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := healthy(t)
			c.spoil(t, d)
			findings := d.Examine(t.Context(), c.needed)
			got := lines(findings)
			if !strings.Contains(got, c.says) {
				t.Errorf("there is no %q in\n%s", c.says, got)
			}
			if Healthy(findings) != c.healthy {
				t.Errorf("healthy is %v:\n%s", !c.healthy, got)
			}
			if strings.Contains(got, "hush") {
				t.Errorf("a password is shown:\n%s", got)
			}
		})
	}
}

// transport answers requests without a network.
type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// What is asked for, and only that, is looked at.
func TestNeeded(t *testing.T) {
	t.Parallel()
	findings := healthy(t).Examine(t.Context(), []string{"aws"})
	if slices.ContainsFunc(findings, func(f Finding) bool { return f.Check == "docker" || f.Check == "google" }) {
		t.Errorf("too much:\n%s", lines(findings))
	}
}
