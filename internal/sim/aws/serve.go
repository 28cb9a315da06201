package aws

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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

// maxBody is more than any request that AWS would read.
const maxBody = 1 << 20

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

// arrival is a request that has been read and not yet judged.
type arrival struct {
	call
	body      []byte
	signature signature
	problems  []problem
	refusal   *failure // there is no such operation
	entry     sim.Entry
}

// read finds out which operation of which service a request is for.
func (c *Cloud) read(r *http.Request, body []byte) *arrival {
	a := &arrival{body: body, signature: readSignature(r.Header.Get("Authorization"))}
	a.id = requestID()
	a.entry = sim.Entry{Method: r.Method, Path: r.URL.Path}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		c.readJSON(a, target)
	} else {
		c.readQuery(a, r)
	}
	a.entry.Op, a.entry.Token = a.op, a.in.str("ClientToken")
	if a.op == "RunInstances" {
		a.entry.Count = a.in.int("MaxCount", 0)
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if a.region = c.regions[a.signature.region]; a.region != nil {
		a.entry.Nodes = a.region.nodesOf(a.in)
	}
	return a
}

func (c *Cloud) readJSON(a *arrival, target string) {
	prefix, op, _ := strings.Cut(target, ".")
	for _, service := range []string{serviceQuotas, pricing} {
		if c.models[service].Metadata.TargetPrefix == prefix {
			a.service, a.model = service, c.models[service]
		}
	}
	if a.model == nil {
		a.service, a.refusal = serviceQuotas, violates("UnknownOperationException", "")
		return
	}
	o, known := a.model.Operations[op]
	switch {
	case !known:
		a.refusal = violates("UnknownOperationException", "")
		return
	case o.Input == nil:
		a.op, a.refusal = op, notImplemented(op)
		return
	}
	a.op = op
	d := &decoder{model: a.model}
	a.in = d.json(a.body, o.Input)
	a.problems = d.problems
}

func (c *Cloud) readQuery(a *arrival, r *http.Request) {
	form := url.Values{}
	if r.Method == http.MethodPost {
		if kind := r.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
			a.problems = append(a.problems, problem{wrongFormat, "Content-Type", strconv.Quote(kind)})
		}
		parsed, err := url.ParseQuery(string(a.body))
		if err != nil {
			a.problems = append(a.problems, problem{wrongFormat, "body", err.Error()})
		}
		form = parsed
	}
	for name, values := range r.URL.Query() {
		form[name] = append(form[name], values...)
	}
	a.entry.Path += "?" + withoutSecrets(form)
	a.service, a.model = ec2, c.models[ec2]
	version, op := form.Get("Version"), form.Get("Action")
	if version == c.models[sts].Metadata.APIVersion {
		a.service, a.model = sts, c.models[sts]
	}
	o, known := a.model.Operations[op]
	switch {
	case op == "":
		a.refusal = violates("MissingAction", "The request is missing an action or a required parameter.")
	case version != a.model.Metadata.APIVersion:
		a.refusal = violates("NoSuchVersion", "The requested version (%s) of service AmazonEC2 does not exist", version)
	case !known:
		a.refusal = violates("InvalidAction", "The action %s is not valid for this web service.", op)
	case o.Input == nil && a.service == ec2:
		a.op, a.refusal = op, notImplemented(op)
	default:
		a.op = op
		d := &decoder{model: a.model, member: a.service == sts, problems: a.problems}
		a.in = d.query(form, o.Input)
		a.problems = d.problems
	}
}

func notImplemented(op string) *failure {
	return violates("NotImplemented", "The simulated AWS does not know how to do %s.", op)
}

// withoutSecrets is a query fit to be read by anybody.
func withoutSecrets(form url.Values) string {
	shown := url.Values{}
	for name, values := range form {
		if name == "UserData" || strings.HasSuffix(name, "Token") && name != "ClientToken" && name != "NextToken" {
			values = []string{"***"}
		}
		shown[name] = values
	}
	return shown.Encode()
}

// answer judges a request, lets it have its effect and answers it.
func (c *Cloud) answer(w http.ResponseWriter, r *http.Request, a *arrival) (status int, code string, problems []string) {
	c.pause(r, c.o.Latency)
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

// invalid is how a service says what its schema has against a request.
func (a *call) invalid(p problem) *failure {
	switch a.service {
	case sts:
		if p.kind == missingParameter {
			return violates("ValidationError", "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", p.path)
		}
		return violates("ValidationError", "1 validation error detected: %s", p)
	case serviceQuotas:
		return violates("IllegalArgumentException", "%s", p)
	case pricing:
		return violates("InvalidParameterException", "%s", p)
	}
	switch p.kind {
	case unknownParameter:
		return violates("UnknownParameter", "The parameter %s is not recognized", p.path)
	case missingParameter:
		return missing(p.path)
	case wrongFormat:
		return violates("MalformedQueryString", "The query string is malformed: %s", p)
	}
	return violates("InvalidParameterValue", "Invalid value for %s", p)
}

// encode writes an answer in the protocol of the service.
func (a *call) encode(out object) ([]byte, error) {
	op := a.model.Operations[a.op]
	if a.service == serviceQuotas || a.service == pricing {
		answer, err := json.Marshal(plain(out))
		if err != nil {
			return nil, fmt.Errorf("answer %s: %w", a.op, err)
		}
		return answer, nil
	}
	e := &encoder{model: a.model, item: "item"}
	e.out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	fmt.Fprintf(&e.out, `<%sResponse xmlns="%s">`, a.op, a.model.Metadata.Namespace)
	s := &shape{}
	if op.Output != nil {
		s = a.model.Shapes[op.Output.Shape]
	}
	if a.service == sts {
		e.item = "member"
		fmt.Fprintf(&e.out, "<%s>", op.Output.ResultWrapper)
		if err := e.structure(out, s); err != nil {
			return nil, err
		}
		fmt.Fprintf(&e.out, "</%s><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>", op.Output.ResultWrapper, a.id)
	} else {
		fmt.Fprintf(&e.out, "<requestId>%s</requestId>", a.id)
		if op.Output == nil {
			e.out.WriteString("<return>true</return>")
		}
		if err := e.structure(out, s); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(&e.out, "</%sResponse>", a.op)
	return e.out.Bytes(), nil
}

// plain is a tree as JSON has it.
func plain(v any) any {
	switch v := v.(type) {
	case object:
		m := map[string]any{}
		for name, x := range v {
			if x != nil {
				m[name] = plain(x)
			}
		}
		return m
	case list:
		l := make([]any, len(v))
		for i, x := range v {
			l[i] = plain(x)
		}
		return l
	}
	return v
}

// errorBody writes a refusal in the protocol of the service.
func (a *call) errorBody(f *failure) []byte {
	var b bytes.Buffer
	text := func(s string) string {
		var e bytes.Buffer
		_ = xml.EscapeText(&e, []byte(s)) // a buffer takes everything
		return e.String()
	}
	switch a.service {
	case serviceQuotas, pricing:
		body, err := json.Marshal(map[string]string{"__type": f.code, "message": f.message})
		if err != nil {
			return nil
		}
		return body
	case sts:
		fmt.Fprintf(&b, `<ErrorResponse xmlns="%s"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>`,
			a.model.Metadata.Namespace, text(f.code), text(f.message), a.id)
	default:
		fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>`,
			text(f.code), text(f.message), a.id)
	}
	return b.Bytes()
}

func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	s := hex.EncodeToString(b[:])
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}
