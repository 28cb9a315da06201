package azure

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/ecluster/ecluster/providers"
)

// wayError says that nobody answered, or that it was not Azure who did.
type wayError struct {
	what, advice string
	kind         providers.Kind
	err          error
}

// Error names the trouble and the next action.
func (e *wayError) Error() string { return e.what + "; " + e.advice }

// Unwrap returns the SDK's error.
func (e *wayError) Unwrap() error { return e.err }

const (
	lookAtProxy   = "it seems to come from a proxy between or a login page of the network: check HTTPS_PROXY, NO_PROXY and endpoint"
	lookAtNetwork = "see that this machine reaches the Internet; behind a proxy, set HTTPS_PROXY"
	loginAtProxy  = "the proxy of HTTPS_PROXY wants a user and a password (http://USER:PASSWORD@HOST:PORT)"
)

// onTheWay returns what went wrong between here and Azure, nil when Azure
// itself refused or something else is the matter.
func onTheWay(err error) *wayError {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*wayError](err); ok {
		return known
	}
	if _, login := errors.AsType[*credentialError](err); login {
		return nil
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		if !foreign(answer) {
			return nil
		}
		return notAzure(answer.StatusCode, err)
	}
	if strings.HasPrefix(err.Error(), "unmarshalling type ") { // the SDK has no type for it
		return &wayError{what: "the answer could not be read and is not of Azure", advice: lookAtProxy, kind: providers.Permission, err: err}
	}
	request, ok := errors.AsType[*url.Error](err)
	if !ok || classifyPlain(err) != providers.Transient {
		return nil
	}
	if request.Err.Error() == http.StatusText(http.StatusProxyAuthRequired) { // all that net/http keeps of it
		return notAzure(http.StatusProxyAuthRequired, err)
	}
	host := request.URL
	if u, err := url.Parse(host); err == nil {
		host = u.Host
	}
	return &wayError{what: fmt.Sprintf("no answer from %s: %s", host, innermost(request.Err)), advice: lookAtNetwork, kind: providers.Transient, err: err}
}

// notAzure is an answer that somebody else gave.
func notAzure(status int, err error) *wayError {
	e := &wayError{what: fmt.Sprintf("the answer was HTTP %d and not of Azure", status), advice: lookAtProxy, kind: providers.Permission, err: err}
	switch {
	case status == http.StatusProxyAuthRequired:
		e.advice = loginAtProxy
	case status >= http.StatusInternalServerError:
		e.kind = providers.Transient
	}
	return e
}

// foreign reports whether an answer is not of Azure, who answers in JSON and
// marks each answer.
func foreign(e *azcore.ResponseError) bool {
	if e.StatusCode == http.StatusProxyAuthRequired {
		return true
	}
	data := content(e)
	return len(data) > 0 && !json.Valid(data) && e.RawResponse.Header.Get("x-ms-request-id") == ""
}

// innermost leaves out the layers that only tell addresses of this machine.
func innermost(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}
