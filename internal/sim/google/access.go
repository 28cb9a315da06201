package google

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// authenticate holds the credentials of a request against the only ones that
// are good.
func authenticate(r *http.Request) *apiError {
	token := r.URL.Query().Get("access_token")
	if header, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); is {
		token = header
	}
	switch token {
	case AccessToken:
		return nil
	case "":
		return unauthenticated("required", "Login Required.", "CREDENTIALS_MISSING",
			"Request is missing required authentication credential.")
	}
	return unauthenticated("authError", "Invalid Credentials", "ACCESS_TOKEN_EXPIRED",
		"Request had invalid authentication credentials.")
}

func unauthenticated(reason, short, detail, why string) *apiError {
	return &apiError{
		status: http.StatusUnauthorized, reason: reason, rpc: "UNAUTHENTICATED", location: "Authorization", short: short,
		message: why + " Expected OAuth 2 access token, login cookie or other valid authentication credential. " +
			"See https://developers.google.com/identity/sign-in/web/devconsole-project.",
		details: []any{errorInfo(detail, "googleapis.com", object{"service": "compute.googleapis.com"})},
	}
}

func errorInfo(reason, domain string, metadata object) object {
	return object{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": domain, "metadata": metadata}
}

// serviceDisabled is the answer of a project where the API is not enabled.
func serviceDisabled() *apiError {
	page := "https://console.developers.google.com/apis/api/compute.googleapis.com/overview?project=" + ProjectNumber
	return &apiError{
		status: http.StatusForbidden, reason: "accessNotConfigured", domain: "usageLimits", rpc: "PERMISSION_DENIED",
		message: fmt.Sprintf("Compute Engine API has not been used in project %s before or it is disabled. Enable it by visiting %s then retry. "+
			"If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.", ProjectNumber, page),
		details: []any{
			object{"@type": "type.googleapis.com/google.rpc.Help", "links": []any{object{"description": "Google developers console API activation", "url": page}}},
			errorInfo("SERVICE_DISABLED", "googleapis.com", object{
				"service": "compute.googleapis.com", "serviceTitle": "Compute Engine API", "consumer": "projects/" + ProjectNumber,
			}),
		},
	}
}

// admit checks that the project exists and that the caller may do this in it.
func (c *Cloud) admit(r *request) *apiError {
	project := r.project()
	switch {
	case project == Project || project == ProjectNumber:
		r.params["project"] = Project
	case r.method.resource() == "images" && r.method.HTTPMethod == http.MethodGet && slices.Contains(imageProjects(), project):
		return nil // what everybody may read
	case r.method.ID == "compute.projects.get":
		return notFound("projects/" + project)
	default:
		return &apiError{status: http.StatusNotFound, reason: "notFound", message: "Failed to find project " + project}
	}
	if e := c.permit(permission(r.method), c.target(r)); e != nil {
		return e
	}
	// A rule changes the network that it is for.
	if r.method.resource() == "firewalls" && r.method.HTTPMethod != http.MethodGet {
		return c.permit("compute.networks.updatePolicy", c.target(r))
	}
	return nil
}

// permit checks one permission.
func (c *Cloud) permit(permission, path string) *apiError {
	if slices.Contains(c.o.Denied, permission) {
		return forbidden(permission, path)
	}
	return nil
}

// permission is the one that a method asks for first.
func permission(m *method) string {
	resource, verb := m.resource(), m.verb()
	switch verb {
	case "insert", "bulkInsert":
		verb = "create"
	case "aggregatedList":
		verb = "list"
	case "wait":
		verb = "get"
	case "patch":
		verb = "update"
	}
	if resource == "regionInstances" {
		resource = "instances"
	}
	return "compute." + resource + "." + verb
}

// target is what a refusal names: the resource, or the project for requests
// that concern none.
func (c *Cloud) target(r *request) string {
	coll, has := collections[r.method.resource()]
	if !has {
		return "projects/" + r.project()
	}
	name := r.params[coll.param]
	if name == "" {
		name = text(r.body, "name")
	}
	if name == "" {
		return "projects/" + r.project()
	}
	return coll.path(r.project(), r.where(), name)
}
