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

// A log that begins or ends in the middle of somebody's private key gives
// nothing of it away.
func TestReportCutKeys(t *testing.T) {
	t.Parallel()
	const first, second, rest, next = "MIIEpAIBAAKCAQEA7bq4mJ1uWcQ3o0Yl0V8yqQm9pXKc1r5l3yT7b2nZrJ0aGv+Q", "s9d8f7g6h5j4k3l2q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9z0x1c2v3b4", "Zm9vYmFy==", "the next line"
	begin, end := "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
	for name, lines := range map[string][]string{
		"headless":       {first, second, rest, end, next},
		"only its end":   {rest, end, next},
		"endless":        {"before", begin, first, second},
		"endless within": {"before", begin, first, "AAAABBBBCCCCDDDDEEEE"},
		"endless, on":    {begin, first, next},
	} {
		store, at := home(t)
		tail, err := json.Marshal(map[string]any{"type": "step_finished", "tail": lines, "text": strings.Join(lines, "\n"), "log": "x"})
		if err != nil {
			t.Fatal(err)
		}
		logs := filepath.Join(at, "logs/20261123T013508Z-start")
		if err := errors.Join(os.WriteFile(filepath.Join(at, "events.jsonl"), append(tail, '\n'), 0o600), os.Remove(filepath.Join(logs, "long.log")),
			os.WriteFile(filepath.Join(logs, "compute001.log"), []byte(strings.Join(lines, "\n")+"\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := report.Write(&out, store, "lab", report.Options{Now: time.Now()}); err != nil {
			t.Fatal(err)
		}
		files := unpack(t, out.Bytes())
		events, log := files["events.jsonl"], files["logs/20261123T013508Z-start/compute001.log"]
		for _, part := range []string{first, second, rest, "AAAABBBBCCCCDDDDEEEE"} {
			if strings.Contains(events, part) || strings.Contains(log, part) {
				t.Errorf("%s: %s is in the report", name, part)
			}
		}
		var event struct{ Type, Log string }
		if err := json.Unmarshal([]byte(events), &event); err != nil || event.Log != "x" {
			t.Errorf("%s: the events are no JSON: %v\n%s", name, err, events)
		}
		if lines[len(lines)-1] == next && !strings.Contains(log, next) {
			t.Errorf("%s: what follows is gone as well:\n%s", name, log)
		}
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
