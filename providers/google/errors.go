package google

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"google.golang.org/api/compute/v1"
	"google.golang.org/api/googleapi"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// cloudError is an error of the cloud as a user reads it: one sentence with
// its reason and its remedy.
type cloudError struct {
	kind    providers.Kind
	code    string // the cloud's own name of the reason
	summary string
	advice  string // what to do; may be empty
	cause   error  // may be nil
}

// Error implements error.
func (e *cloudError) Error() string {
	text := e.summary
	if e.code != "" {
		text += " (" + e.code + ")"
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	if e.advice != "" {
		text += "; " + e.advice
	}
	return text
}

// Advice is what to do, as at the end of Error; may be empty.
func (e *cloudError) Advice() string { return e.advice }

// Unwrap returns the cause, if there is one beside the cloud's words.
func (e *cloudError) Unwrap() error { return e.cause }

// kinds are the meanings of the API's reasons and of the codes of operations.
var kinds = map[string]providers.Kind{
	"rateLimitExceeded": providers.Throttled, "userRateLimitExceeded": providers.Throttled,
	"operationRateExceeded": providers.Throttled, "RATE_LIMIT_EXCEEDED": providers.Throttled,
	"RESOURCE_OPERATION_RATE_EXCEEDED": providers.Throttled, "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED": providers.Throttled,

	"quotaExceeded": providers.Quota, "QUOTA_EXCEEDED": providers.Quota, "limitExceeded": providers.Quota,
	"LIMIT_EXCEEDED": providers.Quota, "dailyLimitExceeded": providers.Quota,

	"insufficientCapacity": providers.Capacity, "resourcePoolExhausted": providers.Capacity,
	"ZONE_RESOURCE_POOL_EXHAUSTED": providers.Capacity, "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS": providers.Capacity,
	"RESOURCE_POOL_EXHAUSTED": providers.Capacity, "STOCKOUT": providers.Capacity,

	"forbidden": providers.Permission, "insufficientPermissions": providers.Permission,
	"accessNotConfigured": providers.Permission, "authError": providers.Permission,
	"SERVICE_DISABLED": providers.Permission, "PERMISSIONS_ERROR": providers.Permission, "FORBIDDEN": providers.Permission,
	"BILLING_DISABLED": providers.Permission, "ACCESS_TOKEN_EXPIRED": providers.Permission,

	"notFound": providers.NotFound, "RESOURCE_NOT_FOUND": providers.NotFound, "NOT_FOUND": providers.NotFound,

	"alreadyExists": providers.Conflict, "duplicate": providers.Conflict, "conditionNotMet": providers.Conflict,
	"resourceInUseByAnotherResource": providers.Conflict, "resourceNotReady": providers.Conflict,
	"RESOURCE_ALREADY_EXISTS": providers.Conflict, "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE": providers.Conflict,
	"RESOURCE_NOT_READY": providers.Conflict, "CONDITION_NOT_MET": providers.Conflict,

	"invalid": providers.Invalid, "required": providers.Invalid, "invalidUsage": providers.Invalid,
	"badRequest": providers.Invalid, "INVALID_USAGE": providers.Invalid, "INVALID_FIELD_VALUE": providers.Invalid,
	"UNSUPPORTED_OPERATION": providers.Invalid, "INVALID_PARAMETER": providers.Invalid,

	"backendError": providers.Transient, "internalError": providers.Transient, "INTERNAL_ERROR": providers.Transient,
	"UNAVAILABLE": providers.Transient, "SERVICE_UNAVAILABLE": providers.Transient,
}

// kindOfStatus is for answers whose reason says nothing.
func kindOfStatus(code int) providers.Kind {
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return providers.Permission
	case code == http.StatusNotFound, code == http.StatusGone:
		return providers.NotFound
	case code == http.StatusConflict, code == http.StatusPreconditionFailed:
		return providers.Conflict
	case code == http.StatusTooManyRequests:
		return providers.Throttled
	case code == http.StatusRequestTimeout, code >= 500:
		return providers.Transient
	case code >= 400:
		return providers.Invalid
	}
	return providers.Unknown
}

// reason is the most telling reason of an answer: one that has a meaning here,
// with the details first, which are the newer and finer ones.
func reason(e *googleapi.Error) string {
	var all []string
	for _, d := range e.Details {
		if m, is := d.(map[string]any); is {
			if r, is := m["reason"].(string); is {
				all = append(all, r)
			}
		}
	}
	for _, item := range e.Errors {
		all = append(all, item.Reason)
	}
	for _, r := range all {
		if _, known := kinds[r]; known {
			return r
		}
	}
	if len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

// classify tells the kind of an error of the SDK by its codes.
func classify(err error) providers.Kind {
	if e, is := errors.AsType[*cloudError](err); is {
		return e.kind
	}
	if e, is := errors.AsType[*googleapi.Error](err); is {
		if kind, known := kinds[reason(e)]; known {
			return kind
		}
		return kindOfStatus(e.Code)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return providers.Canceled
	}
	return classifyNetwork(err)
}

func classifyNetwork(err error) providers.Kind {
	var netErr net.Error
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EPIPE) || errors.As(err, &netErr) {
		return providers.Transient
	}
	return providers.Unknown
}

// fail classifies err and puts it into words. It returns nil for nil.
func (d *Driver) fail(ctx context.Context, op string, node cluster.NodeName, err error) error {
	if err == nil {
		return nil
	}
	if _, is := errors.AsType[*providers.Error](err); is {
		return err
	}
	if ctx.Err() != nil { // the SDK's words for it vary
		return &providers.Error{Op: op, Node: node, Kind: providers.Canceled, Err: context.Cause(ctx)}
	}
	err = d.explain(err)
	kind := classify(err)
	if kind == providers.Canceled { // not our context: the request took too long
		kind = providers.Transient
	}
	return &providers.Error{Op: op, Node: node, Kind: kind, Err: err}
}

// explain turns an error of the SDK into a sentence with its remedy.
func (d *Driver) explain(err error) error {
	if _, is := errors.AsType[*cloudError](err); is {
		if u, is := errors.AsType[*url.Error](err); is {
			return u.Err
		}
		return err
	}
	e, is := errors.AsType[*googleapi.Error](err)
	if !is {
		if u, is := errors.AsType[*url.Error](err); is {
			return &cloudError{
				kind: classify(u.Err), summary: "Google's API can't be reached", cause: u.Err,
				advice: "see whether this machine is online and whether HTTPS_PROXY is right, then run the same command again: it goes on where it stopped",
			}
		}
		if notJSON(err) {
			return intercepted(providers.Permission, "with something that is no answer of Google's")
		}
		return err
	}
	if len(e.Errors) == 0 && len(e.Details) == 0 && strings.HasPrefix(e.Header.Get("Content-Type"), "text/html") {
		kind := kindOfStatus(e.Code)
		if e.Code == http.StatusProxyAuthRequired {
			kind = providers.Permission
		}
		return intercepted(kind, strings.TrimSpace(fmt.Sprintf("with the HTTP status %d %s", e.Code, http.StatusText(e.Code))))
	}
	code := reason(e)
	summary := e.Message
	if summary == "" {
		summary = fmt.Sprintf("HTTP status %d: %s", e.Code, strings.TrimSpace(truncate(e.Body, 300)))
	}
	return d.word(classify(err), code, e.Code, summary)
}

// notJSON reports whether what came as an answer was none of the API's.
func notJSON(err error) bool {
	_, is := errors.AsType[*json.SyntaxError](err)
	return is
}

// intercepted is an answer in HTML, which the API never gives by itself.
func intercepted(kind providers.Kind, with string) *cloudError {
	return &cloudError{
		kind: kind, summary: "a proxy or gateway between this machine and Google's API answered " + with,
		advice: "see whether HTTPS_PROXY is right, with its user and password if the proxy wants them, or whether the network has a login page",
	}
}

// operationError is why an operation failed, or nil.
func (d *Driver) operationError(op *compute.Operation) error {
	if op.Error == nil || len(op.Error.Errors) == 0 {
		if op.HttpErrorStatusCode >= 400 {
			return d.word(kindOfStatus(int(op.HttpErrorStatusCode)), "", int(op.HttpErrorStatusCode), op.HttpErrorMessage)
		}
		return nil
	}
	first := op.Error.Errors[0]
	kind, known := kinds[first.Code]
	if !known {
		kind = kindOfStatus(int(op.HttpErrorStatusCode))
	}
	return d.word(kind, first.Code, 0, first.Message)
}

// word adds to the cloud's words what to do about them.
func (d *Driver) word(kind providers.Kind, code string, status int, summary string) *cloudError {
	e := &cloudError{kind: kind, code: code, summary: strings.TrimSuffix(strings.TrimSpace(summary), ".")}
	if code == "" && status != 0 {
		e.code = fmt.Sprintf("HTTP status %d", status)
	}
	project := "PROJECT"
	if d.set.project != "" {
		project = d.set.project
	}
	switch {
	case code == "accessNotConfigured" || code == "SERVICE_DISABLED":
		e.advice = fmt.Sprintf("enable the API with `gcloud services enable compute.googleapis.com --project %s` and wait a minute", project)
	case code == "BILLING_DISABLED":
		e.advice = "link a billing account to the project: https://console.cloud.google.com/billing/projects"
	case status == http.StatusUnauthorized:
		e.advice = "the credentials are wrong or have expired: log in again with `gcloud auth application-default login`, or renew access_token or credentials_file"
	case kind == providers.Permission:
		e.advice = "ask the project's owner for the permission that Google names; docs/providers/google.md lists all that ecluster uses"
	case kind == providers.Quota:
		e.advice = fmt.Sprintf("raise it at https://console.cloud.google.com/iam-admin/quotas?project=%s, or lower count", project)
	case kind == providers.Capacity:
		e.advice = "try again later, name more zones, or choose another machine_type"
	case kind == providers.Throttled:
		e.advice = "run the same command again in some minutes, or with a smaller batch_size: it goes on where it stopped"
	case code == "resourceInUseByAnotherResource" || code == "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE":
		e.advice = "remove what uses it, then run the same command again: it goes on where it stopped"
	}
	return e
}

// isKind reports whether err is of the kind.
func isKind(err error, kind providers.Kind) bool { return err != nil && classify(err) == kind }

func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
