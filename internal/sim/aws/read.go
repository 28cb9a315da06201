package aws

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/sim"
)

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

// maxBody is more than any request that AWS would read.
const maxBody = 1 << 20
