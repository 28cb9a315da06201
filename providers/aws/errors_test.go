package aws

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/providers"
)

// answering is an EC2 that gives one answer to everything.
func answering(t *testing.T, status int, body string) *Driver {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return testDriver(t, testSettings(server.URL))
}

func refusal(code, message string) string {
	return fmt.Sprintf("<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>r-1</RequestID></Response>", code, message)
}

func TestErrorKinds(t *testing.T) {
	for _, tc := range []struct {
		status int
		code   string
		want   providers.Kind
		says   string
	}{
		{500, "InsufficientInstanceCapacity", providers.Capacity, ""},
		{400, "SpotMaxPriceTooLow", providers.Capacity, "raise max_price"},
		{400, "InsufficientFreeAddressesInSubnet", providers.Capacity, "larger subnet"},
		{400, "IdempotentInstanceTerminated", providers.Capacity, ""},
		{400, "VcpuLimitExceeded", providers.Quota, "servicequotas"},
		{400, "MaxSpotInstanceCountExceeded", providers.Quota, ""},
		{400, "SecurityGroupLimitExceeded", providers.Quota, ""},
		{503, "RequestLimitExceeded", providers.Throttled, ""},
		{400, "Throttling", providers.Throttled, ""},
		{500, "InternalError", providers.Transient, ""},
		{503, "Unavailable", providers.Transient, ""},
		{502, "SomethingNew", providers.Transient, ""},
		{403, "UnauthorizedOperation", providers.Permission, "allow ec2:DescribeInstances"},
		{401, "AuthFailure", providers.Permission, "region is turned on"},
		{400, "ExpiredToken", providers.Permission, "aws sso login"},
		{400, "RequestExpired", providers.Permission, "aws sso login"},
		{400, "InvalidClientTokenId", providers.Permission, "access_key and secret_key"},
		{401, "OptInRequired", providers.Permission, "subscribe"},
		{400, "OperationNotPermitted", providers.Permission, "termination protection"},
		{400, "InvalidAMIID.NotFound", providers.NotFound, "belong to one region"},
		{400, "InvalidPlacementGroup.Unknown", providers.NotFound, ""},
		{400, "InvalidSubnetID.NotFound", providers.NotFound, ""},
		{400, "DependencyViolation", providers.Conflict, ""},
		{400, "InvalidGroup.InUse", providers.Conflict, ""},
		{400, "InvalidGroup.Duplicate", providers.Conflict, ""},
		{400, "IncorrectInstanceState", providers.Conflict, ""},
		{400, "IdempotentParameterMismatch", providers.Conflict, ""},
		{400, "InvalidParameterValue", providers.Invalid, ""},
		{400, "Unsupported", providers.Invalid, "other zones"},
		{400, "VPCIdNotSpecified", providers.Invalid, ""},
		{400, "SomethingNew", providers.Unknown, ""},
	} {
		t.Run(tc.code, func(t *testing.T) {
			d := answering(t, tc.status, refusal(tc.code, "The reason."))
			_, err := d.List(t.Context(), "t1")
			if got := d.ErrorKind(err); got != tc.want {
				t.Errorf("kind %q, want %q (%v)", got, tc.want, err)
			}
			for _, s := range []string{"DescribeInstances: " + tc.code + ": The reason", tc.says} {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
			if strings.Contains(err.Error(), "https response error") {
				t.Errorf("%q has the SDK's layers", err)
			}
		})
	}
}

func TestErrorsThatAreNotOfAWS(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		want   providers.Kind
		says   string
	}{
		"proxy wants a password": {407, "<html>login</html>", providers.Permission, "the proxy of HTTPS_PROXY"},
		"proxy refuses":          {403, "<html>no</html>", providers.Permission, "a proxy between"},
		"proxy has no way":       {502, "<html>bad gateway</html>", providers.Transient, "HTTP 502"},
		"proxy throttles":        {429, "slow down", providers.Throttled, ""},
		"cut off":                {200, "<DescribeInstancesResponse><reservationSet><item>", providers.Transient, "could not be read"},
		"a page of a hotel":      {200, "<html><body>Welcome", providers.Transient, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := answering(t, tc.status, tc.body)
			_, err := d.List(t.Context(), "t1")
			if err == nil || d.ErrorKind(err) != tc.want || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("kind %q, want %q: %v", d.ErrorKind(err), tc.want, err)
			}
		})
	}
}

func TestErrorsOfTheWay(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}))
	defer server.Close()
	d := testDriver(t, testSettings(server.URL))
	if _, err := d.List(t.Context(), "t1"); d.ErrorKind(err) != providers.Transient {
		t.Errorf("a reset: kind %q: %v", d.ErrorKind(err), err)
	}
	server.Close()
	if _, err := d.List(t.Context(), "t1"); d.ErrorKind(err) != providers.Transient {
		t.Errorf("nobody listens: kind %q: %v", d.ErrorKind(err), err)
	}
}

func TestSilenceIsTransient(t *testing.T) {
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-done:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(done)
	d := testDriver(t, testSettings(server.URL))
	impatient, err := open(testSettings(server.URL), d.images, 30*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := impatient.List(t.Context(), "t1"); impatient.ErrorKind(err) != providers.Transient {
		t.Errorf("kind %q: %v", impatient.ErrorKind(err), err)
	}
}

// TestClockSkewHeals: the service's time is learnt from its first refusal.
func TestClockSkewHeals(t *testing.T) {
	ahead := 3 * time.Hour
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := time.Now().Add(ahead)
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil || now.Sub(signed).Abs() > 5*time.Minute {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, refusal("RequestExpired", "Request has expired."))
			return
		}
		fmt.Fprint(w, `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><reservationSet/></DescribeInstancesResponse>`)
	}))
	defer server.Close()
	d := testDriver(t, testSettings(server.URL))
	_, err := d.List(t.Context(), "t1")
	if d.ErrorKind(err) != providers.Transient || !strings.Contains(err.Error(), "the clock of this machine is 180 minutes behind AWS's") {
		t.Errorf("kind %q: %v", d.ErrorKind(err), err)
	}
	if _, err := d.List(t.Context(), "t1"); err != nil {
		t.Errorf("the second request: %v", err)
	}
}

func TestDenialDropsWhatSaysTheSameAgain(t *testing.T) {
	long := strings.Repeat("abcdefgh", 200)
	for message, want := range map[string]struct{ message, action string }{
		"You are not authorized to perform this operation. User: arn:aws:iam::1:user/x is not authorized to perform: ec2:RunInstances on resource: r. Encoded authorization failure message: " + long: {
			"You are not authorized to perform this operation. User: arn:aws:iam::1:user/x is not authorized to perform: ec2:RunInstances on resource: r", "allow ec2:RunInstances ",
		},
		"You are not authorized to perform this operation. Encoded authorization failure message: " + long: {
			"You are not authorized to perform this operation. Encoded authorization failure message: " + long, "allow ec2:StopInstances ",
		},
	} {
		got, hint := denial(&failure{action: "StopInstances", code: "UnauthorizedOperation", message: message})
		if got != want.message || !strings.HasPrefix(hint, want.action) {
			t.Errorf("message %q, hint %q", got, hint)
		}
	}
}

func TestNoCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
		t.Setenv(name, "")
	}
	d := testDriver(t, map[string]any{"region": testRegion, "endpoint": "http://127.0.0.1:1"})
	_, err := d.List(t.Context(), "t1")
	if d.ErrorKind(err) != providers.Permission {
		t.Errorf("kind %q", d.ErrorKind(err))
	}
	for _, s := range []string{
		"there are no AWS credentials that work", "AWS_ACCESS_KEY_ID (not set)", `profile "default"`, "/nonexistent/credentials (no such file)",
		"the role of this machine", "`aws sso login`", "`aws configure`",
	} {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q does not say %q", err, s)
		}
	}
	findings, err := d.Check(t.Context(), providers.CheckRequest{Name: "lab"})
	if err != nil || len(findings) != 1 || !findings[0].Fatal || !strings.Contains(findings[0].Detail, "aws configure") {
		t.Errorf("Check: %+v, %v", findings, err)
	}
}

func TestRoleThatCantBeAssumed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>`)
	}))
	defer server.Close()
	values := testSettings(server.URL)
	values["role_arn"] = "arn:aws:iam::123456789012:role/hpc"
	d := testDriver(t, values)
	_, err := d.List(t.Context(), "t1")
	if d.ErrorKind(err) != providers.Permission || !strings.Contains(err.Error(), "can't get credentials of the role arn:aws:iam::123456789012:role/hpc") ||
		!strings.Contains(err.Error(), "AccessDenied: not authorized") {
		t.Errorf("kind %q: %v", d.ErrorKind(err), err)
	}
	if strings.Contains(err.Error(), "secret") && strings.Contains(err.Error(), "secret_key =") {
		t.Errorf("%q shows a secret", err)
	}
}

func TestOpenNeedsARegion(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent/config")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
	_, err := Open(nil)
	if e, ok := errors.AsType[*providers.Error](err); !ok || e.Kind != providers.Invalid || !strings.Contains(err.Error(), "no region") {
		t.Errorf("%v", err)
	}
	_, err = Open(map[string]any{"region": testRegion, "profile": "nobody"})
	if err == nil || !strings.Contains(err.Error(), "aws configure --profile nobody") {
		t.Errorf("%v", err)
	}
}

func TestRegionThatIsNowhere(t *testing.T) {
	d := testDriver(t, map[string]any{"region": "xx-nowhere-1", "endpoint": "http://ec2.xx-nowhere-1.invalid", "access_key": "a", "secret_key": "b"})
	findings, err := d.Check(t.Context(), providers.CheckRequest{Name: "lab"})
	if err != nil || len(findings) != 1 || !findings[0].Fatal || !strings.Contains(findings[0].Detail, `the region "xx-nowhere-1"`) {
		t.Errorf("%+v, %v", findings, err)
	}
}
