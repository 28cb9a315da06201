package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/configs"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/spec"
	"github.com/ecluster/ecluster/internal/starter"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/roles"
)

// resolve returns the names of the clusters of a folder and of embedded specs,
// with an empty environment and the real roles and providers.
func resolve(t *testing.T, dir string, embedded fs.FS) map[string]bool {
	t.Helper()
	kinds := map[string]providers.Plugin{}
	for _, p := range plugins() {
		kinds[p.Kind] = p
	}
	f, diags := spec.Load(spec.Options{
		Dir: dir, Home: t.TempDir(), Embedded: embedded,
		Providers: kinds, Roles: role.NewLibrary(roles.FS),
	})
	specs, ds := f.ResolveAll()
	if diags = append(diags, ds...); len(diags) > 0 {
		var out bytes.Buffer
		_ = hcl.NewDiagnosticTextWriter(&out, f.Sources(), 78, false).WriteDiagnostics(diags)
		t.Fatal(out.String())
	}
	names := map[string]bool{}
	for _, s := range specs {
		names[string(s.Name)] = true
	}
	return names
}

// Each embedded spec works on an empty disk.
func TestEverySpecResolves(t *testing.T) {
	names := resolve(t, t.TempDir(), configs.FS)
	for _, name := range []string{"local", "gce", "aws", "azure", "qemu"} {
		if !names[name] {
			t.Errorf("there is no cluster %q: %v", name, names)
		}
	}
}

// What init writes is valid as it stands, whatever was chosen.
func TestEveryStarterResolves(t *testing.T) {
	kinds := map[string]providers.Plugin{}
	for _, p := range plugins() {
		kinds[p.Kind] = p
	}
	dir, library := t.TempDir(), role.NewLibrary(roles.FS)
	file := filepath.Join(dir, "ecluster.hcl")
	tried := 0
	for c := range choices() {
		text, err := starter.Write(c)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		f, diags := spec.Load(spec.Options{Path: file, Dir: dir, Home: dir, Providers: kinds, Roles: library})
		got, ds := f.Resolve("mine")
		if diags = append(diags, ds...); len(diags) > 0 {
			var out bytes.Buffer
			_ = hcl.NewDiagnosticTextWriter(&out, f.Sources(), 78, false).WriteDiagnostics(diags)
			t.Fatalf("%+v:\n%s", c, out.String())
		}
		checkStarter(t, c, got)
		tried++
	}
	t.Logf("%d combinations", tried)
}

// choices are all combinations that init can be asked for.
func choices() iter.Seq[starter.Choice] {
	return func(yield func(starter.Choice) bool) {
		for _, cloud := range starter.Clouds() {
			gpus, spots := []string{"none"}, []bool{false}
			for _, g := range cloud.GPUs {
				gpus = append(gpus, fmt.Sprintf("%s:%d", g.Name, g.Count))
			}
			if cloud.Spot {
				spots = append(spots, true)
			}
			for _, scheduler := range starter.Schedulers() {
				for i, gpu := range gpus {
					for _, spot := range spots {
						for _, home := range append(slices.Clone(cloud.Homes), "none") {
							if i > 1 && (scheduler != "slurm" || home == "none") {
								continue // the other kinds of GPUs differ in names only
							}
							c := starter.Choice{Name: "mine", Cloud: cloud.Name, Scheduler: scheduler, Nodes: 60, GPU: gpu, Spot: spot, MPI: i != 1, Home: home}
							if !yield(c) {
								return
							}
						}
					}
				}
			}
		}
	}
}

// checkStarter compares a spec with what was asked for.
func checkStarter(t *testing.T, c starter.Choice, got *cluster.Spec) {
	t.Helper()
	compute, has := got.Group("compute")
	if !has || compute.Count != c.Nodes || compute.Spot != c.Spot {
		t.Errorf("%+v: compute is %+v", c, compute)
	}
	if gpu, has := got.Group("gpu"); has != (c.GPU != "none") || has && (gpu.GPU == nil || gpu.Spot != c.Spot) {
		t.Errorf("%+v: gpu is %+v", c, gpu)
	}
	if (got.Scheduler == nil) != (c.Scheduler == "none") || got.Scheduler != nil && got.Scheduler.Kind != c.Scheduler {
		t.Errorf("%+v: scheduler is %+v", c, got.Scheduler)
	}
	if (len(got.Shares) == 0) != (c.Home == "none") {
		t.Errorf("%+v: shares are %+v", c, got.Shares)
	}
}
