package google

import (
	"fmt"
	"net/http"
	"time"
)

// apiError is a refusal in the form in which the cloud gives it.
type apiError struct {
	status   int
	reason   string // "notFound"
	message  string
	short    string // of errors[0]; message when empty
	rpc      string // "INVALID_ARGUMENT"; only the front end of the API gives one
	domain   string // "global" when empty
	location string // of credentials: the header
	details  []any
	retry    time.Duration
	problems []string // for the log: the schema or the documentation forbids the request
}

// Error is the cloud's own message.
func (e *apiError) Error() string { return e.message }

// body is the answer.
func (e *apiError) body() object {
	one := object{"message": e.message, "domain": "global", "reason": e.reason}
	if e.short != "" {
		one["message"] = e.short
	}
	if e.domain != "" {
		one["domain"] = e.domain
	}
	if e.location != "" {
		one["location"], one["locationType"] = e.location, "header"
	}
	out := object{"code": e.status, "message": e.message, "errors": []any{one}}
	if e.rpc != "" {
		out["status"] = e.rpc
	}
	if len(e.details) > 0 {
		out["details"] = e.details
	}
	return object{"error": out}
}

// malformed is the answer of the API's front end, which knows types and names
// of fields and nothing else.
func malformed(message string, violations []any, problems ...string) *apiError {
	e := &apiError{status: http.StatusBadRequest, reason: "badRequest", rpc: "INVALID_ARGUMENT", message: message, problems: problems}
	if len(violations) > 0 {
		e.details = []any{object{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}}
	}
	return e
}

// invalid refuses a value that the documentation forbids. why is a whole
// sentence; an empty field leaves out where.
func invalid(field, value, why string) *apiError {
	e := absent(field, value, why)
	e.problems = []string{e.message}
	return e
}

// absent refuses a value that could be right elsewhere: a machine type that
// the zone lacks.
func absent(field, value, why string) *apiError {
	return &apiError{
		status: http.StatusBadRequest, reason: "invalid",
		message: fmt.Sprintf("Invalid value for field '%s': '%s'. %s", field, value, why),
	}
}

func required(field string) *apiError {
	message := fmt.Sprintf("Required field '%s' not specified", field)
	return &apiError{status: http.StatusBadRequest, reason: "required", message: message, problems: []string{message}}
}

func unsupported(message string) *apiError {
	return &apiError{status: http.StatusBadRequest, reason: "badRequest", message: message, problems: []string{message}}
}

func notFound(path string) *apiError {
	return &apiError{status: http.StatusNotFound, reason: "notFound", message: fmt.Sprintf("The resource '%s' was not found", path)}
}

func alreadyExists(path string) *apiError {
	return &apiError{status: http.StatusConflict, reason: "alreadyExists", message: fmt.Sprintf("The resource '%s' already exists", path)}
}

func notReady(path string) *apiError {
	return &apiError{status: http.StatusBadRequest, reason: "resourceNotReady", message: fmt.Sprintf("The resource '%s' is not ready", path)}
}

// inUse says which resource is in the way. kind is as in "network".
func inUse(kind, path, by string) *apiError {
	return &apiError{
		status: http.StatusBadRequest, reason: "resourceInUseByAnotherResource",
		message: fmt.Sprintf("The %s resource '%s' is already being used by '%s'", kind, path, by),
	}
}

func conditionNotMet(message string) *apiError {
	return &apiError{status: http.StatusPreconditionFailed, reason: "conditionNotMet", message: message}
}

func forbidden(permission, path string) *apiError {
	return &apiError{
		status: http.StatusForbidden, reason: "forbidden",
		message: fmt.Sprintf("Required '%s' permission for '%s'", permission, path),
	}
}

// unimplemented is no answer of the cloud: the API has the method, this
// package does not.
func unimplemented(what string) *apiError {
	message := "The simulated cloud does not implement " + what + "."
	return &apiError{status: http.StatusNotImplemented, reason: "notImplemented", rpc: "UNIMPLEMENTED", message: message, problems: []string{message}}
}

// opError is why an operation failed.
type opError struct {
	code    string // "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"
	message string
	status  int
	details []any
}

func (e *opError) body() object {
	one := object{"code": e.code, "message": e.message}
	if len(e.details) > 0 {
		one["errorDetails"] = e.details
	}
	return object{"errors": []any{one}}
}

// words are the httpErrorMessage of a failed operation.
func (e *opError) words() string {
	switch e.status {
	case http.StatusBadRequest:
		return "BAD REQUEST"
	case http.StatusForbidden:
		return "FORBIDDEN"
	case http.StatusNotFound:
		return "NOT FOUND"
	case http.StatusConflict:
		return "CONFLICT"
	case http.StatusTooManyRequests:
		return "TOO MANY REQUESTS"
	case http.StatusServiceUnavailable:
		return "SERVICE UNAVAILABLE"
	}
	return "INTERNAL SERVER ERROR"
}
