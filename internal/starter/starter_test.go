package starter_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/starter"
)

var update = flag.Bool("update", false, "write the golden specs anew")

// What these specs are is best read in the golden files. That all of them are
// valid is checked in cmd/ecluster, which has all providers.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]starter.Choice{
		"nothing-said":  {},
		"google-gpu":    {Name: "learn", Cloud: "gce", Nodes: 20, MachineType: "n2-standard-16", GPU: "t4:2", Spot: true, TTL: "3h"},
		"aws-mpi":       {Cloud: "aws", Scheduler: "gridengine", MPI: true, Home: "none"},
		"azure-pool":    {Cloud: "azure", Scheduler: "htcondor", GPU: "a100", TTL: "none"},
		"qemu-bare":     {Cloud: "qemu", Scheduler: "none"},
		"openstack-mpi": {Cloud: "openstack", MPI: true, Nodes: 200},
	} {
		text, err := starter.Write(c)
		if err != nil {
			t.Fatal(name, err)
		}
		if out, _, diags := spec.Format(text, name); diags.HasErrors() || !bytes.Equal(text, out) {
			t.Errorf("%s is not as ecluster fmt writes it: %v", name, diags)
		}
		file := filepath.Join("testdata", name+".hcl")
		if *update {
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestChoicesThatCantBeHad(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		choice      starter.Choice
		field, says string
	}{
		{starter.Choice{Cloud: "gogle"}, "provider", `Did you mean "google"?`},
		{starter.Choice{Scheduler: "slrm"}, "scheduler", `Did you mean "slurm"?`},
		{starter.Choice{Name: "My Cluster"}, "name", "lower-case"},
		{starter.Choice{Nodes: -1}, "nodes", "-1 is not a number of nodes"},
		{starter.Choice{Nodes: 1 << 30}, "nodes", "from 1 to"},
		{starter.Choice{MachineType: "big"}, "machine-type", "Docker has no machine types"},
		{starter.Choice{Cloud: "aws", MachineType: `x" }`}, "machine-type", "is no name of a machine type"},
		{starter.Choice{Cloud: "aws", MachineType: `${file("/etc/passwd")}`}, "machine-type", "is no name of a machine type"},
		{starter.Choice{GPU: "t4"}, "gpu", "have no GPUs"},
		{starter.Choice{Cloud: "aws", GPU: "t5"}, "gpu", `Amazon EC2 has no "t5". Did you mean "t4"?`},
		{starter.Choice{Cloud: "aws", GPU: "t4:3"}, "gpu", "machines with 1 or 4 of the t4, not with 3"},
		{starter.Choice{Cloud: "aws", GPU: "t4:many"}, "gpu", "no number of GPUs after the colon"},
		{starter.Choice{Spot: true}, "spot", "Docker has no spot machines"},
		{starter.Choice{Home: "nfs"}, "home", "choose volume or none"},
		{starter.Choice{Cloud: "aws", TTL: "soon"}, "ttl", "not a length of time"},
		{starter.Choice{TTL: "1h"}, "ttl", "stay until they are stopped"},
	} {
		_, err := starter.Write(c.choice)
		var bad *starter.ChoiceError
		if !errors.As(err, &bad) || bad.Field != c.field || !strings.Contains(bad.Why, c.says) {
			t.Errorf("%+v: %v", c.choice, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, tmpl := range starter.Templates() {
		found, err := starter.Find(tmpl.Name)
		if err != nil || found != tmpl || !strings.HasSuffix(tmpl.Summary, ".") {
			t.Errorf("%s: %+v %v", tmpl.Name, found, err)
		}
	}
	for name, want := range map[string]starter.Choice{
		"gce-slurm":               {Cloud: "google", Scheduler: "slurm"},
		"terraform-openstack":     {Cloud: "openstack", Scheduler: "slurm"},
		"aws-gridengine-gpu-spot": {Cloud: "aws", Scheduler: "gridengine", GPU: "t4", Spot: true},
	} {
		if got, err := starter.Find(name); err != nil || got.Choice != want {
			t.Errorf("%s: %+v %v", name, got.Choice, err)
		}
	}
	for name, says := range map[string]string{
		"aws-slrm":         `Did you mean "aws-slurm"?`,
		"":                 "A name is CLOUD-SCHEDULER",
		"nothing":          "-mpi, -gpu and -spot may follow",
		"docker-slurm-gpu": `docker-slurm has no variant "gpu". There is only "mpi".`,
	} {
		if _, err := starter.Find(name); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
