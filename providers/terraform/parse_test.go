package terraform

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

func TestContractProblems(t *testing.T) {
	t.Parallel()
	const good = `
variable "cluster_id" {}
variable "nodes" {}
output "nodes" { value = {} }
`
	for name, c := range map[string]struct {
		module             string
		variables, secrets map[string]any
		want               []string
	}{
		"complete": {module: good},
		"empty":    {module: "locals {}", want: []string{`the module has no variable "cluster_id"`, `the module has no variable "nodes"`, `the module has no output "nodes"`}},
		"host key that would be shown": {
			module: good + `variable "host_key" {}`,
			want:   []string{`the module's variable "host_key" is not declared as sensitive`},
		},
		"unknown variable": {
			module: good + `variable "flavor" { default = "" }`, variables: map[string]any{"flavour": "m1"},
			want: []string{`the module has no variable "flavour", which the spec sets`},
		},
		"no value": {module: good + `variable "flavor" {}`, want: []string{`the module's variable "flavor" has no value`}},
		"secret that would be shown": {
			module: good + `variable "token" {}`, secrets: map[string]any{"token": "x"},
			want: []string{`the module's variable "token" gets a sensitive value and is not declared as sensitive`},
		},
		"secret": {
			module:  good + "variable \"token\" {\n sensitive = true\n}",
			secrets: map[string]any{"token": "x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract, err := readContract(fstest.MapFS{"main.tf": {Data: []byte(c.module)}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range contract.problems(c.variables, c.secrets) {
				got = append(got, p.summary)
				if p.advice == "" {
					t.Errorf("%s: no advice", p.summary)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestContractOfJSON(t *testing.T) {
	t.Parallel()
	c, err := readContract(fstest.MapFS{"main.tf.json": {Data: []byte(
		`{"variable": {"cluster_id": {}, "nodes": {}, "host_key": {"sensitive": true}}, "output": {"nodes": {"value": "${var.nodes}"}}}`)}})
	if err != nil || len(c.problems(nil, nil)) != 0 {
		t.Errorf("%+v, error %v", c, err)
	}
	if _, err := readContract(fstest.MapFS{"README": {}}); err == nil {
		t.Error("a folder without a module is accepted")
	}
	if _, err := readContract(fstest.MapFS{"main.tf": {Data: []byte("variable {")}}); err == nil {
		t.Error("a module that can't be parsed is accepted")
	}
}

// TestEmbeddedModules checks those that come along against our own contract.
func TestEmbeddedModules(t *testing.T) {
	t.Parallel()
	if got := embedded(); !cmp.Equal(got, []string{"docker", "openstack"}) {
		t.Fatalf("embedded: %q; the reference of `module` names them", got)
	}
	for _, name := range embedded() {
		d := &Driver{module: name}
		source, err := d.source()
		if err != nil {
			t.Fatal(err)
		}
		c, err := readContract(source)
		if err != nil {
			t.Fatal(err)
		}
		if list := c.problems(nil, nil); len(list) != 0 {
			t.Errorf("%s: %+v", name, list)
		}
	}
	d := &Driver{lookPath: exec.LookPath}
	tool, err := d.find()
	if err != nil {
		t.Skip("not possible here: neither terraform nor tofu is on the PATH")
	}
	if said, err := exec.CommandContext(t.Context(), tool.path, "fmt", "-check", "-recursive", "-no-color", "../../templates/terraform").CombinedOutput(); err != nil {
		t.Errorf("not formatted: %s: %v", said, err)
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	for module, want := range map[string]string{
		"aws":      `no such module comes with ecluster; it has docker and openstack. A folder of your own is written with a slash: "./aws"`,
		"./absent": "there is no folder",
		".":        "",
	} {
		_, err := (&Driver{module: module}).source()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", module, err)
		}
	}
}

// TestGuarded: only where a module closes the door can it be opened.
func TestGuarded(t *testing.T) {
	t.Parallel()
	for module, want := range map[string]bool{"openstack": true, "docker": false, "./testdata/files": true, "./absent": false} {
		d, err := Open(schema.Values{"module": module})
		if err != nil {
			t.Fatal(err)
		}
		if _, is := d.(providers.Firewall); is != want {
			t.Errorf("%s: %t", module, is)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][]string{
		"docker_network.cluster":                          nil,
		`docker_container.node["compute001"]`:             {"compute001"},
		`module.node["compute001"].openstack_port.p["a"]`: {"compute001", "a"},
		`aws_instance.node[0]`:                            nil,
	} {
		if diff := cmp.Diff(want, keys(address)); diff != "" {
			t.Errorf("%s: %s", address, diff)
		}
	}
}

func TestMentions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		d    tfjson.Diagnostic
		name string
		want bool
	}{
		{tfjson.Diagnostic{Address: `x.node["node001"]`}, "node001", true},
		{tfjson.Diagnostic{Address: `x.node["node001"]`, Detail: "like node002"}, "node002", false},
		{tfjson.Diagnostic{Detail: `image "debian-13" not found`}, "debian-13", true},
		{tfjson.Diagnostic{Detail: "image debian-13x not found"}, "debian-13", false},
		{tfjson.Diagnostic{Detail: "no image"}, "", false},
	} {
		if got := mentions(c.d, c.name); got != c.want {
			t.Errorf("%+v mentions %q: %t", c.d, c.name, got)
		}
	}
}

// TestKinds has messages of real providers.
func TestKinds(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]providers.Kind{
		"Unable to create container with image x: Error response from daemon: Minimum memory limit allowed is 6MB": providers.Invalid,
		"did not find docker image 'x'":                                                                     providers.NotFound,
		`Conflict. The container name "/x" is already in use`:                                               providers.Conflict,
		"Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?": providers.Transient,
		"Error creating OpenStack server: Expected HTTP response code [200 202] but got 403 instead: Quota exceeded for cores: Requested 8, but used 30 of 32": providers.Quota,
		"No valid host was found. There are not enough hosts available.":                                                                                       providers.Capacity,
		"Authentication failed": providers.Permission,
		"You must provide exactly one of DomainID or DomainName to authenticate: no valid credentials": providers.Permission,
		"Too Many Requests": providers.Throttled,
		"dial tcp: lookup registry.terraform.io: no such host":                              providers.Transient,
		"Your query returned no results. Please change your search criteria and try again.": providers.NotFound,
		"Error acquiring the state lock":                                                    providers.Conflict,
		"the dog ate it":                                                                    providers.Unknown,
	} {
		if got := kindOf(said, providers.Unknown); got != want {
			t.Errorf("%s: %q, want %q", said, got, want)
		}
	}
	if got := classify(&runError{op: "plan", err: errors.New("odd")}); got != providers.Invalid {
		t.Errorf("a plan that fails oddly: %q", got)
	}
}

func TestNodeOutput(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		out  nodeOutput
		want []cluster.Endpoint
	}{
		"public first": {nodeOutput{PublicIP: "192.0.2.1", PrivateIP: "10.0.0.1"}, []cluster.Endpoint{{Host: "192.0.2.1", Port: 22}, {Host: "10.0.0.1", Port: 22}}},
		"own port":     {nodeOutput{PublicIP: "192.0.2.1", SSHPort: 2222}, []cluster.Endpoint{{Host: "192.0.2.1", Port: 2222}}},
		"given":        {nodeOutput{PrivateIP: "10.0.0.1", Endpoints: []string{"127.0.0.1:32768", "odd"}}, []cluster.Endpoint{{Host: "127.0.0.1", Port: 32768}}},
		"none yet":     {nodeOutput{PrivateIP: "10.0.0.1", Endpoints: []string{}}, nil},
	} {
		if diff := cmp.Diff(c.want, c.out.endpoints()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if stateOf("") != cluster.InstanceRunning || stateOf("stopped") != cluster.InstanceStopped || stateOf("odd") != cluster.InstanceError {
		t.Error("states are translated wrongly")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := settingsSchema()
	if _, err := s.DecodeMap(map[string]any{"module": "docker", "variables": map[string]any{"nodes": "x"}}); err == nil || !strings.Contains(err.Error(), "ecluster itself tells the module that") {
		t.Error(err)
	}
	if _, err := s.DecodeMap(map[string]any{"module": "docker", "variables": "x"}); err == nil {
		t.Error("variables that are no map are accepted")
	}
	v, err := s.DecodeMap(map[string]any{"module": "docker", "variables": map[string]any{"a": 1.0, "b": []any{"x", true}}})
	if err != nil || len(v.Map("variables")) != 2 {
		t.Errorf("%v, error %v", v, err)
	}
	if _, err := open(schema.Values{"module": "m", "variables": map[string]any{"a": "x"}, "sensitive_variables": map[string]any{"a": "x"}}, nil); err == nil {
		t.Error("a variable that is set twice is accepted")
	}
}
