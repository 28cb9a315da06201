package aws

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/providertest"
)

// moto is an EC2 that others wrote, from Debian.
const (
	motoSuite    = "trixie"
	motoPackages = "python3-moto,python3-flask,python3-flask-cors,ca-certificates"
	// motoBuild bounds how long the image may take; it is made once an engine.
	motoBuild = 10 * time.Minute
)

// TestConformanceMoto runs the suite against moto. What is skipped runs
// against the simulator.
func TestConformanceMoto(t *testing.T) {
	providertest.Server(t, "moto")
	at := startMoto(t)
	d := testDriver(t, testSettings(at))
	providertest.Run(t, providertest.Harness{
		Open: func(t *testing.T) providers.Driver { t.Helper(); return testDriver(t, testSettings(at)) },
		Node: func(n cluster.NodeName, g cluster.GroupName) providers.NodeRequest {
			return providers.NodeRequest{
				// The newest Ubuntu that moto's catalogue has.
				Name: n, Image: "099720109477/ubuntu/images/hvm-ssd/ubuntu-xenial-16.04-amd64-*",
				Group: cluster.Group{Name: g, MachineType: "t3.micro"},
			}
		},
		UnknownImage:    "ami-00000000000000000",
		UnknownInstance: "i-0123456789abcdef0",
		Access:          testAccess,
		Leftovers:       func(t *testing.T, id cluster.ID) []string { t.Helper(); return leftovers(t, d, id) },
		Patience:        30 * time.Second,
		Skip: map[providertest.Case]string{
			providertest.Volumes:  noVolumes,
			providertest.Partial:  "does not apply: moto always has machines (the simulator runs this case)",
			providertest.Parallel: "does not apply: moto starts other machines for a ClientToken that it knows (the simulator runs this case)",
			providertest.Repeat:   "does not apply: moto starts other machines for a ClientToken that it knows (the simulator runs this case)",
		},
	})
}

// startMoto runs moto in a container until the test ends, and returns where it
// listens.
func startMoto(t *testing.T) string {
	t.Helper()
	if err := exec.CommandContext(t.Context(), "docker", "info").Run(); err != nil {
		if os.Getenv("ECLUSTER_REQUIRE_ENGINE") == "1" {
			t.Fatalf("ECLUSTER_REQUIRE_ENGINE=1 and no engine: %v", err)
		}
		t.Skipf("not possible here: no Docker engine (`make engine` starts one): %v", err)
	}
	image := motoImage(t)
	name := "ecluster-moto-" + strings.ToLower(rand.Text()[:10])
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if out, err := exec.CommandContext(ctx, "docker", "rm", "--force", "--volumes", name).CombinedOutput(); err != nil {
			t.Errorf("remove moto: %v: %s", err, out)
		}
	})
	docker(t, "run", "--detach", "--name", name, "--label", providers.TagName+"=moto-test",
		"--publish", "127.0.0.1::5000", "--env", "MOTO_ENABLE_AMI_VALIDATION=true",
		"--env", "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION=true", image, "moto_server", "-H", "0.0.0.0", "-p", "5000")
	version := docker(t, "exec", name, "python3", "-c", "import importlib.metadata as m; print(m.version('moto'))")
	providertest.Server(t, "moto "+strings.TrimSpace(version))
	port, _, _ := strings.Cut(docker(t, "port", name, "5000/tcp"), "\n")
	at := "http://" + strings.TrimSpace(port)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/moto-api/data.json", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
			return correctMoto(t, at)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("moto does not answer: %v\n%s", err, docker(t, "logs", name))
		}
	}
}

// correctMoto stands before moto and makes up for the one fault that would
// leave hardly a case: it starts MinCount machines where EC2 starts as many of
// MaxCount as it can.
func correctMoto(t *testing.T, at string) string {
	t.Helper()
	target, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client went away
		}
		if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") == "RunInstances" {
			form.Set("MinCount", form.Get("MaxCount"))
			body = []byte(form.Encode())
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// motoImage returns the image, which is made when the engine has none of this
// recipe.
func motoImage(t *testing.T) string {
	t.Helper()
	sum := sha256.Sum256([]byte(motoSuite + motoPackages))
	image := "ecluster-moto:" + hex.EncodeToString(sum[:6])
	if exec.CommandContext(t.Context(), "docker", "image", "inspect", image).Run() == nil {
		return image
	}
	tool, err := exec.LookPath("mmdebstrap")
	if err != nil {
		t.Skipf("not possible here: no mmdebstrap to make moto's image with (Debian has it): %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), motoBuild)
	defer cancel()
	build := exec.CommandContext(ctx, tool, "--quiet", "--variant=minbase", "--format=tar", "--include="+motoPackages, motoSuite, "-")
	load := exec.CommandContext(ctx, "docker", "import", "-", image)
	var said bytes.Buffer
	build.Stderr, load.Stderr = &said, &said
	build.Cancel = func() error { return build.Process.Signal(os.Interrupt) } // it cleans up after itself
	build.WaitDelay = 10 * time.Second
	pipe, err := build.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	load.Stdin = pipe
	if err := build.Start(); err != nil {
		t.Fatal(err)
	}
	loadErr := load.Run()
	if err := build.Wait(); err != nil || loadErr != nil {
		_ = exec.CommandContext(ctx, "docker", "image", "rm", image).Run()
		t.Fatalf("make moto's image: %v; %v\n%s", err, loadErr, said.String())
	}
	return image
}

// docker runs a command of the engine.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "docker", args...).Output()
	if err != nil {
		why := ""
		if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output wraps nothing
			why = string(exit.Stderr)
		}
		t.Fatal(fmt.Errorf("docker %s: %w: %s", args[0], err, why))
	}
	return string(out)
}
