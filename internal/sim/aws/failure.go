package aws

import (
	"fmt"
	"net/http"
)

// failure is an answer of AWS that is an error, in its own words.
type failure struct {
	status  int
	code    string
	message string
	// violation says that the schema or the documentation forbids the request
	// whatever exists: a client that sends it has a bug.
	violation bool
}

func (f *failure) Error() string { return f.code + ": " + f.message }

// refuse answers with the status that goes with the code.
func refuse(code, format string, args ...any) *failure {
	return &failure{status: statusOf(code), code: code, message: fmt.Sprintf(format, args...)}
}

// violates is refuse for a request that is wrong by itself.
func violates(code, format string, args ...any) *failure {
	f := refuse(code, format, args...)
	f.violation = true
	return f
}

// statusOf is the HTTP status that AWS sends with a code; 400 is that of most.
func statusOf(code string) int {
	switch code {
	case "AuthFailure":
		return http.StatusUnauthorized
	case "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "SignatureDoesNotMatch",
		"InvalidClientTokenId", "MissingAuthenticationToken", "IncompleteSignature", "OptInRequired":
		return http.StatusForbidden
	case "DryRunOperation":
		return http.StatusPreconditionFailed
	case "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity", "InsufficientReservedInstanceCapacity",
		"InsufficientAddressCapacity", "InsufficientFreeAddressesInSubnet",
		"InternalError", "InternalFailure", "ServerInternal", "InternalErrorException", "ServiceException":
		return http.StatusInternalServerError
	case "RequestLimitExceeded", "Unavailable", "ServiceUnavailable":
		return http.StatusServiceUnavailable
	case "NotImplemented":
		return http.StatusNotImplemented
	}
	return http.StatusBadRequest
}

func missing(parameter string) *failure {
	return violates("MissingParameter", "The request must contain the parameter %s", parameter)
}

func badCombination(format string, args ...any) *failure {
	return violates("InvalidParameterCombination", format, args...)
}
