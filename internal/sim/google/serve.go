package google

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// bodyLimit is more than any valid request has.
const bodyLimit = 4 << 20

// request is one call of a method, found valid by the schema.
type request struct {
	http   *http.Request
	method *method
	params map[string]string
	query  url.Values
	raw    []byte
	body   object
	fault  *sim.Fault
}

// project, where and name are what the path says: "zones/us-central1-a",
// "regions/us-central1" or "global", and the name of the resource.
func (r *request) project() string { return r.params["project"] }

func (r *request) where() string {
	switch {
	case r.params["zone"] != "":
		return "zones/" + r.params["zone"]
	case r.params["region"] != "":
		return "regions/" + r.params["region"]
	}
	return "global"
}

// ServeHTTP answers as compute.googleapis.com does.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r := &request{http: req, query: req.URL.Query()}
	if path, is := strings.CutPrefix(req.URL.Path, prefix); is {
		r.method, r.params = c.doc.find(req.Method, path)
	}
	var err error
	if r.raw, err = io.ReadAll(io.LimitReader(req.Body, bodyLimit)); err != nil {
		return // the client broke off
	}
	entry := sim.Entry{Method: req.Method, Path: loggable(req.URL), Token: r.query.Get("requestId")}
	if r.method != nil {
		entry.Op = r.method.ID
		entry.Nodes, entry.Count = c.concerns(r)
	}
	end := c.log.Begin(entry)
	if !c.sleep(req, c.o.Latency) {
		end(0, "")
		return
	}
	answer, problems, err := c.answer(r, entry.Nodes)
	if r.fault.Disrupt(w, req) {
		end(0, "", problems...)
		return
	}
	status, code := http.StatusOK, ""
	if refused, is := errors.AsType[*apiError](err); is {
		status, code, answer = refused.status, refused.reason, refused.body()
		problems = append(problems, refused.problems...)
		if refused.retry > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int((refused.retry+time.Second-1)/time.Second)))
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	// A client that does not wait for its answer is none of our business.
	_ = json.NewEncoder(w).Encode(answer)
	end(status, code, problems...)
}

// answer judges a request and carries it out. Its error is an *apiError.
func (c *Cloud) answer(r *request, nodes []string) (_ any, problems []string, _ error) {
	if r.method == nil {
		message := "The requested URL " + r.http.URL.Path + " was not found on this server."
		return nil, nil, &apiError{status: http.StatusNotFound, reason: "notFound", message: message, problems: []string{message}}
	}
	if e := authenticate(r.http); e != nil {
		return nil, nil, e
	}
	if e := c.doc.checkParams(r.method, r.params, r.query); e != nil {
		return nil, nil, e
	}
	body, problems, e := c.doc.checkBody(r.method, r.raw)
	if e != nil {
		return nil, problems, e
	}
	r.body = body
	if alt := r.query.Get("alt"); alt != "" && alt != "json" {
		return nil, problems, unimplemented("alt=" + alt)
	}
	h, has := c.handlers[r.method.ID]
	if !has {
		return nil, problems, unimplemented(r.method.ID)
	}
	if e := c.admit(r); e != nil {
		return nil, problems, e
	}
	r.fault = c.o.Script.Strike(r.method.ID, nodes...)
	refusal := faultError(r)
	cut := r.fault != nil && (refusal != nil || r.fault.Reset || r.fault.Hang)
	if cut && !r.fault.Lands {
		return nil, problems, asError(refusal)
	}
	v, err := c.handle(h, r)
	if err == nil {
		v, err = selectFields(c.doc, r, v)
	}
	if refusal != nil {
		err = refusal
	}
	return v, problems, err
}

// asError keeps a nil pointer from becoming an error.
func asError(e *apiError) error {
	if e == nil {
		return nil
	}
	return e
}

// replay is what a requestId has led to.
type replay struct {
	what [sha256.Size]byte
	op   *record
}

// handle runs a handler under the lock that it wants. A request that was
// carried out before is answered with what came of it.
func (c *Cloud) handle(h handler, r *request) (any, error) {
	switch h.lock {
	case lockNone:
		return h.run(c, r)
	case lockRead:
		c.mu.RLock()
		defer c.mu.RUnlock()
		return h.run(c, r)
	case lockWrite:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, &apiError{status: http.StatusServiceUnavailable, reason: "backendError", message: "The service is currently unavailable."}
	}
	id := r.query.Get("requestId")
	if id == "" {
		return c.mutate(h, r)
	}
	if !uuid.MatchString(id) || strings.Trim(id, "0-") == "" {
		return nil, invalid("requestId", id, "Must be a valid UUID.")
	}
	what := sha256.Sum256([]byte(r.method.ID + "\x00" + r.http.URL.Path + "\x00" + string(r.raw)))
	if before := c.requests[id]; before != nil {
		if before.what != what {
			return nil, invalid("requestId", id, "The request ID was used before, by a request that was different.")
		}
		return before.op.obj, nil
	}
	op, err := c.mutate(h, r)
	if err == nil {
		if rec := c.operation(op); rec != nil {
			c.requests[id] = &replay{what: what, op: rec}
		}
	}
	return op, err
}

func (c *Cloud) mutate(h handler, r *request) (any, error) {
	if e := c.checkPlace(r); e != nil {
		return nil, e
	}
	return h.run(c, r)
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// loggable is a path without credentials.
func loggable(u *url.URL) string {
	q := u.Query()
	for _, secret := range []string{"access_token", "oauth_token", "key"} {
		q.Del(secret)
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}
