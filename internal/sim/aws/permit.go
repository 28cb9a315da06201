package aws

import (
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/ecluster/ecluster/internal/sim"
)

// permit refuses what Options.Denied takes from the credentials. A request
// that also tags or passes a role needs the right to do that too.
func (c *Cloud) permit(a *arrival) *failure {
	needs := []string{a.service + ":" + a.op}
	if a.service == ec2 && a.op != "CreateTags" {
		for _, spec := range a.in.objs("TagSpecifications") {
			if len(spec.objs("Tags")) > 0 {
				needs = append(needs, "ec2:CreateTags")
				break
			}
		}
	}
	if a.in.has("IamInstanceProfile") {
		needs = append(needs, "iam:PassRole")
	}
	if a.service == sts && a.op == "GetCallerIdentity" {
		return nil // no policy can forbid it
	}
	for _, action := range needs {
		if !slices.Contains(c.o.Denied, action) {
			continue
		}
		text := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: arn:aws:%s:%s:%s:* "+
			"because no identity-based policy allows the %s action", a.who.arn, action, a.service, a.region.name, account, action)
		switch a.service {
		case ec2:
			return refuse("UnauthorizedOperation", "You are not authorized to perform this operation. %s. Encoded authorization failure message: %s",
				text, base64.RawURLEncoding.EncodeToString([]byte(a.id+a.id+a.id)))
		case sts:
			return refuse("AccessDenied", "%s", text)
		}
		return refuse("AccessDeniedException", "%s", text)
	}
	return nil
}

// struckBy is the answer of a fault that refuses its request, or nil.
func struckBy(f *sim.Fault) *failure {
	switch {
	case f == nil || f.Later || f.Never || f.Short > 0:
		return nil
	case f.Code == "" && f.Status == 0 && !f.Reset && !f.Hang:
		return nil
	}
	r := refuse(f.Code, "%s", f.Message)
	if f.Status != 0 {
		r.status = f.Status
	}
	if r.code == "" {
		r.code = "InternalError"
	}
	if r.message == "" {
		r.message = defaultMessage(r.code)
	}
	return r
}

// defaultMessage is what AWS says with the codes that scripts are about.
func defaultMessage(code string) string {
	switch code {
	case "RequestLimitExceeded":
		return "Request limit exceeded."
	case "InternalError":
		return "An internal error has occurred"
	case "Unavailable", "ServiceUnavailable":
		return "The server is overloaded and can't handle the request."
	case "AuthFailure":
		return "AWS was not able to validate the provided access credentials"
	case "ExpiredToken", "ExpiredTokenException":
		return "The security token included in the request is expired"
	case "RequestExpired":
		return "Request has expired."
	case "InsufficientInstanceCapacity":
		return "Insufficient capacity."
	case "VcpuLimitExceeded":
		return vcpuMessage(0)
	case "UnauthorizedOperation":
		return "You are not authorized to perform this operation."
	}
	return "The request failed with " + code + "."
}
