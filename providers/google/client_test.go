package google

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

func noEnv(string) string { return "" }

func opened(t *testing.T, v schema.Values, getenv func(string) string) *Driver {
	t.Helper()
	d, err := open(v, getenv, clock{now: time.Now, tick: 5 * time.Millisecond, poll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMissingCredentialsSayWhatWasTried(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.json")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", missing)
	d := opened(t, schema.Values{"project": "p"}, os.Getenv)
	_, err := d.List(t.Context(), "x")
	for _, part := range []string{missing, "access_token", "credentials_file", "gcloud auth application-default login", "no machine of Google's"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not mention %s", err, part)
		}
	}
	if d.ErrorKind(err) != providers.Permission {
		t.Errorf("%v has kind %s", err, d.ErrorKind(err))
	}
	findings, err := d.Check(t.Context(), providers.CheckRequest{})
	if err != nil || len(findings) != 1 || !findings[0].Fatal || findings[0].Detail == "" {
		t.Errorf("findings %+v, error %v", findings, err)
	}
}

func TestBadCredentialsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.json")
	for _, text := range []string{"", "{}", "not JSON", `{"type": "hunter2"}`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d := opened(t, schema.Values{"project": "p", "credentials_file": file}, noEnv)
		if _, err := d.List(t.Context(), "x"); d.ErrorKind(err) != providers.Permission || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNoProject(t *testing.T) {
	d := opened(t, schema.Values{"access_token": "hunter2"}, noEnv)
	_, err := d.List(t.Context(), "x")
	if d.ErrorKind(err) != providers.Invalid || !strings.Contains(err.Error(), "GOOGLE_CLOUD_PROJECT") || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}

func TestEndpoints(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://compute.example.org": true, "http://127.0.0.1:80/compute/v1/": true, "http://localhost:80": true, "http://[::1]:80": true,
		"http://compute.example.org": false, "compute": false, "ftp://x": false,
	} {
		if err := checkEndpoint(text); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"http://127.0.0.1:80": "http://127.0.0.1:80/compute/v1/", "http://127.0.0.1:80/compute/v1": "http://127.0.0.1:80/compute/v1/",
	} {
		if got := endpoint(text); got != want {
			t.Errorf("%s becomes %s", text, got)
		}
	}
	if _, err := open(schema.Values{"endpoint": "http://compute.example.org"}, noEnv, clock{}); err == nil {
		t.Error("a token would travel in the clear")
	}
}

func TestSchemas(t *testing.T) {
	group, err := groupSchema().DecodeMap(map[string]any{
		"zones": []any{"us-central1-a", "us-central1-b"}, "local_ssd": 2, "public_address": false, "max_run": "6h",
		"labels": map[string]any{"team": "x"}, "disks": []any{map[string]any{"size_gb": 100, "type": "pd-ssd"}, map[string]any{"size_gb": 20}},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := optionsFrom(group)
	if len(o.zones) != 2 || o.localSSD != 2 || o.public == nil || *o.public || o.maxRun != 6*time.Hour || len(o.disks) != 2 || o.disks[0].SizeGB != 100 || o.disks[1].Type != "" || o.labels["team"] != "x" {
		t.Errorf("got %+v", o)
	}
	for _, bad := range []map[string]any{
		{"zones": []any{"us-central1"}},
		{"metadata": map[string]any{"ssh-keys": "x"}},
		{"labels": map[string]any{"ecluster-node": "x"}},
		{"placement": "spread"},
		{"disks": []any{map[string]any{"size_gb": 0}}},
		{"disks": []any{map[string]any{"type": "pd-ssd"}}},
	} {
		if _, err := groupSchema().DecodeMap(bad); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}
