package azure

import (
	"fmt"
	"net/http"
	"strings"
)

// failure is a refusal in Azure's own form.
type failure struct {
	Status  int       `json:"-"`
	Code    string    `json:"code"`
	Message string    `json:"message"`
	Target  string    `json:"target,omitempty"`
	Details []failure `json:"details,omitempty"`
	// Headers go with the answer.
	Headers map[string]string `json:"-"`
	// problem is set when the request is malformed, which no client of ours
	// must ever be.
	problem bool
}

func refuse(status int, code, format string, args ...any) *failure {
	return &failure{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// malformed is a refusal because of what Azure's schema or documentation says.
func malformed(code, format string, args ...any) *failure {
	f := refuse(http.StatusBadRequest, code, format, args...)
	f.problem = true
	return f
}

func (f *failure) on(target string) *failure {
	f.Target = target
	return f
}

func (f *failure) with(details ...failure) *failure {
	f.Details = append(f.Details, details...)
	return f
}

// statusOf is the status that Azure sends with a code, where a script doesn't
// say which.
func statusOf(code string) int {
	switch strings.ToLower(code) {
	case "invalidauthenticationtoken", "expiredauthenticationtoken", "authenticationfailed", "invalidauthenticationtokentenant":
		return http.StatusUnauthorized
	case "authorizationfailed", "linkedauthorizationfailed", "requestdisallowedbypolicy", "readonlydisabledsubscription":
		return http.StatusForbidden
	case "resourcenotfound", "resourcegroupnotfound", "notfound", "subscriptionnotfound", "platformimagenotfound", "parentresourcenotfound":
		return http.StatusNotFound
	case "preconditionfailed":
		return http.StatusPreconditionFailed
	case "toomanyrequests", "subscriptionrequeststhrottled", "retryableerrorduetoanotheroperation":
		return http.StatusTooManyRequests
	case "internalservererror", "internalexecutionerror", "internalerror", "internaloperationerror", "networkinginternaloperationerror":
		return http.StatusInternalServerError
	case "badgateway":
		return http.StatusBadGateway
	case "serverbusy", "serviceunavailable":
		return http.StatusServiceUnavailable
	case "gatewaytimeout", "servertimeout":
		return http.StatusGatewayTimeout
	case "operationnotallowed", "skunotavailable", "allocationfailed", "zonalallocationfailed", "quotaexceeded", "conflict",
		"overconstrainedallocationrequest", "overconstrainedzonalallocationrequest", "missingsubscriptionregistration",
		"anotheroperationinprogress", "resourcegroupbeingdeleted", "scopelocked", "propertychangenotallowed":
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

// messageOf is what Azure says with a code, where a script doesn't.
func messageOf(code, subscription string) string {
	switch strings.ToLower(code) {
	case "allocationfailed":
		return "Allocation failed. We do not have sufficient capacity for the requested VM size in this region. " + allocationAdvice
	case "zonalallocationfailed":
		return "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. " + allocationAdvice
	case "skunotavailable":
		return "The requested VM size is currently not available in this location. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details."
	case "expiredauthenticationtoken":
		return "The access token expiry UTC time is earlier than current UTC time."
	case "invalidauthenticationtoken":
		return "The access token is invalid."
	case "toomanyrequests":
		return "The server rejected the request because too many requests have been received for this subscription."
	case "subscriptionrequeststhrottled":
		return "Number of requests for subscription '" + subscription + "' exceeded the limit. Please try again after additional tokens are available."
	case "missingsubscriptionregistration":
		return "The subscription is not registered to use namespace 'Microsoft.Compute'. See https://aka.ms/rps-not-found for how to register subscriptions."
	case "internalservererror", "internalexecutionerror", "internalerror":
		return "An internal execution error occurred. Please retry later."
	case "osprovisioningtimedout":
		return "OS Provisioning for VM did not finish in the allotted time. The VM may still finish provisioning successfully. Please check provisioning state later."
	}
	return "The request was refused with " + code + "."
}

const allocationAdvice = "Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance"
