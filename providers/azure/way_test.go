package azure

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/ecluster/ecluster/providers"
)

func TestWhatLiesBetween(t *testing.T) {
	page := "<html><body>Squid</body></html>"
	for name, c := range map[string]struct {
		err  error
		kind providers.Kind
		want string
	}{
		"password of a proxy": {answer(407, page), providers.Permission, "the answer was HTTP 407 and not of Azure; the proxy of HTTPS_PROXY wants a user"},
		"tunnel of a proxy": {
			&url.Error{Op: "Get", URL: "https://management.azure.com/x", Err: errors.New("Proxy Authentication Required")},
			providers.Permission, "the answer was HTTP 407 and not of Azure; the proxy of HTTPS_PROXY wants a user",
		},
		"gateway":      {answer(502, page), providers.Transient, "the answer was HTTP 502 and not of Azure; it seems to come from a proxy"},
		"filter":       {answer(403, page), providers.Permission, "the answer was HTTP 403 and not of Azure; it seems to come from a proxy"},
		"Azure's page": {answer(503, page, "x-ms-request-id", "1"), providers.Transient, "503 Service Unavailable"},
		"refused": {
			&url.Error{Op: "Get", URL: "https://management.azure.com/x?y", Err: syscall.ECONNREFUSED}, providers.Transient,
			"no answer from management.azure.com: connection refused; see that this machine reaches the Internet",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := fail(t.Context(), "check", "", c.err)
			if kind := providers.KindOf(err); kind != c.kind {
				t.Errorf("kind %q, want %q", kind, c.kind)
			}
			if !strings.HasPrefix(err.Error(), "check: "+c.want) {
				t.Errorf("%q, want %q", err, c.want)
			}
		})
	}
}

func TestReword(t *testing.T) {
	for message, want := range map[string]string{
		"The access token is invalid.": "The access token is invalid",
		"The client 'ada' with object id '1' does not have authorization to perform action 'A/write' over scope '/s' or the scope is invalid. If access was recently granted, please refresh your credentials.":                                           "'ada' may not do A/write on /s",
		"The client 'ada' with object id '1' has permission to perform action 'A/write' on scope '/s'; however, it does not have permission to perform action(s) 'B/join' on the linked scope(s) '/t' (respectively) or the linked scope(s) are invalid.": "'ada' may do A/write, but not B/join on /t",
		"exceeding approved X quota. New Limit Required: 10. Setup Alerts when Quota reaches threshold. Learn more at https://y":                                                                                                                          "exceeding approved X quota. New Limit Required: 10",
		`Resource 'x' was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"No GPUs","id":"/x"},"policyDefinition":{"name":"d"}}]'.`:                                                                                               "Resource 'x' was disallowed by policy. The policy is called 'No GPUs'",
	} {
		if got := reword(message); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// answering is a login server that gives always the same answer.
type answering struct {
	status int
	body   string
}

func (a answering) Do(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "openid-configuration") {
		base := "https://" + r.URL.Host + "/tenant/"
		return a.answer(r, http.StatusOK, `{"issuer":"`+base+`","authorization_endpoint":"`+base+`authorize","token_endpoint":"`+base+`token"}`), nil
	}
	return a.answer(r, a.status, a.body), nil
}

func (answering) answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

func TestReasonOfAFailedLogin(t *testing.T) {
	for name, c := range map[string]struct {
		server answering
		want   string
	}{
		"wrong secret": {
			answering{http.StatusUnauthorized, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Ensure the secret is not the client secret ID, for app \u0027physics\u0027. Trace ID: 1 Correlation ID: 2 Timestamp: 2026-01-01"}`},
			"; the answer: AADSTS7000215: Invalid client secret provided. Ensure the secret is not the client secret ID, for app 'physics'; check",
		},
		"a proxy": {answering{http.StatusForbidden, "<html>no</html>"}, "; the answer of ClientSecret: HTTP 403; check"},
	} {
		t.Run(name, func(t *testing.T) {
			source, err := azidentity.NewClientSecretCredential("tenant", "client", "secret", &azidentity.ClientSecretCredentialOptions{
				ClientOptions: azcore.ClientOptions{Transport: c.server, Retry: noRetries}, DisableInstanceDiscovery: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			login := &credential{tried: "a secret", advice: "check it", source: source}
			_, err = login.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://management.azure.com/.default"}})
			if err == nil || !strings.HasPrefix(err.Error(), "no login to Azure; tried: a secret"+c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if kind := (*Driver)(nil).ErrorKind(err); kind != providers.Permission {
				t.Errorf("kind %q", kind)
			}
		})
	}
}
