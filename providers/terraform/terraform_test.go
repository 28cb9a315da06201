package terraform

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

const testID cluster.ID = "c1"

func quiet(string, string) {}

// prepared returns a driver whose cluster is prepared.
func (f *filesCloud) prepared(t *testing.T) *Driver {
	t.Helper()
	d := f.open(t)
	if err := d.Prepare(t.Context(), providers.PrepareRequest{ID: testID, Name: "lab", Progress: quiet}); err != nil {
		t.Fatal(err)
	}
	return d
}

func launchOf(token string, nodes ...providers.NodeRequest) providers.LaunchRequest {
	return providers.LaunchRequest{
		ID: testID, Name: "lab", Token: token, Nodes: nodes,
		Access: providers.Access{AuthorizedKey: "ssh-ed25519 AAAA", HostKey: "the private host key", HostKeyPublic: "ssh-ed25519 BBBB"},
	}
}

func launchAll(t *testing.T, d *Driver, req providers.LaunchRequest) {
	t.Helper()
	results, err := d.Launch(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
}

func listed(t *testing.T, d *Driver) map[cluster.NodeName]cluster.Instance {
	t.Helper()
	list, err := d.List(t.Context(), testID)
	if err != nil {
		t.Fatal(err)
	}
	out := map[cluster.NodeName]cluster.Instance{}
	for _, i := range list {
		out[i.Node] = i
	}
	return out
}

// TestRunOutlivesUs kills a process in the middle of a launch: the run of
// Terraform goes on, and the next process waits for it and knows the machine.
func TestRunOutlivesUs(t *testing.T) {
	t.Parallel()
	f := newFilesCloud(t)
	f.prepared(t)
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$", "-test.v") //nolint:noctx // it is killed
	victim.Env = append(os.Environ(), "VICTIM_CLOUD="+f.cloud, "VICTIM_HOME="+f.home)
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(f.home, string(testID), privateDir, "run.jsonl")
	waitFor(t, "the machine to be begun", func() bool {
		said, _ := os.ReadFile(log)
		return strings.Contains(string(said), `node001\"]: Provisioning with`)
	})
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	if got := f.machines(t, testID); len(got) != 1 {
		t.Fatalf("there is already %q; the test came too late", got)
	}
	d := f.open(t)
	node, ok := listed(t, d)["node001"]
	if !ok || node.Attempt != "token-1" || node.State != cluster.InstanceRunning {
		t.Errorf("after the kill node001 is %+v", node)
	}
	f.destroyed(t, d)
}

// TestVictim is the process that TestRunOutlivesUs kills.
func TestVictim(t *testing.T) {
	f := &filesCloud{cloud: os.Getenv("VICTIM_CLOUD"), home: os.Getenv("VICTIM_HOME")}
	if f.cloud == "" {
		t.Skip("does not apply: it is run by TestRunOutlivesUs")
	}
	launchAll(t, f.open(t), launchOf("token-1", filesNode("node001", map[string]any{"seconds": "2"})))
}

// destroyed takes the cluster away and sees that nothing is left.
func (f *filesCloud) destroyed(t *testing.T, d *Driver) {
	t.Helper()
	if err := providers.New(d, providers.Options{}).Destroy(t.Context(), providers.DestroyRequest{ID: testID}); err != nil {
		t.Fatal(err)
	}
	if left := f.machines(t, testID); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	if _, err := os.Stat(f.home); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of Terraform's states is still there: %v", err)
	}
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// TestOneLife checks what the conformance suite has no eyes for.
func TestOneLife(t *testing.T) {
	t.Parallel()
	f := newFilesCloud(t)
	d := f.prepared(t)
	launchAll(t, d, launchOf("token-1", filesNode("node001", nil), filesNode("node002", nil)))

	t.Run("a failure shows no secret", func(t *testing.T) {
		results, err := d.Launch(t.Context(), launchOf("token-2", filesNode("node003", map[string]any{"fail": "correct horse"})))
		if err != nil || results[0].Err == nil {
			t.Fatalf("%+v, error %v", results, err)
		}
		if said := results[0].Err.Error(); strings.Contains(said, "horse") || !strings.Contains(said, "quota exceeded, said ***") {
			t.Errorf("it says %q", said)
		}
		if kind := d.ErrorKind(results[0].Err); kind != providers.Quota {
			t.Errorf("kind %q", kind)
		}
		if len(listed(t, d)) != 2 {
			t.Errorf("listed: %+v", listed(t, d))
		}
	})
	t.Run("files are for their owner alone", func(t *testing.T) {
		err := filepath.WalkDir(f.home, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.Type()&fs.ModeSymlink != 0 {
				return err
			}
			info, err := e.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 && !strings.Contains(path, ".terraform/") {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
			for _, gone := range []string{"secret.tfvars.json", "plan"} {
				if e.Name() == gone {
					t.Errorf("%s stays", path)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("a machine that is gone is not made again", func(t *testing.T) {
		// Terraform's own provider never looks at a machine: have it forget one.
		rm := exec.CommandContext(t.Context(), toolPath(t, d), "state", "rm", `terraform_data.node["node001"]`)
		rm.Dir = filepath.Join(f.home, string(testID))
		if said, err := rm.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		launchAll(t, d, launchOf("token-3", filesNode("node004", nil)))
		got := listed(t, d)
		if _, back := got["node001"]; back || len(got) != 2 {
			t.Errorf("listed: %+v", got)
		}
		if err := os.Remove(filepath.Join(f.cloud, string(testID)+".node001")); err != nil {
			t.Error(err)
		}
	})
	t.Run("the name of a machine that exists is taken", func(t *testing.T) {
		results, err := d.Launch(t.Context(), launchOf("token-4", filesNode("node002", nil)))
		if err != nil || d.ErrorKind(results[0].Err) != providers.Conflict {
			t.Errorf("%+v, error %v", results, err)
		}
	})
	t.Run("admit changes who may log in, and no node", func(t *testing.T) {
		before := listed(t, d)
		if err := (guarded{d}).Admit(t.Context(), testID, cluster.Network{SSHFrom: []string{"192.0.2.7/32"}}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, listed(t, d)); diff != "" {
			t.Error(diff)
		}
		state, err := os.ReadFile(filepath.Join(f.home, string(testID), "terraform.tfstate"))
		if err != nil || !strings.Contains(string(state), `"from": "192.0.2.7/32"`) {
			t.Errorf("the state has no such network; %v", err)
		}
	})
	t.Run("a module that would make nodes anew is refused", func(t *testing.T) { f.changed(t) })
	f.destroyed(t, d)
}

// changed prepares the cluster again with a module that was edited.
func (f *filesCloud) changed(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("testdata/files/main.tf")
	if err == nil {
		text = []byte(strings.Replace(string(text), "each.value.attempt,", `each.value.attempt, "edited",`, 1))
		err = os.WriteFile(filepath.Join(dir, "main.tf"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	d := f.open(t)
	d.module = dir
	err = d.Prepare(t.Context(), providers.PrepareRequest{ID: testID, Name: "lab", Progress: quiet})
	if d.ErrorKind(err) != providers.Conflict || !strings.Contains(err.Error(), `replace terraform_data.node["node002"]`) {
		t.Errorf("error %v", err)
	}
	if got := f.machines(t, testID); !cmp.Equal(got, []string{"network", "node002", "node004"}) {
		t.Errorf("machines: %q", got)
	}
}

func toolPath(t *testing.T, d *Driver) string {
	t.Helper()
	tool, err := d.find()
	if err != nil {
		t.Fatal(err)
	}
	return tool.path
}

// TestNoTool: what a user without Terraform reads.
func TestNoTool(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ binary, want string }{
		{"", "neither terraform nor tofu is on the PATH; install Terraform"},
		{"/opt/tf", `there is no program "/opt/tf"; install Terraform`},
	} {
		d, err := open(schema.Values{"module": "docker", "binary": c.binary}, map[string]string{})
		if err != nil {
			t.Fatal(err)
		}
		d.lookPath = func(string) (string, error) { return "", exec.ErrNotFound }
		d.Keep(t.TempDir())
		_, err = d.Check(t.Context(), providers.CheckRequest{Nodes: []providers.NodeRequest{filesNode("node001", nil)}})
		if err == nil || !strings.Contains(err.Error(), c.want) || d.ErrorKind(err) != providers.Invalid {
			t.Errorf("binary %q: %v", c.binary, err)
		}
	}
}

// TestOldTool: a version that can't do what is asked of it.
func TestOldTool(t *testing.T) {
	t.Parallel()
	old := filepath.Join(t.TempDir(), "terraform")
	if err := os.WriteFile(old, []byte("#!/bin/sh\necho '{\"terraform_version\": \"1.0.11\"}'\n"), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	d, err := open(schema.Values{"module": "docker", "binary": old}, map[string]string{"HOME": t.TempDir(), "TF_PLUGIN_CACHE_DIR": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Check(t.Context(), providers.CheckRequest{})
	if err == nil || !strings.Contains(err.Error(), "it is version 1.0.11, and ecluster needs 1.3.0 or later") {
		t.Error(err)
	}
}

// TestCanceledLaunch: a caller that gives up gets its answer at once.
func TestCanceledLaunch(t *testing.T) {
	t.Parallel()
	f := newFilesCloud(t)
	d := f.prepared(t)
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error, 1)
	go func() {
		_, err := d.Launch(ctx, launchOf("token-1", filesNode("node001", map[string]any{"seconds": "1"})))
		answer <- err
	}()
	log := filepath.Join(f.home, string(testID), privateDir, "run.jsonl")
	waitFor(t, "the machine to be begun", func() bool {
		said, _ := os.ReadFile(log)
		return strings.Contains(string(said), `node001\"]: Provisioning with`)
	})
	cancel()
	if err := <-answer; d.ErrorKind(err) != providers.Canceled {
		t.Errorf("error %v", err)
	}
	f.destroyed(t, d)
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	d, err := open(schema.Values{"module": "openstack"}, environment([]string{"OS_CLOUD=lab", "OS_PASSWORD=secret", "TF_VAR_x=1", "TF_DATA_DIR=/x"}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Identity(t.Context())
	want := providers.Identity{ID: "terraform OS_CLOUD=lab", Words: "what Terraform's providers lead to with OS_CLOUD=lab"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if len(d.env) != 3 { // the two of OpenStack, and CHECKPOINT_DISABLE
		t.Errorf("environment: %v", d.env)
	}
}
