package aws

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/ecluster/ecluster/providers"
)

// What a proxy answers to the request for a way to AWS is no answer of AWS, and
// its status must not be lost.
func TestProxyRefuses(t *testing.T) {
	for status, want := range map[int]struct {
		kind providers.Kind
		says string
	}{
		407: {providers.Permission, "wants a user and a password"},
		403: {providers.Permission, "check HTTPS_PROXY"},
		502: {providers.Transient, "check HTTPS_PROXY"},
	} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodConnect {
				t.Errorf("%s %s", r.Method, r.URL)
			}
			w.WriteHeader(status)
		}))
		defer proxy.Close()
		at, err := url.Parse(proxy.URL)
		if err != nil {
			t.Fatal(err)
		}
		at.User = url.UserPassword("me", "secret")
		d := testDriver(t, testSettings("https://ec2.example.com"))
		d.ec2 = ec2.New(d.ec2.Options(), func(o *ec2.Options) {
			o.HTTPClient = httpClient(time.Minute).WithTransportOptions(func(tr *http.Transport) { tr.Proxy = http.ProxyURL(at) })
			o.Retryer = aws.NopRetryer{}
		})
		_, err = d.List(t.Context(), "t1")
		if got := d.ErrorKind(err); got != want.kind {
			t.Errorf("%d: kind %q, want %q", status, got, want.kind)
		}
		for _, s := range []string{"the proxy http://me:xxxxx@" + at.Host + " answered HTTP ", want.says} {
			if err == nil || !strings.Contains(err.Error(), s) {
				t.Errorf("%d: %v does not say %q", status, err, s)
			}
		}
	}
}
