package google

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/compute/v1"
	"google.golang.org/api/googleapi"

	"github.com/ecluster/ecluster/providers"
)

func answer(code int, reason, message string, details ...any) error {
	return &googleapi.Error{Code: code, Message: message, Details: details, Errors: []googleapi.ErrorItem{{Reason: reason, Message: message}}}
}

func TestErrorKinds(t *testing.T) {
	info := func(reason string) any {
		return map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}
	}
	for _, test := range []struct {
		err  error
		kind providers.Kind
		says string // part of what the user reads
	}{
		{answer(403, "quotaExceeded", "Quota 'CPUS' exceeded. Limit: 24.0 in region us-central1."), providers.Quota, "iam-admin/quotas?project=p"},
		{answer(403, "rateLimitExceeded", "Rate Limit Exceeded", info("CONCURRENT_OPERATIONS_QUOTA_EXCEEDED")), providers.Throttled, ""},
		{answer(403, "forbidden", "Required 'compute.instances.create' permission for 'projects/p/zones/z/instances/i'"), providers.Permission, "compute.instances.create"},
		{answer(403, "accessNotConfigured", "Compute Engine API has not been used in project 1", info("SERVICE_DISABLED")), providers.Permission, "gcloud services enable compute.googleapis.com --project p"},
		{answer(401, "authError", "Invalid Credentials"), providers.Permission, "gcloud auth application-default login"},
		{answer(404, "notFound", "The resource 'projects/p/zones/z/machineTypes/x' was not found"), providers.NotFound, "machineTypes/x"},
		{answer(409, "alreadyExists", "exists"), providers.Conflict, ""},
		{answer(400, "resourceInUseByAnotherResource", "in use"), providers.Conflict, ""},
		{answer(400, "resourceNotReady", "not ready"), providers.Conflict, ""},
		{answer(412, "conditionNotMet", "fingerprint"), providers.Conflict, ""},
		{answer(400, "invalid", "Invalid value for field"), providers.Invalid, ""},
		{answer(503, "backendError", "Backend Error"), providers.Transient, ""},
		{answer(503, "insufficientCapacity", "none left"), providers.Capacity, "zones"},
		{answer(429, "newReason", "slow down"), providers.Throttled, ""},
		{&googleapi.Error{Code: 502, Body: "<html>Bad Gateway</html>"}, providers.Transient, "502"},
		{&url.Error{Op: "Get", URL: "https://compute.googleapis.com/", Err: io.ErrUnexpectedEOF}, providers.Transient, "can't be reached"},
	} {
		d := &Driver{set: settings{project: "p"}}
		err := d.fail(t.Context(), "launch", "compute001", fmt.Errorf("wrapped: %w", test.err))
		if got := d.ErrorKind(err); got != test.kind {
			t.Errorf("%v: kind %q, want %q", test.err, got, test.kind)
		}
		if !strings.Contains(err.Error(), test.says) || !strings.HasPrefix(err.Error(), "launch compute001: ") {
			t.Errorf("%v reads %q, without %q", test.err, err, test.says)
		}
	}
}

func TestOperationErrorKinds(t *testing.T) {
	for code, kind := range map[string]providers.Kind{
		"ZONE_RESOURCE_POOL_EXHAUSTED":              providers.Capacity,
		"ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS": providers.Capacity,
		"QUOTA_EXCEEDED":                            providers.Quota,
		"RESOURCE_NOT_FOUND":                        providers.NotFound,
		"RESOURCE_IN_USE_BY_ANOTHER_RESOURCE":       providers.Conflict,
		"PERMISSIONS_ERROR":                         providers.Permission,
		"INTERNAL_ERROR":                            providers.Transient,
		"RESOURCE_OPERATION_RATE_EXCEEDED":          providers.Throttled,
		"SOMETHING_NEW":                             providers.Invalid, // by its status
	} {
		d := &Driver{}
		err := d.operationError(&compute.Operation{
			Status: "DONE", HttpErrorStatusCode: 400,
			Error: &compute.OperationError{Errors: []*compute.OperationErrorErrors{{Code: code, Message: "It went wrong."}}},
		})
		if got := d.ErrorKind(err); got != kind || !strings.Contains(err.Error(), "It went wrong ("+code+")") {
			t.Errorf("%s: %v has kind %q, want %q", code, err, got, kind)
		}
	}
	if err := (&Driver{}).operationError(&compute.Operation{Status: "DONE"}); err != nil {
		t.Error(err)
	}
}

func TestOurOwnContextIsNoFaultOfTheCloud(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := &Driver{}
	if err := d.fail(ctx, "list", "", answer(503, "backendError", "x")); d.ErrorKind(err) != providers.Canceled {
		t.Errorf("%v", err)
	}
	if err := d.fail(t.Context(), "list", "", &url.Error{Op: "Get", Err: context.DeadlineExceeded}); d.ErrorKind(err) != providers.Transient {
		t.Errorf("a request that took too long: %v", err)
	}
}

func TestIntercepted(t *testing.T) {
	html := http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	for status, kind := range map[int]providers.Kind{407: providers.Permission, 502: providers.Transient, 403: providers.Permission} {
		d := &Driver{}
		err := d.fail(t.Context(), "list", "", &googleapi.Error{Code: status, Header: html, Body: "<html>lorem</html>"})
		if d.ErrorKind(err) != kind || strings.Contains(err.Error(), "lorem") || !strings.Contains(err.Error(), "HTTPS_PROXY") {
			t.Errorf("status %d: %s: %v", status, d.ErrorKind(err), err)
		}
	}
}

func TestOperationNeverEnds(t *testing.T) {
	var passed time.Duration
	start := time.Now()
	d := &Driver{clock: clock{poll: time.Nanosecond, now: func() time.Time {
		passed += operationTime
		return start.Add(passed)
	}}}
	err := d.wait(t.Context(), nil, &compute.Operation{Name: "operation-1", Status: "RUNNING"})
	if err == nil || classify(err) != providers.Unknown || !strings.Contains(err.Error(), "operation-1 has not ended within 5m0s; see https://status.cloud.google.com") {
		t.Errorf("error %v", err)
	}
}
