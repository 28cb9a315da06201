package docker

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ecluster/ecluster/internal/schema"
)

// stub is an engine made of canned answers, behind real HTTP and the real SDK.
type stub struct {
	mu       sync.Mutex
	requests []string // "POST /containers/create"
	answers  map[string]http.HandlerFunc
	api      string
}

// newStub starts an engine that knows nothing but ping and info; answers are
// keyed by method and path without the version.
func newStub(t *testing.T, answers map[string]http.HandlerFunc) (*stub, *Driver) {
	t.Helper()
	s := &stub{answers: answers, api: "1.41"}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	d, err := open(schema.Values{"host": strings.Replace(server.URL, "http://", "tcp://", 1)}, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	return s, d
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if rest, ok := strings.CutPrefix(path, "/v"); ok {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	key := r.Method + " " + path
	s.mu.Lock()
	s.requests = append(s.requests, key)
	answer, api := s.answers[key], s.api
	s.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case path == "/_ping":
		w.Header().Set("Api-Version", api)
		w.Header().Set("Ostype", "linux")
	case path == "/info":
		_, _ = w.Write([]byte(`{"NCPU":4,"MemTotal":8589934592,"CgroupVersion":"2","SecurityOptions":["name=apparmor","name=seccomp,profile=default"]}`))
	default:
		refuse(http.StatusNotFound, "no such thing")(w, r)
	}
}

func (s *stub) sent(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.requests, key)
}

func refuse(status int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
	}
}

func reply(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}
}

// hangUp is an engine that dies in the middle of an answer.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}
