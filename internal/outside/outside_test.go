package outside_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/outside"
)

func serve(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestAddressOfTheFirstServiceThatKnows(t *testing.T) {
	f := outside.Finder{Client: http.DefaultClient, Services: []string{
		serve(t, http.StatusServiceUnavailable, "down"), serve(t, http.StatusOK, "<html>portal</html>"),
		serve(t, http.StatusOK, "2001:db8::1\n"), serve(t, http.StatusOK, "192.0.2.7\n"),
	}}
	addr, err := f.Address(t.Context())
	if err != nil || addr.String() != "192.0.2.7" {
		t.Errorf("%s, %v", addr, err)
	}
}

func TestNoServiceKnows(t *testing.T) {
	f := outside.Finder{Client: http.DefaultClient, Services: []string{serve(t, http.StatusTeapot, ""), serve(t, http.StatusOK, "portal")}}
	_, err := f.Address(t.Context())
	if err == nil || !strings.Contains(err.Error(), "418") || !strings.Contains(err.Error(), "no IPv4 address") {
		t.Errorf("%v", err)
	}
}
