package aws

import (
	"strings"

	"github.com/ecluster/ecluster/providers"
)

// codeKind tells what an error code of AWS means.
func codeKind(code string) providers.Kind {
	switch code {
	case "":
		return providers.Unknown
	case "InsufficientInstanceCapacity", "InsufficientCapacity", "InsufficientHostCapacity",
		"InsufficientReservedInstanceCapacity", "InsufficientCapacityOnHost", "InsufficientVolumeCapacity",
		"InsufficientAddressCapacity", "UnfulfillableCapacity", "SpotMaxPriceTooLow",
		"InsufficientFreeAddressesInSubnet", // another zone has another subnet
		"IdempotentInstanceTerminated":      // what the token made is gone: a new one may work
		return providers.Capacity
	case "RequestLimitExceeded", "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
		"RequestThrottledException", "EC2ThrottledException", "TooManyRequestsException", "SlowDown", "BandwidthLimitExceeded":
		return providers.Throttled
	case "MaxSpotInstanceCountExceeded", "MaxSpotFleetRequestCountExceeded", "ResourceLimitExceeded", "TagLimitExceeded":
		return providers.Quota
	case "InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable", "ServiceUnavailableException",
		"Unavailable", "RequestTimeout", "RequestTimeoutException", "ServerInternal", "InsufficientDataCapacity":
		return providers.Transient
	case "UnauthorizedOperation", "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException",
		"SignatureDoesNotMatch", "InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed",
		"ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "MissingAuthenticationToken",
		"MissingAuthenticationTokenException", "OptInRequired", "Blocked", "PendingVerification",
		"OperationNotPermitted", "NotAuthorized", "InvalidAccessKeyId":
		return providers.Permission
	case "DependencyViolation", "IncorrectInstanceState", "IncorrectState", "ResourceInUse", "VolumeInUse",
		"IdempotentParameterMismatch", "ConcurrentModification", "InvalidIdempotencyToken", "RequestInProgress":
		return providers.Conflict
	case "InvalidPlacementGroup.Unknown", "InvalidAMIID.Unavailable", "NoSuchResourceException", "NoSuchEntity", "InvalidInstanceID":
		return providers.NotFound
	case "Unsupported", "UnsupportedOperation", "UnsupportedHostConfiguration", "ValidationError", "ValidationException",
		"VPCIdNotSpecified", "NoDefaultVpc", "DefaultVpcDoesNotExist", "UnknownParameter", "UnknownPrincipalType", "MalformedQueryString":
		return providers.Invalid
	}
	switch {
	case accessDenied[code]:
		return providers.Permission
	case strings.HasSuffix(code, "LimitExceeded"):
		return providers.Quota
	case strings.HasSuffix(code, ".NotFound"):
		return providers.NotFound
	case strings.HasSuffix(code, ".InUse"), strings.HasSuffix(code, ".Duplicate"):
		return providers.Conflict
	case strings.HasPrefix(code, "Invalid"), strings.HasPrefix(code, "Missing"), strings.HasSuffix(code, ".Malformed"):
		return providers.Invalid
	}
	return providers.Unknown
}

// accessDenied are the words of the services beside EC2 for what EC2 calls
// UnauthorizedOperation.
var accessDenied = map[string]bool{"AccessDenied": true, "AccessDeniedException": true}

// signatureCodes are the refusals of a request by its signature: keys that
// don't exist or have expired, or a clock that is wrong.
var signatureCodes = map[string]bool{
	"AuthFailure": true, "InvalidClientTokenId": true, "UnrecognizedClientException": true,
	"SignatureDoesNotMatch": true, "InvalidSignatureException": true, "RequestExpired": true,
	"RequestTimeTooSkewed": true, "ExpiredToken": true, "ExpiredTokenException": true, "InvalidAccessKeyId": true,
}

// hints are the next actions for single codes, where that of the kind is not
// enough.
var hints = map[string]string{
	"ExpiredToken":                      "the temporary credentials have expired: log in again (`aws sso login`), or renew session_token",
	"ExpiredTokenException":             "the temporary credentials have expired: log in again (`aws sso login`), or renew session_token",
	"RequestExpired":                    "the temporary credentials have expired: log in again (`aws sso login`), or renew session_token",
	"AuthFailure":                       "check the access key, and that the region is turned on for the account (`aws account list-regions`)",
	"OptInRequired":                     "subscribe to the image, or turn the region on, on the web page that the message names",
	"PendingVerification":               "AWS looks at new accounts before they may start machines; try again in some hours",
	"OperationNotPermitted":             "turn off termination protection: `aws ec2 modify-instance-attribute --no-disable-api-termination --instance-id ID`",
	"SpotMaxPriceTooLow":                "raise max_price, or leave it out to pay at most the price on demand",
	"InsufficientFreeAddressesInSubnet": "use a larger subnet, or list more zones",
	"Unsupported":                       "list other zones or machine_types",
	"InvalidAMIID.NotFound":             "images belong to one region: see that it exists in this one",
}
