package report_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/report"
	"github.com/ecluster/ecluster/internal/state"
)

const (
	password = "hunter2-hunter2"
	key      = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nAAAAB3NzaC1rZXktdjEAAAAB\n-----END OPENSSH PRIVATE KEY-----\n"
	foreign  = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----"
)

// home is a store with one cluster, whose logs say what they should not.
func home(t *testing.T) (*state.Store, string) {
	t.Helper()
	dir := t.TempDir()
	store := state.OpenStore(dir)
	st := state.New("lab", cluster.Spec{Name: "lab", Provider: cluster.ProviderSpec{
		Kind: "aws", Settings: map[string]any{"secret_key": "leaked-into-the-state", "region": "eu-west-1"},
	}}, state.Origin{Tool: "test", Now: time.Now(), Rand: rand.Reader})
	lock, err := store.Lock(t.Context(), "lab", state.NewHolder("test", time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	session, err := store.OpenSession(lock, st)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(session.Commit(t.Context(), func(*state.State) error { return nil }), session.Close(), lock.Release()); err != nil {
		t.Fatal(err)
	}
	at := store.Dir("lab")
	for name, text := range map[string]string{
		"id_ed25519": key, "known_hosts": "lab ssh-ed25519 AAAA\n", "secrets/db": password + "\n",
		"events.jsonl": `{"type":"notice","message":"munge has ` + base64.StdEncoding.EncodeToString([]byte(password)) + `"}` + "\n",
		"logs/20261123T013508Z-start/compute001.log": "mysql -p" + password + "\nb3BlbnNzaC1rZXktdjEAAAAA\n" +
			"export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI AWS=AKIAIOSFODNN7EXAMPLE\nAuthorization: Bearer abc.def-123456\n" +
			`{"api_key": "sk-123", "region": "here"}` + "\n" + foreign + "\n" + hex.EncodeToString([]byte(password)) + "\nthe end\n",
		"logs/20261123T013508Z-start/long.log":     strings.Repeat("x"+password+"\n", 200_000),
		"logs/20261123T013508Z-start/notes.secret": "not ours to send",
	} {
		path := filepath.Join(at, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return store, at
}

func unpack(t *testing.T, data []byte) map[string]string {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(zip); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(h.Name, "ecluster-report-lab/")] = string(text)
	}
}

func TestReportHasNoSecrets(t *testing.T) {
	t.Parallel()
	store, _ := home(t)
	var out bytes.Buffer
	names, err := report.Write(&out, store, "lab", report.Options{Version: "v1", Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	files := unpack(t, out.Bytes())
	if len(files) != 5 || len(names) != 5 {
		t.Errorf("it has %v", names)
	}
	for name, text := range files {
		for _, secret := range []string{
			password, hex.EncodeToString([]byte(password)), base64.StdEncoding.EncodeToString([]byte(password)),
			"b3BlbnNzaC1rZXktdjEAAAAA", "wJalrXUtnFEMI", "AKIAIOSFODNN7EXAMPLE", "abc.def-123456", "sk-123", "MIIEpAIBAAKCAQEA7", "leaked-into-the-state",
		} {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %q", name, secret)
			}
		}
	}
	if log := files["logs/20261123T013508Z-start/compute001.log"]; !strings.Contains(log, "the end") || !strings.Contains(log, `"region": "here"`) {
		t.Errorf("the log is %q", log)
	}
	var st map[string]any
	if err := json.Unmarshal([]byte(files["state.json"]), &st); err != nil || !strings.Contains(files["state.json"], "eu-west-1") {
		t.Errorf("the record is no JSON: %v\n%s", err, files["state.json"])
	}
	if long := files["logs/20261123T013508Z-start/long.log"]; len(long) > 1<<20 || !strings.HasPrefix(long, "[what was before is left out]\nx***\n") {
		t.Errorf("the long log has %d bytes and begins %q", len(long), long[:60])
	}
}

// A record that can't be read is what a report may be about.
func TestReportOfDamage(t *testing.T) {
	t.Parallel()
	store, at := home(t)
	for _, name := range []string{"state.json", "state.json.bak"} {
		if err := os.WriteFile(filepath.Join(at, name), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := report.Write(&out, store, "lab", report.Options{Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if text := unpack(t, out.Bytes())["state.json"]; !strings.Contains(text, "lab") {
		t.Errorf("of the record it says %q", text)
	}
}
