package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

func hashOf(context string) string {
	sum := sha256.Sum256([]byte(context))
	return hex.EncodeToString(sum[:])
}

func TestFindEndpoint(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.json"), `{"currentContext":"lab"}`)
	write(t, filepath.Join(dir, "contexts/meta", hashOf("lab"), "meta.json"),
		`{"Name":"lab","Endpoints":{"docker":{"Host":"tcp://lab:2376"}}}`)
	write(t, filepath.Join(dir, "contexts/tls", hashOf("lab"), "docker/ca.pem"), "")
	for _, tc := range []struct {
		name, host string
		env        map[string]string
		want       string
	}{
		{"explicit", "unix:///x", map[string]string{"DOCKER_HOST": "tcp://y:1"}, "unix:///x"},
		{"environment", "", map[string]string{"DOCKER_HOST": "tcp://y:1", "DOCKER_CONFIG": dir}, "tcp://y:1"},
		{"current context", "", map[string]string{"DOCKER_CONFIG": dir}, "tcp://lab:2376"},
		{"default context", "", map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "default"}, "unix:///var/run/docker.sock"},
		{"nothing", "", map[string]string{"HOME": t.TempDir()}, "unix:///var/run/docker.sock"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ep, err := findEndpoint(tc.host, func(k string) string { return tc.env[k] })
			if err != nil || ep.host != tc.want {
				t.Errorf("host %q, error %v, want %q", ep.host, err, tc.want)
			}
			if (ep.tlsDir != "") != (tc.name == "current context") {
				t.Errorf("TLS from %q", ep.tlsDir)
			}
		})
	}
	_, err := findEndpoint("", func(k string) string {
		return map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "gone"}[k]
	})
	if err == nil || !strings.Contains(err.Error(), `docker context "gone"`) {
		t.Errorf("a context that does not exist: %v", err)
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesBadHosts(t *testing.T) {
	for host, advice := range map[string]string{
		"ssh://ada@lab":        "ssh -L",
		"/var/run/docker.sock": "unix:///var/run/docker.sock",
		"gopher://x":           "gopher",
	} {
		_, err := Open(schema.Values{"host": host})
		if err == nil || providers.KindOf(err) != providers.Invalid || !strings.Contains(err.Error(), advice) {
			t.Errorf("host %q: %v", host, err)
		}
	}
}

func TestRemoteHost(t *testing.T) {
	for host, want := range map[string]string{
		"unix:///var/run/docker.sock": "", "tcp://127.0.0.1:2375": "", "tcp://localhost:2375": "",
		"tcp://lab:2376": "lab", "tcp://[::1]:2375": "", "npipe:////./pipe/docker_engine": "",
	} {
		if got := remoteHost(host); got != want {
			t.Errorf("remoteHost(%q) = %q, want %q", host, got, want)
		}
	}
}
