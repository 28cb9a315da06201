package azure

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// answer does what a request asks for, or refuses it. The fault is to be done
// to the connection.
func (c *Cloud) answer(q *request) (*reply, *sim.Fault) {
	if f := c.admit(q); f != nil {
		return failed(f).encode(), nil
	}
	var fault *sim.Fault
	if name := q.opName(); name != "" {
		fault = c.options.Script.Strike(name, q.nodes...)
	}
	refused := fault != nil && (fault.Code != "" || fault.Status != 0) && !fault.Later && !fault.Never
	cut := fault != nil && (fault.Reset || fault.Hang)
	if (refused || cut) && !fault.Lands {
		return failed(c.scripted(*fault)).encode(), fault
	}
	q.fault = fault
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.handle(q).encode()
	if refused {
		problems := r.problems
		r = failed(c.scripted(*fault)).encode()
		r.problems = problems
	}
	return r, fault
}

// admit is what Azure looks at before a resource provider sees a request.
func (c *Cloud) admit(q *request) *failure {
	if f := c.authenticate(q); f != nil {
		return f
	}
	if f := c.addressed(q); f != nil {
		return f
	}
	if q.polls() != "" {
		return nil
	}
	if f := c.authorize(q); f != nil {
		return f
	}
	return c.wellFormed(q)
}

// addressed checks the path and the version.
func (c *Cloud) addressed(q *request) *failure {
	if q.query.Get("api-version") == "" {
		return malformed("MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
	}
	if len(q.segments) > 1 && strings.EqualFold(q.segments[0], "subscriptions") && !strings.EqualFold(q.segments[1], Subscription) {
		if len(q.segments[1]) != len(Subscription) {
			return malformed("InvalidSubscriptionId", "The provided subscription identifier '%s' is malformed or invalid.", q.segments[1])
		}
		return refuse(http.StatusNotFound, "SubscriptionNotFound", "The subscription '%s' could not be found.", q.segments[1])
	}
	switch version := q.query.Get("api-version"); {
	case q.polls() != "":
		return nil
	case q.op == nil && c.schema.known(q.segments):
		f := malformed("MethodNotAllowed", "The HTTP method '%s' is not supported at '%s'.", q.method, q.path)
		f.Status = http.StatusMethodNotAllowed
		return f
	case q.op == nil:
		f := malformed("InvalidResourceType", "The resource type could not be found in the namespace '%s' for api version '%s': the simulated Azure knows no '%s'.",
			q.namespace(), version, q.path)
		f.Status = http.StatusNotFound
		return f
	case version != q.op.Version:
		return malformed("NoRegisteredProviderFound", "No registered resource provider found for location '%s' and API version '%s' for type '%s'. The supported api-versions are '%s'.",
			Location, version, typeOf(q.op), q.op.Version)
	}
	return nil
}

// wellFormed holds query and body against the schema.
func (c *Cloud) wellFormed(q *request) *failure {
	for name := range q.query {
		if name != "api-version" && !strings.EqualFold(name, "$skiptoken") && !contains(q.op.Query, name) {
			return malformed("InvalidQueryParameter", "The query parameter '%s' is unknown to %s.", name, q.op.Name)
		}
	}
	if q.bad != nil {
		return malformed("InvalidRequestContent", "The request content was invalid and could not be deserialized: '%s'.", q.bad)
	}
	if q.op.Body == "" {
		return nil
	}
	if q.body == nil {
		return malformed("InvalidRequestContent", "The request content is empty.")
	}
	if f := sound(q); f != nil {
		return f
	}
	if found := c.schema.check(q.body, q.op.Body); len(found) > 0 {
		return refusal(found, q.namespace())
	}
	return nil
}

// scripted is the refusal that a script wants, in Azure's form.
func (c *Cloud) scripted(fault sim.Fault) *failure {
	f := &failure{Status: fault.Status, Code: fault.Code, Message: fault.Message, Headers: map[string]string{}}
	switch {
	case f.Code == "" && f.Status == http.StatusTooManyRequests:
		f.Code = "TooManyRequests"
	case f.Code == "" && f.Status == http.StatusServiceUnavailable:
		f.Code = "ServerBusy"
	case f.Code == "":
		f.Code = "InternalServerError"
	}
	if f.Status == 0 {
		f.Status = statusOf(f.Code)
	}
	if f.Message == "" {
		f.Message = messageOf(f.Code, Subscription)
	}
	switch f.Status {
	case http.StatusUnauthorized:
		f.Headers["WWW-Authenticate"] = challenge("invalid_token", f.Message)
	case http.StatusTooManyRequests:
		f.Headers["x-ms-ratelimit-remaining-subscription-writes"] = "0"
		f.Headers["x-ms-ratelimit-remaining-resource"] = "Microsoft.Compute/PutVM3Min;0,Microsoft.Compute/PutVM30Min;0"
		f.with(failure{Code: "TooManyRequests", Target: "PutVM3Min", Message: "The request rate is above the limit of this operation."})
		f.Headers["Retry-After"] = "1"
	}
	if d := time.Duration(fault.RetryAfter); d > 0 {
		retryAfter(f.Headers, d)
	}
	return f
}

// retryAfter tells a client to wait: in whole seconds as Azure does, and in
// milliseconds where that would be more than it takes.
func retryAfter(h map[string]string, d time.Duration) {
	if d < time.Second {
		delete(h, "Retry-After")
		h["x-ms-retry-after-ms"] = strconv.FormatInt(max(d.Milliseconds(), 1), 10)
		return
	}
	h["Retry-After"] = strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// handle carries a request out. c.mu is held.
func (c *Cloud) handle(q *request) *reply {
	if id := q.polls(); id != "" {
		return c.poll(q, id)
	}
	if h := c.special[q.op.Name]; h != nil {
		return h(c, q)
	}
	if q.kind != nil && q.action == "" {
		switch q.method {
		case http.MethodPut:
			return c.put(q)
		case http.MethodGet, http.MethodHead:
			if q.id == "" {
				return c.list(q)
			}
			return c.get(q)
		case http.MethodDelete:
			return c.delete(q)
		case http.MethodPatch:
			return c.patch(q)
		}
	}
	f := malformed("NotImplemented", "The simulated Azure does not implement %s (%s %s).", q.op.Name, q.method, q.op.Path)
	f.Status = http.StatusNotImplemented
	return failed(f)
}

// typeOf is the resource type of an operation: "Microsoft.Compute/virtualMachines".
func typeOf(op *operation) string {
	s := split(op.Path)
	for i, part := range s {
		if part != "providers" || i+2 >= len(s) {
			continue
		}
		typ := []string{s[i+1]}
		for j := i + 2; j < len(s) && s[j][0] != '{'; j += 2 {
			if j == len(s)-1 && op.Method == http.MethodPost {
				break
			}
			typ = append(typ, s[j])
		}
		return strings.Join(typ, "/")
	}
	if len(s) > 2 {
		return groupType
	}
	return "Microsoft.Resources/subscriptions"
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if strings.EqualFold(e, s) {
			return true
		}
	}
	return false
}

func fakeUUID(parts ...string) string {
	h := hash(parts...)
	return fmt.Sprintf("%s-%s-4%s-8%s-%s", h[:8], h[8:12], h[13:16], h[17:20], h[20:32])
}
