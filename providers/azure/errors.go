package azure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// codes are the answers whose meaning their HTTP status does not tell, in
// lower case. Azure has no complete list; these are documented or were met.
var codes = map[string]providers.Kind{
	// limits of the subscription
	"quotaexceeded":                          providers.Quota,
	"operationnotallowed":                    providers.Quota, // with 409 and a limit in its message; see kindOf
	"publicipcountlimitreached":              providers.Quota,
	"publicipaddresscountlimitreached":       providers.Quota,
	"publicipaddresslimitreached":            providers.Quota,
	"standardskupublicipcountlimitreached":   providers.Quota,
	"networkinterfacecountlimitreached":      providers.Quota,
	"virtualnetworkcountlimitreached":        providers.Quota,
	"networksecuritygroupcountlimitreached":  providers.Quota,
	"resourcequotaexceeded":                  providers.Quota,
	"resourcegroupquotaexceeded":             providers.Quota,
	"resourcecountexceedslimitduetotemplate": providers.Quota,
	"subnetisfull":                           providers.Quota,
	// nothing free
	"skunotavailable":                       providers.Capacity,
	"allocationfailed":                      providers.Capacity,
	"zonalallocationfailed":                 providers.Capacity,
	"overconstrainedallocationrequest":      providers.Capacity,
	"overconstrainedzonalallocationrequest": providers.Capacity,
	"vmallocationfailed":                    providers.Capacity,
	"spotcapacityunavailable":               providers.Capacity,
	"evictionpolicyviolation":               providers.Capacity,
	"operationpreempted":                    providers.Capacity,
	"maxpricetoolow":                        providers.Capacity,
	// too many requests
	"toomanyrequests":                     providers.Throttled,
	"subscriptionrequeststhrottled":       providers.Throttled,
	"operationnotallowedduetothrottling":  providers.Throttled,
	"resourcerequeststhrottled":           providers.Throttled,
	"tenantrequeststhrottled":             providers.Throttled,
	"resourcecollectionrequeststhrottled": providers.Throttled,
	// credentials and rights
	"authorizationfailed":                  providers.Permission,
	"linkedauthorizationfailed":            providers.Permission,
	"authenticationfailed":                 providers.Permission,
	"invalidauthenticationtoken":           providers.Permission,
	"invalidauthenticationtokentenant":     providers.Permission,
	"expiredauthenticationtoken":           providers.Permission,
	"invalidauthenticationinfo":            providers.Permission,
	"authenticationfailedinvalidheader":    providers.Permission,
	"disallowedprovider":                   providers.Permission,
	"requestdisallowedbypolicy":            providers.Permission,
	"requestdisallowedbyazure":             providers.Permission,
	"readonlydisabledsubscription":         providers.Permission,
	"subscriptionnotregistered":            providers.Permission,
	"missingsubscriptionregistration":      providers.Permission,
	"noregisteredproviderfound":            providers.Invalid,
	"marketplacepurchaseeligibilityfailed": providers.Permission,
	"resourcepurchasevalidationfailed":     providers.Permission,
	"resourcepurchasecanceled":             providers.Permission,
	// names that lead nowhere
	"subscriptionnotfound":                providers.NotFound,
	"invalidsubscriptionid":               providers.NotFound,
	"resourcegroupnotfound":               providers.NotFound,
	"resourcenotfound":                    providers.NotFound,
	"parentresourcenotfound":              providers.NotFound,
	"platformimagenotfound":               providers.NotFound,
	"imagenotfound":                       providers.NotFound,
	"galleryimagenotfound":                providers.NotFound,
	"invalidresourcereference":            providers.NotFound,
	"locationnotavailableforresourcetype": providers.Invalid,
	"artifactnotfound":                    providers.NotFound,
	// something is there, or in use
	"conflict":                                 providers.Conflict,
	"preconditionfailed":                       providers.Conflict,
	"anotheroperationinprogress":               providers.Conflict,
	"conflictingconcurrentwritenotallowed":     providers.Conflict,
	"conflictingusererror":                     providers.Conflict,
	"attachdiskwhilebeingdetached":             providers.Conflict,
	"resourcegroupbeingdeleted":                providers.Conflict,
	"resourcegroupdeletionblocked":             providers.Conflict,
	"scopelocked":                              providers.Permission,
	"inuse":                                    providers.Conflict,
	"nicinuse":                                 providers.Conflict,
	"nicreservedforanothervm":                  providers.Conflict,
	"inusesubnetcannotbedeleted":               providers.Conflict,
	"inusenetworksecuritygroupcannotbedeleted": providers.Conflict,
	"networksecuritygroupcannotbedeleted":      providers.Conflict,
	"publicipaddresscannotbedeleted":           providers.Conflict,
	"natgatewaycannotbedeleted":                providers.Conflict,
	"propertychangenotallowed":                 providers.Conflict,
	// Azure's own trouble
	"internalservererror":                        providers.Transient,
	"internalexecutionerror":                     providers.Transient,
	"internaloperationerror":                     providers.Transient,
	"networkinginternaloperationerror":           providers.Transient,
	"serviceunavailable":                         providers.Transient,
	"serverbusy":                                 providers.Transient,
	"servertimeout":                              providers.Transient,
	"gatewaytimeout":                             providers.Transient,
	"requesttimeout":                             providers.Transient,
	"retryableerror":                             providers.Transient,
	"retryableerrorduetoanotheroperation":        providers.Conflict,
	"canceledandsupersededduetoanotheroperation": providers.Conflict,
	"operationpreemptedbyuser":                   providers.Conflict,
	"vmstarttimedout":                            providers.Transient,
	"referencedresourcenotprovisioned":           providers.Conflict,
}

// cloudError is an answer of Azure, short enough for people.
type cloudError struct {
	Code    string
	Message string
	Status  int
	wait    string // Retry-After, in seconds, where the answer has one
	request string // by which Microsoft's support finds it
	err     error
}

// Error reads "Code: message".
func (e *cloudError) Error() string {
	var b strings.Builder
	switch {
	case e.Code != "":
		b.WriteString(e.Code)
	default:
		b.WriteString(strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))))
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.wait != "" {
		fmt.Fprintf(&b, " (Azure asks to wait %s s)", e.wait)
	}
	if hint := hints[strings.ToLower(e.Code)]; hint != "" {
		b.WriteString("; " + hint)
	}
	return b.String()
}

// Unwrap returns the SDK's error.
func (e *cloudError) Unwrap() error { return e.err }

// hints are next actions that only this answer calls for.
var hints = map[string]string{
	"authorizationfailed":                  "ask the owner of the subscription for a role with that action, such as Contributor on the resource group",
	"linkedauthorizationfailed":            "ask the owner of that resource for a role with that action",
	"invalidauthenticationtoken":           "the token is expired or wrong: run `az login`, or renew access_token",
	"expiredauthenticationtoken":           "run `az login`, or renew access_token",
	"invalidauthenticationtokentenant":     "the login belongs to another directory: set tenant_id, or run `az login --tenant <tenant>`",
	"subscriptionnotfound":                 "check subscription_id; `az account list -o table` shows yours",
	"missingsubscriptionregistration":      "register what the message names, as in `az provider register --namespace Microsoft.Compute --wait`",
	"marketplacepurchaseeligibilityfailed": "accept the terms of the image with `az vm image terms accept --urn <publisher:offer:sku:version>`",
	"resourcepurchasevalidationfailed":     "accept the terms of the image with `az vm image terms accept --urn <publisher:offer:sku:version>`",
	"quotaexceeded":                        "ask for more at https://portal.azure.com/#view/Microsoft_Azure_Capacity/QuotaMenuBlade",
	"scopelocked":                          "remove the lock (`az lock list`) first",
	"requestdisallowedbypolicy":            "the subscription's policy forbids it; its owner can say what is allowed",
}

// fail classifies err and shortens what the SDK made of it. It returns nil for
// nil.
func fail(ctx context.Context, op string, node cluster.NodeName, err error) error {
	if err == nil {
		return nil
	}
	if known := (*providers.Error)(nil); errors.As(err, &known) {
		return err
	}
	if ctx.Err() != nil { // the SDK's words for it vary
		return &providers.Error{Op: op, Node: node, Kind: providers.Canceled, Err: context.Cause(ctx)}
	}
	return &providers.Error{Op: op, Node: node, Kind: classify(err), Err: readable(err)}
}

// classify tells the kind of an error of the SDK by its type and its code.
func classify(err error) providers.Kind {
	if login, ok := errors.AsType[*credentialError](err); ok {
		if login.unreachable() {
			return providers.Transient
		}
		return providers.Permission
	}
	if short, ok := errors.AsType[*cloudError](err); ok {
		return kindOf(short.Status, short.Message, short.Code)
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		body := bodyOf(answer)
		return kindOf(answer.StatusCode, body.message(), append(body.codes(), answer.ErrorCode)...)
	}
	var netErr net.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return providers.Canceled
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.As(err, &netErr):
		return providers.Transient
	}
	return providers.Unknown
}

// kindOf goes by the codes, the most particular first, then by the status.
func kindOf(status int, message string, list ...string) providers.Kind {
	for _, c := range list {
		c = strings.ToLower(c)
		if c == "operationnotallowed" {
			return operationNotAllowed(status, message)
		}
		if kind, known := codes[c]; known {
			return kind
		}
	}
	switch {
	case status == http.StatusTooManyRequests:
		return providers.Throttled
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return providers.Permission
	case status == http.StatusNotFound:
		return providers.NotFound
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return providers.Conflict
	case status == http.StatusRequestTimeout, status >= 500:
		return providers.Transient
	case status >= 400:
		return providers.Invalid
	}
	return providers.Unknown
}

// operationNotAllowed has many meanings under one code: mostly a quota, also
// an operation that the state of a machine forbids, and throttling.
func operationNotAllowed(status int, message string) providers.Kind {
	m := strings.ToLower(message)
	switch {
	case status == http.StatusTooManyRequests:
		return providers.Throttled
	case strings.Contains(m, "quota"), strings.Contains(m, "limit"):
		return providers.Quota
	case status == http.StatusConflict:
		return providers.Conflict
	}
	return providers.Invalid
}

// readable makes one line of an answer; other errors stay as they are.
func readable(err error) error {
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok || errors.As(err, new(*cloudError)) {
		return err
	}
	body := bodyOf(answer)
	e := &cloudError{Code: answer.ErrorCode, Message: body.message(), Status: answer.StatusCode, err: err}
	if list := body.codes(); len(list) > 0 {
		e.Code = list[0]
	}
	if r := answer.RawResponse; r != nil {
		e.wait, e.request = r.Header.Get("Retry-After"), r.Header.Get("x-ms-request-id")
	}
	return e
}

// errorBody is the form of an answer, of a failed operation, and of what they
// contain.
type errorBody struct {
	Error   *errorBody  `json:"error"`
	Code    string      `json:"code"`
	Message string      `json:"message"`
	Details []errorBody `json:"details"`
}

// bodyOf reads the answer again and leaves it readable.
func bodyOf(e *azcore.ResponseError) errorBody {
	var b errorBody
	if e.RawResponse == nil || e.RawResponse.Body == nil {
		return b
	}
	data, err := io.ReadAll(io.LimitReader(e.RawResponse.Body, 1<<20))
	if err != nil {
		return b
	}
	e.RawResponse.Body = io.NopCloser(bytes.NewReader(data))
	_ = json.Unmarshal(data, &b) // a proxy's page has no codes
	for b.Error != nil {
		b = *b.Error
	}
	return b
}

// codes lists them from the innermost to the outermost.
func (b errorBody) codes() []string {
	var out []string
	for _, d := range b.Details {
		out = append(out, d.codes()...)
	}
	if inner, ok := b.inside(); ok {
		out = append(out, inner.codes()...)
	}
	if b.Code != "" {
		out = append(out, b.Code)
	}
	return out
}

// message is the innermost.
func (b errorBody) message() string {
	for _, d := range b.Details {
		if m := d.message(); m != "" {
			return m
		}
	}
	if inner, ok := b.inside(); ok {
		return inner.message()
	}
	return firstLines(b.Message, 800)
}

// inside is the error that some providers pack, as JSON, into their message.
func (b errorBody) inside() (errorBody, bool) {
	var inner errorBody
	if !strings.HasPrefix(strings.TrimSpace(b.Message), "{") || json.Unmarshal([]byte(b.Message), &inner) != nil {
		return errorBody{}, false
	}
	for inner.Error != nil {
		inner = *inner.Error
	}
	return inner, inner.Code != "" || inner.Message != ""
}

// firstLines makes one line of a text, of at most so many bytes.
func firstLines(s string, limit int) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

// isCode reports whether an answer has one of these codes.
func isCode(err error, wanted ...string) bool {
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		return false
	}
	for _, c := range append(bodyOf(answer).codes(), answer.ErrorCode) {
		for _, w := range wanted {
			if strings.EqualFold(c, w) {
				return true
			}
		}
	}
	return false
}

// missing reports whether what an answer is about does not exist.
func missing(err error) bool {
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	return ok && answer.StatusCode == http.StatusNotFound && !isCode(err, "SubscriptionNotFound", "InvalidSubscriptionId")
}
