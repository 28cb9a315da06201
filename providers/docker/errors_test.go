package docker

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

func TestErrorKinds(t *testing.T) {
	for status, want := range map[int]providers.Kind{
		http.StatusBadRequest:          providers.Invalid,
		http.StatusUnauthorized:        providers.Permission,
		http.StatusForbidden:           providers.Permission,
		http.StatusNotFound:            providers.NotFound,
		http.StatusConflict:            providers.Conflict,
		http.StatusTooManyRequests:     providers.Throttled,
		http.StatusServiceUnavailable:  providers.Transient,
		http.StatusInternalServerError: providers.Unknown,
	} {
		_, d := newStub(t, map[string]http.HandlerFunc{"GET /containers/json": refuse(status, "no")})
		_, err := d.List(t.Context(), "c1")
		if err == nil || d.ErrorKind(err) != want {
			t.Errorf("status %d: kind %q of %v, want %q", status, d.ErrorKind(err), err, want)
		}
	}
}

func TestEngineDiesInTheMiddle(t *testing.T) {
	_, d := newStub(t, map[string]http.HandlerFunc{"GET /containers/json": hangUp})
	_, err := d.List(t.Context(), "c1")
	if d.ErrorKind(err) != providers.Transient || !strings.Contains(err.Error(), "answers again") {
		t.Errorf("kind %q of %v", d.ErrorKind(err), err)
	}
	if _, err := d.List(canceled(t), "c1"); d.ErrorKind(err) != providers.Canceled {
		t.Errorf("kind %q of %v", d.ErrorKind(err), err)
	}
}

func canceled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestNoEngine(t *testing.T) {
	dead := filepath.Join(t.TempDir(), "dead.sock")
	listener, err := net.Listen("unix", dead)
	if err != nil {
		t.Fatal(err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	listener.Close()
	for _, tc := range []struct{ name, path, summary, detail string }{
		{"no socket", filepath.Join(t.TempDir(), "none.sock"), "no Docker engine runs here", "make engine"},
		{"nobody behind the socket", dead, "does not run", "systemctl start docker"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := open(schema.Values{"host": "unix://" + tc.path}, func(string) string { return "" })
			if err != nil {
				t.Fatal(err)
			}
			findings, err := d.Check(t.Context(), providers.CheckRequest{})
			if err != nil || len(findings) != 1 || !findings[0].Fatal ||
				!strings.Contains(findings[0].Summary, tc.summary) || !strings.Contains(findings[0].Detail, tc.detail) {
				t.Errorf("findings %+v, error %v", findings, err)
			}
			if _, err := d.List(t.Context(), "c1"); err == nil || !strings.Contains(err.Error(), tc.detail) {
				t.Errorf("List: %v", err)
			}
		})
	}
}

func TestNoRightToTheSocket(t *testing.T) {
	t.Setenv("USER", "ada")
	got := socketError("/var/run/docker.sock", fmt.Errorf("dial: %w", fs.ErrPermission))
	want := "user ada may not use the Docker engine at /var/run/docker.sock; run `sudo usermod -aG docker ada` and log in again, or run ecluster as root"
	if got.kind != providers.Permission || got.Error() != want {
		t.Errorf("kind %q, got\n%s\nwant\n%s", got.kind, got, want)
	}
}

func TestUnfitEngine(t *testing.T) {
	s, d := newStub(t, nil)
	s.api = "1.40"
	findings, err := d.Check(t.Context(), providers.CheckRequest{})
	if err != nil || len(findings) != 1 || !strings.Contains(findings[0].Summary, "too old: it speaks API 1.40") {
		t.Errorf("findings %+v, error %v", findings, err)
	}
	_, d = newStub(t, map[string]http.HandlerFunc{"HEAD /_ping": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Api-Version", "1.45")
		w.Header().Set("Ostype", "windows")
	}})
	findings, err = d.Check(t.Context(), providers.CheckRequest{})
	if err != nil || len(findings) != 1 || !strings.Contains(findings[0].Summary, "windows containers") {
		t.Errorf("findings %+v, error %v", findings, err)
	}
}
