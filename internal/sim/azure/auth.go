package azure

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

func challenge(code, text string) string {
	return `Bearer authorization_uri="https://login.microsoftonline.com/` + tenant + `", error="` + code + `", error_description="` + text + `"`
}

// authenticate accepts the one token that exists.
func (c *Cloud) authenticate(q *request) *failure {
	var f *failure
	switch token, bearer := strings.CutPrefix(q.header.Get("Authorization"), "Bearer "); {
	case q.header.Get("Authorization") == "":
		f = refuse(http.StatusUnauthorized, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
	case !bearer:
		f = refuse(http.StatusUnauthorized, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is provided in an invalid format.")
	case token != Token:
		f = refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is invalid.")
	default:
		return nil
	}
	f.Headers = map[string]string{"WWW-Authenticate": challenge("invalid_token", f.Message)}
	return f
}

// authorize refuses what sim.Options.Denied names.
func (c *Cloud) authorize(q *request) *failure {
	action := actionOf(q)
	if !c.denied(action) {
		return nil
	}
	return refuse(http.StatusForbidden, "AuthorizationFailed",
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
		client, client, action, strings.TrimSuffix(q.path, "/"+q.action))
}

// linked refuses the use of another resource, such as a subnet, that a
// request refers to.
func (c *Cloud) linked(q *request, action, scope string) *failure {
	if !c.denied(action) {
		return nil
	}
	return refuse(http.StatusForbidden, "LinkedAuthorizationFailed",
		"The client '%s' with object id '%s' has permission to perform action '%s' on scope '%s'; however, it does not have permission to perform action(s) '%s' on the linked scope(s) '%s' (respectively) or the linked scope(s) are invalid.",
		client, client, actionOf(q), q.path, action, scope)
}

// denied says whether the account lacks a permission; one of
// sim.Options.Denied may end in *.
func (c *Cloud) denied(action string) bool {
	for _, d := range c.options.Denied {
		prefix, pattern := strings.CutSuffix(lower(d), "*")
		if prefix == lower(action) || pattern && strings.HasPrefix(lower(action), prefix) {
			return true
		}
	}
	return false
}

// actionOf is the permission that a request needs.
func actionOf(q *request) string {
	typ := typeOf(q.op)
	switch q.method {
	case http.MethodPut, http.MethodPatch:
		return typ + "/write"
	case http.MethodDelete:
		return typ + "/delete"
	case http.MethodPost:
		return typ + "/" + last(strings.TrimSuffix(q.op.Path, "/")) + "/action"
	}
	return typ + "/read"
}

// hash is for names and numbers that Azure makes up; the same in each run.
func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
