package google

import (
	"net/http"
	"strings"
	"time"
)

// faultError is the refusal that the script wants, or nil. Faults that end in
// an operation's error are failLater's business.
func faultError(r *request) *apiError {
	f := r.fault
	if f == nil || f.Later || f.Never || f.Status == 0 && f.Code == "" {
		return nil
	}
	e := knownRefusal(f.Code)
	if e == nil {
		status := f.Status
		if status == 0 {
			status = reasonStatus(f.Code)
		}
		e = statusRefusal(status)
		if f.Code != "" {
			e.reason = f.Code
		}
	}
	if f.Code == "forbidden" && f.Message == "" {
		e.message = forbidden(permission(r.method), "projects/"+r.project()).message
	}
	if f.Status != 0 {
		e.status = f.Status
	}
	if f.Message != "" {
		e.message = f.Message
	}
	e.retry = time.Duration(f.RetryAfter)
	return e
}

// reasonStatus is the status that goes with a reason.
func reasonStatus(reason string) int {
	switch reason {
	case "forbidden":
		return http.StatusForbidden
	case "notFound":
		return http.StatusNotFound
	case "alreadyExists", "conflict":
		return http.StatusConflict
	case "conditionNotMet":
		return http.StatusPreconditionFailed
	case "invalid", "badRequest", "required", "resourceNotReady", "resourceInUseByAnotherResource":
		return http.StatusBadRequest
	case "backendError":
		return http.StatusServiceUnavailable
	}
	return failure(reason, "").status // or that of an operation's error
}

// knownRefusal is what the cloud says together with a reason; nil for reasons
// that are always about something.
func knownRefusal(code string) *apiError {
	switch code {
	case "authError", "ACCESS_TOKEN_EXPIRED":
		return unauthenticated("authError", "Invalid Credentials", "ACCESS_TOKEN_EXPIRED", "Request had invalid authentication credentials.")
	case "accessNotConfigured", "SERVICE_DISABLED":
		return serviceDisabled()
	case "rateLimitExceeded", "RATE_LIMIT_EXCEEDED", "userRateLimitExceeded":
		return &apiError{
			status: http.StatusForbidden, reason: "rateLimitExceeded", domain: "usageLimits", rpc: "PERMISSION_DENIED",
			message: "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'compute.googleapis.com' for consumer 'project_number:" + ProjectNumber + "'.",
			details: []any{errorInfo("RATE_LIMIT_EXCEEDED", "googleapis.com", object{
				"service": "compute.googleapis.com", "consumer": "projects/" + ProjectNumber, "quota_limit": "defaultPerMinutePerProject",
			})},
		}
	case "quotaExceeded", "QUOTA_EXCEEDED":
		e := statusRefusal(http.StatusForbidden)
		e.reason, e.domain, e.message = "quotaExceeded", "usageLimits", "Quota 'CPUS' exceeded.  Limit: 24.0 in region us-central1."
		return e
	}
	return nil
}

// statusRefusal is what the cloud says together with a status.
func statusRefusal(status int) *apiError {
	e := &apiError{status: status, reason: "invalid", message: http.StatusText(status)}
	switch status {
	case http.StatusUnauthorized:
		return knownRefusal("authError")
	case http.StatusForbidden:
		e.reason, e.message = "forbidden", "The caller does not have permission"
	case http.StatusNotFound:
		e.reason = "notFound"
	case http.StatusConflict:
		e.reason = "alreadyExists"
	case http.StatusPreconditionFailed:
		e.reason = "conditionNotMet"
	case http.StatusTooManyRequests:
		e = knownRefusal("rateLimitExceeded")
		e.status, e.rpc = status, "RESOURCE_EXHAUSTED"
	case http.StatusServiceUnavailable:
		e.reason, e.message = "backendError", "The service is currently unavailable."
	default:
		if status >= http.StatusInternalServerError {
			e.reason, e.message = "backendError", "Internal error. Please try again or contact Google Support. (Code: '63CA5D0B7B4C4.A8B2C8E.5B1F0D4A')"
		}
	}
	return e
}

// failure is the error of an operation with a code, in the cloud's words
// unless the message says otherwise.
func failure(code, message string) *opError {
	e := &opError{code: code, status: http.StatusInternalServerError, message: message}
	words := "Internal error. Please try again or contact Google Support. (Code: '63CA5D0B7B4C4.A8B2C8E.5B1F0D4A')"
	switch {
	case code == "":
		e.code = "INTERNAL_ERROR"
	case strings.HasPrefix(code, "ZONE_RESOURCE_POOL_EXHAUSTED"):
		e.status = http.StatusServiceUnavailable
		words = "The zone 'projects/" + Project + "/zones/" + Zone + "' does not have enough resources available to fulfill the request.  Try a different zone, or try again later."
	case code == "QUOTA_EXCEEDED":
		e.status = http.StatusForbidden
		words = "Quota 'CPUS' exceeded.  Limit: 24.0 in region us-central1."
	case code == "PERMISSIONS_ERROR":
		e.status = http.StatusForbidden
		words = "Required 'compute.instances.create' permission for 'projects/" + Project + "'"
	case code == "RESOURCE_NOT_FOUND":
		e.status, words = http.StatusNotFound, "The resource was not found"
	case code == "RESOURCE_ALREADY_EXISTS":
		e.status, words = http.StatusConflict, "The resource already exists"
	case code == "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE", code == "INVALID_USAGE", code == "RESOURCE_NOT_READY":
		e.status, words = http.StatusBadRequest, "The resource is not ready"
	case code == "RATE_LIMIT_EXCEEDED", code == "RESOURCE_OPERATION_RATE_EXCEEDED":
		e.status, words = http.StatusForbidden, "Operation rate exceeded for resource. Too frequent operations from the source resource."
	}
	if e.message == "" {
		e.message = words
	}
	return e
}
