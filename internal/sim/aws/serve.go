package aws

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// call is one request on its way through the cloud.
type call struct {
	service, op string
	model       *model
	region      *region
	in          object
	who         credential
	fault       *sim.Fault // that strikes it and lets it go on; or nil
	id          string     // of the request
}

// ServeHTTP answers one request as AWS would.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return
	}
	r.Header.Set("Content-Length", strconv.Itoa(len(body))) // the server took it out; it may be signed
	a := c.read(r, body)
	end := c.log.Begin(a.entry)
	status, code, problems := c.answer(w, r, a)
	for _, p := range a.problems {
		problems = append(problems, p.String())
	}
	end(status, code, problems...)
}

// answer judges a request, lets it have its effect and answers it.
func (c *Cloud) answer(w http.ResponseWriter, r *http.Request, a *arrival) (status int, code string, problems []string) {
	if c.o.Latency > 0 {
		c.rest(r.Context(), c.o.Latency)
	}
	refusal := c.judge(r, a)
	var f *sim.Fault
	if refusal == nil {
		f = c.o.Script.Strike(a.op, a.entry.Nodes...)
	}
	var answer []byte
	if refusal == nil {
		answer, refusal = c.perform(a, f)
		if refusal != nil && refusal.violation {
			problems = append(problems, refusal.Error())
		}
	}
	if f.Disrupt(w, r) {
		return 0, code, problems
	}
	header := w.Header()
	header.Set("Date", c.o.Now().UTC().Format(http.TimeFormat))
	header.Set("X-Amzn-Requestid", a.id)
	header.Set("Content-Type", "text/xml;charset=UTF-8")
	if a.service == serviceQuotas || a.service == pricing {
		header.Set("Content-Type", "application/x-amz-json-1.1")
	}
	status = http.StatusOK
	if refusal != nil {
		status, code = refusal.status, refusal.code
		answer = a.errorBody(refusal)
		if f != nil && f.RetryAfter > 0 {
			header.Set("Retry-After", strconv.Itoa(int((time.Duration(f.RetryAfter)+time.Second-1)/time.Second)))
		}
		if status == http.StatusBadRequest && header.Get("Content-Type") == "application/x-amz-json-1.1" {
			header.Set("X-Amzn-Errortype", code)
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer) // the client may be gone
	return status, code, problems
}

// judge is everything that is decided before a request reaches its operation.
func (c *Cloud) judge(r *http.Request, a *arrival) *failure {
	who, refusal := c.authenticate(r, a.body, a.service, a.signature)
	if refusal != nil {
		return refusal
	}
	a.who = who
	if a.refusal != nil {
		a.problems = append(a.problems, problem{unknownParameter, "Action", a.refusal.Error()})
		return a.refusal
	}
	if len(a.problems) > 0 {
		return a.invalid(a.problems[0])
	}
	if h, ok := c.ops[a.service+"."+a.op]; !ok || h.do == nil {
		a.problems = append(a.problems, problem{unknownParameter, "Action", "not implemented"})
		return notImplemented(a.op)
	}
	return c.permit(a)
}

// perform lets a request have its effect, unless a fault forbids it.
func (c *Cloud) perform(a *arrival, f *sim.Fault) ([]byte, *failure) {
	struck := struckBy(f)
	if struck != nil && !f.Lands {
		return nil, struck
	}
	a.fault = f
	if a.in.flag("DryRun", false) && a.op != "RunInstances" {
		return nil, dryRun()
	}
	h := c.ops[a.service+"."+a.op]
	lock, unlock := h.lock(&c.mu)
	lock()
	out, refusal := h.do(a.region, &a.call)
	unlock()
	if refusal != nil {
		return nil, refusal
	}
	if struck != nil {
		return nil, struck
	}
	answer, err := a.encode(out)
	if err != nil {
		bug := refuse("InternalError", "An internal error has occurred")
		bug.violation, bug.message = true, err.Error()
		return nil, bug
	}
	return answer, nil
}

func dryRun() *failure {
	return refuse("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
}
