package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/ecluster/ecluster/providers"
)

func answer(status int, body string, header ...string) error {
	r := &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
		Request: &http.Request{Method: http.MethodPut, URL: &url.URL{Scheme: "https", Host: "management.azure.com", Path: "/x"}},
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return runtime.NewResponseError(r)
}

func TestErrorKinds(t *testing.T) {
	simple := func(code, message string) string {
		return fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, code, message)
	}
	for name, c := range map[string]struct {
		err  error
		kind providers.Kind
	}{
		"quota":                 {answer(409, simple("OperationNotAllowed", "Operation could not be completed as it results in exceeding approved Total Regional Cores quota.")), providers.Quota},
		"quota, newer":          {answer(409, simple("QuotaExceeded", "exceeding approved standardDSv5Family Cores quota")), providers.Quota},
		"addresses":             {answer(400, simple("PublicIPCountLimitReached", "Cannot create more than 10 public IP addresses")), providers.Quota},
		"forbidden by state":    {answer(409, simple("OperationNotAllowed", "The VM is marked for deletion.")), providers.Conflict},
		"no such size here":     {answer(409, simple("SkuNotAvailable", "currently not available in location")), providers.Capacity},
		"allocation":            {answer(200, `{"status":"Failed","error":{"code":"AllocationFailed","message":"no capacity"}}`), providers.Capacity},
		"zone":                  {answer(200, `{"status":"Failed","error":{"code":"ZonalAllocationFailed","message":"no capacity"}}`), providers.Capacity},
		"overconstrained":       {answer(200, simple("OverconstrainedAllocationRequest", "too many constraints")), providers.Capacity},
		"nested in details":     {answer(409, `{"error":{"code":"Conflict","message":"see details","details":[{"code":"SkuNotAvailable","message":"none"}]}}`), providers.Capacity},
		"nested in message":     {answer(409, `{"error":{"code":"Conflict","message":"{\"error\":{\"code\":\"QuotaExceeded\",\"message\":\"cores\"}}"}}`), providers.Quota},
		"throttled":             {answer(429, simple("OperationNotAllowed", "The server rejected the request because too many requests have been received"), "Retry-After", "17"), providers.Throttled},
		"throttled, no body":    {answer(429, ""), providers.Throttled},
		"no right":              {answer(403, simple("AuthorizationFailed", "does not have authorization to perform action 'Microsoft.Compute/virtualMachines/write'")), providers.Permission},
		"token expired":         {answer(401, simple("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier")), providers.Permission},
		"wrong token":           {answer(401, simple("InvalidAuthenticationToken", "The access token is invalid.")), providers.Permission},
		"not registered":        {answer(409, simple("MissingSubscriptionRegistration", "not registered to use namespace 'Microsoft.Compute'")), providers.Permission},
		"terms":                 {answer(400, simple("MarketplacePurchaseEligibilityFailed", "terms")), providers.Permission},
		"no subscription":       {answer(404, simple("SubscriptionNotFound", "could not be found")), providers.NotFound},
		"no group":              {answer(404, simple("ResourceGroupNotFound", "could not be found")), providers.NotFound},
		"no image":              {answer(404, simple("PlatformImageNotFound", "not found")), providers.NotFound},
		"bad size":              {answer(400, simple("InvalidParameter", "The value of parameter vmSize is invalid")), providers.Invalid},
		"in use":                {answer(400, simple("InUseSubnetCannotBeDeleted", "in use")), providers.Conflict},
		"reserved":              {answer(400, simple("NicReservedForAnotherVm", "reserved for 180 seconds")), providers.Conflict},
		"busy":                  {answer(409, simple("AnotherOperationInProgress", "busy")), providers.Conflict},
		"made by somebody else": {answer(412, simple("PreconditionFailed", "exists")), providers.Conflict},
		"retry":                 {answer(429, simple("RetryableError", "A retryable error occurred.")), providers.Transient},
		"stumbled":              {answer(500, simple("InternalServerError", "oops")), providers.Transient},
		"gateway":               {answer(502, "<html>bad gateway</html>"), providers.Transient},
		"reset":                 {fmt.Errorf("put: %w", syscall.ECONNRESET), providers.Transient},
		"cut short":             {fmt.Errorf("read: %w", io.ErrUnexpectedEOF), providers.Transient},
		"ended":                 {fmt.Errorf("put: %w", context.Canceled), providers.Canceled},
		"anything":              {errors.New("what"), providers.Unknown},
		"no login":              {&credentialError{from: &credential{}, err: errors.New("nothing worked")}, providers.Permission},
	} {
		t.Run(name, func(t *testing.T) {
			var d *Driver
			if got := d.ErrorKind(c.err); got != c.kind {
				t.Errorf("%v has kind %q, want %q", c.err, got, c.kind)
			}
			if got := d.ErrorKind(fail(t.Context(), "launch", "compute001", c.err)); got != c.kind {
				t.Errorf("once it is shortened it has kind %q, want %q", got, c.kind)
			}
		})
	}
}

func TestErrorsAreForPeople(t *testing.T) {
	err := fail(t.Context(), "launch", "compute001", answer(403,
		`{"error":{"code":"AuthorizationFailed","message":"The client 'me' does not have authorization to perform action 'Microsoft.Compute/virtualMachines/write' over scope '/x'."}}`))
	for _, want := range []string{"launch compute001: AuthorizationFailed: ", "Microsoft.Compute/virtualMachines/write", "Contributor"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "----") {
		t.Errorf("more than one line: %v", err)
	}
	err = fail(t.Context(), "list", "", answer(429, "", "Retry-After", "17"))
	if want := "list: 429 Too Many Requests (Azure asks to wait 17 s)"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}
