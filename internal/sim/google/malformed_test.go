package google_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/google"
)

// send makes a request by hand, as no client of Google's would.
func (r *rig) send(method, path, body string) (status int, reason, message string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://sim/compute/v1/"+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := r.RoundTrip(req)
	if err != nil {
		r.t.Fatal(err)
	}
	data, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	var answer struct {
		Error struct {
			Code    int
			Message string
			Errors  []struct{ Domain, Reason, Message string }
		}
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		r.t.Fatal(err)
	}
	if len(answer.Error.Errors) > 0 {
		reason = answer.Error.Errors[0].Reason
		if answer.Error.Code != res.StatusCode || answer.Error.Errors[0].Domain == "" || answer.Error.Errors[0].Message == "" {
			r.t.Errorf("answer %s", data)
		}
	}
	return res.StatusCode, reason, answer.Error.Message
}

// valid is a body that the tests spoil.
const valid = `{"name": "n", "machineType": "zones/us-central1-a/machineTypes/n2-standard-2",
	"disks": [{"boot": true, "autoDelete": true, "initializeParams": {"sourceImage": "projects/debian-cloud/global/images/family/debian-13"}}],
	"networkInterfaces": [{}], "scheduling": {}, "metadata": {"items": []}, "tags": {"items": []}, "labels": {}}`

// Every kind of violation is refused as the cloud would, and noted.
func TestMalformed(t *testing.T) {
	const (
		project   = "projects/" + google.Project
		instances = project + "/zones/us-central1-a/instances"
		firewalls = project + "/global/firewalls"
	)
	for _, test := range []struct {
		name         string
		method, path string // POST instances when empty
		old, new     string // in valid
		body         string // instead of valid
		status       int
		reason       string
		message      string // a part of it
	}{
		{name: "path unknown", method: "GET", path: project + "/zones/us-central1-a/machines", status: 404, reason: "notFound", message: "was not found on this server"},
		{name: "method unknown", method: "PUT", path: instances, status: 404, reason: "notFound"},
		{name: "not implemented", method: "GET", path: project + "/global/urlMaps", status: 501, reason: "notImplemented", message: "compute.urlMaps.list"},
		{name: "query parameter unknown", path: instances + "?request_id=1", status: 400, reason: "badRequest", message: `Unknown name "request_id": Cannot bind query parameter`},
		{name: "query parameter of wrong type", method: "GET", path: instances + "?maxResults=many", status: 400, reason: "badRequest", message: "Invalid value at 'max_results' (TYPE_UINT32)"},
		{name: "query parameter out of range", method: "GET", path: instances + "?maxResults=501", status: 400, reason: "invalid", message: "less than or equal to 500"},
		{name: "query parameter twice", method: "GET", path: instances + "?filter=a&filter=b", status: 400, reason: "badRequest"},
		{name: "query parameter of wrong enum", method: "GET", path: instances + "?$.xgafv=3", status: 400, reason: "invalid"},
		{name: "query parameter missing", method: "POST", path: instances + "/n/setDiskAutoDelete?autoDelete=true", status: 400, reason: "required", message: "Required field 'deviceName'"},
		{name: "path parameter of wrong pattern", method: "GET", path: instances + "/Compute001", status: 400, reason: "invalid", message: "Must be a match of regex"},
		{name: "pattern matches a part only", method: "GET", path: instances + "/compute001-", status: 400, reason: "invalid", message: "Must be a match of regex"},
		{name: "request id", path: instances + "?requestId=once", status: 400, reason: "invalid", message: "UUID"},
		{name: "request id of zeros", path: instances + "?requestId=00000000-0000-0000-0000-000000000000", status: 400, reason: "invalid", message: "UUID"},
		{name: "filter", method: "GET", path: instances + "?filter=name%20is%20x", status: 400, reason: "invalid", message: "Invalid list filter expression."},
		{name: "filter of an unknown field", method: "GET", path: instances + "?filter=label.x%3Dy", status: 400, reason: "invalid", message: "Invalid list filter expression."},
		{name: "filter of two languages", method: "GET", path: instances + "?filter=name%20eq%20x%20labels.x%3Dy", status: 400, reason: "invalid", message: "Invalid list filter expression."},
		{name: "order", method: "GET", path: instances + "?orderBy=size", status: 400, reason: "invalid"},
		{name: "page token", method: "GET", path: instances + "?pageToken=!", status: 400, reason: "invalid"},
		{name: "fields", method: "GET", path: instances + "?fields=items(nam)", status: 400, reason: "invalidParameter", message: "Invalid field selection items/nam"},
		{name: "body is no JSON", body: `{"name": `, status: 400, reason: "badRequest", message: "Invalid JSON payload received."},
		{name: "body is a list", body: `[]`, status: 400, reason: "badRequest", message: "Invalid value at 'resource'"},
		{name: "body where none belongs", method: "GET", path: instances, body: `{}`, status: 400, reason: "badRequest"},
		{name: "field unknown", old: `"name": "n"`, new: `"name": "n", "machine_type": "x"`, status: 400, reason: "badRequest", message: `Unknown name "machine_type" at 'resource': Cannot find field.`},
		{name: "field unknown within", old: `"boot": true`, new: `"boot": true, "size": 1`, status: 400, reason: "badRequest", message: `Unknown name "size" at 'resource.disks[0]': Cannot find field.`},
		{name: "text for a truth", old: `"autoDelete": true`, new: `"autoDelete": "yes"`, status: 400, reason: "badRequest", message: `Invalid value at 'resource.disks[0].auto_delete' (TYPE_BOOL), "yes"`},
		{name: "number for a text", old: `"name": "n"`, new: `"name": 7`, status: 400, reason: "badRequest", message: "(TYPE_STRING), 7"},
		{name: "number too large", old: `"boot": true`, new: `"boot": true, "index": 4294967296`, status: 400, reason: "badRequest", message: "(TYPE_INT32)"},
		{name: "int64 that is none", old: `"boot": true`, new: `"boot": true, "diskSizeGb": "10GB"`, status: 400, reason: "badRequest", message: "(TYPE_INT64)"},
		{name: "object for a list", old: `"items": []}, "tags"`, new: `"items": {}}, "tags"`, status: 400, reason: "badRequest", message: "Invalid value at 'resource.metadata.items'"},
		{name: "text for an object", old: `"scheduling": {}`, new: `"scheduling": "SPOT"`, status: 400, reason: "badRequest", message: "Invalid value at 'resource.scheduling'"},
		{name: "bytes that are none", old: `"labels": {}`, new: `"labelFingerprint": "?"`, status: 400, reason: "badRequest", message: "(TYPE_BYTES)"},
		{name: "label that is no text", old: `"labels": {}`, new: `"labels": {"a": 1}`, status: 400, reason: "badRequest", message: "(TYPE_STRING), 1"},
		{name: "enum", old: `"scheduling": {}`, new: `"scheduling": {"provisioningModel": "CHEAP"}`, status: 400, reason: "invalid", message: "resource.scheduling.provisioningModel"},
		{name: "pattern", old: `"name": "n"`, new: `"name": "Node_1"`, status: 400, reason: "invalid", message: "Invalid value for field 'resource.name': 'Node_1'. Must be a match of regex"},
		{name: "name too long", old: `"name": "n"`, new: `"name": "` + strings.Repeat("n", 64) + `"`, status: 400, reason: "invalid", message: "regex"},
		{name: "required by the schema", old: `"name": "n", `, status: 400, reason: "required", message: "Required field 'resource.name' not specified"},
		{name: "machine type missing", old: `"machineType"`, new: `"description"`, status: 400, reason: "required"},
		{name: "machine type is no URL", old: `zones/us-central1-a/machineTypes/`, status: 400, reason: "invalid", message: "The URL is malformed."},
		{name: "machine type of another zone", old: `zones/us-central1-a/m`, new: `zones/us-central1-b/m`, status: 400, reason: "invalid"},
		{name: "label key", old: `"labels": {}`, new: `"labels": {"Cluster": "x"}`, status: 400, reason: "invalid", message: "Label key 'Cluster' violates format constraints"},
		{name: "label value", old: `"labels": {}`, new: `"labels": {"a": "x.y"}`, status: 400, reason: "invalid", message: "Label value 'x.y' violates format constraints"},
		{name: "label value too long", old: `"labels": {}`, new: `"labels": {"a": "` + strings.Repeat("x", 64) + `"}`, status: 400, reason: "invalid", message: "at most 63"},
		{name: "metadata key", old: `"metadata": {"items": []}`, new: `"metadata": {"items": [{"key": "user data", "value": ""}]}`, status: 400, reason: "invalid", message: "resource.metadata.items[0].key"},
		{name: "metadata key twice", old: `"metadata": {"items": []}`, new: `"metadata": {"items": [{"key": "a", "value": ""}, {"key": "a", "value": ""}]}`, status: 400, reason: "invalid", message: "duplicate"},
		{name: "metadata too large", old: `"metadata": {"items": []}`, new: `"metadata": {"items": [{"key": "a", "value": "` + strings.Repeat("x", 256<<10+1) + `"}]}`, status: 400, reason: "invalid", message: "too large"},
		{name: "tag", old: `"tags": {"items": []}`, new: `"tags": {"items": ["Front_End"]}`, status: 400, reason: "invalid", message: "resource.tags.items[0]"},
		{name: "spot that restarts", old: `"scheduling": {}`, new: `"scheduling": {"provisioningModel": "SPOT", "automaticRestart": true}`, status: 400, reason: "invalid", message: "preemptible"},
		{name: "run time too short", old: `"scheduling": {}`, new: `"scheduling": {"instanceTerminationAction": "DELETE", "maxRunDuration": {"seconds": "5"}}`, status: 400, reason: "invalid", message: "maxRunDuration"},
		{name: "run time without an end", old: `"scheduling": {}`, new: `"scheduling": {"maxRunDuration": {"seconds": "3600"}}`, status: 400, reason: "required", message: "instanceTerminationAction"},
		{name: "GPU that migrates", old: `n2-standard-2",`, new: `n1-standard-2", "guestAccelerators": [{"acceleratorType": "zones/us-central1-a/acceleratorTypes/nvidia-tesla-t4", "acceleratorCount": 1}],`, status: 400, reason: "invalid", message: "live migration"},
		{name: "no disk", old: `"disks"`, new: `"serviceAccounts": [], "disks": [], "x"`, status: 400, reason: "badRequest"},
		{name: "disk too small", old: `"initializeParams": {`, new: `"initializeParams": {"diskSizeGb": "5", `, status: 400, reason: "invalid", message: "smaller than the image size"},
		{name: "disk with two origins", old: `"boot": true`, new: `"boot": true, "source": "zones/us-central1-a/disks/d"`, status: 400, reason: "invalid", message: "Exactly one"},
		{name: "no network interface", old: `"networkInterfaces": [{}]`, new: `"networkInterfaces": []`, status: 400, reason: "required"},
		{name: "service account without scopes", old: `"labels": {}`, new: `"serviceAccounts": [{"email": "default"}]`, status: 400, reason: "invalid", message: "scope"},
		{name: "firewall without rules", path: firewalls, body: `{"name": "f"}`, status: 400, reason: "required", message: "resource.allowed"},
		{name: "firewall with a bad range", path: firewalls, body: `{"name": "f", "allowed": [{"IPProtocol": "tcp"}], "sourceRanges": ["everywhere"]}`, status: 400, reason: "invalid", message: "resource.sourceRanges[0]"},
		{name: "firewall with a bad port", path: firewalls, body: `{"name": "f", "allowed": [{"IPProtocol": "tcp", "ports": ["ssh"]}]}`, status: 400, reason: "invalid", message: "resource.allowed[0].ports[0]"},
		{name: "firewall with ports of icmp", path: firewalls, body: `{"name": "f", "allowed": [{"IPProtocol": "icmp", "ports": ["1"]}]}`, status: 400, reason: "invalid"},
		{name: "legacy network", path: project + "/global/networks", body: `{"name": "n"}`, status: 400, reason: "badRequest", message: "Legacy networks"},
		{name: "subnetwork range", path: project + "/regions/us-central1/subnetworks", body: `{"name": "s", "network": "global/networks/default", "ipCidrRange": "10.0.0.1/8"}`, status: 400, reason: "invalid", message: "CIDR"},
		{name: "policy of two kinds", path: project + "/regions/us-central1/resourcePolicies", body: `{"name": "p", "groupPlacementPolicy": {}, "instanceSchedulePolicy": {}}`, status: 400, reason: "invalid", message: "Exactly one"},
		{name: "router without a network", path: project + "/regions/us-central1/routers", body: `{"name": "r"}`, status: 400, reason: "required"},
		{name: "image without a source", path: project + "/global/images", body: `{"name": "i"}`, status: 400, reason: "invalid", message: "Exactly one source"},
		{name: "disk without a size", path: project + "/zones/us-central1-a/disks", body: `{"name": "d"}`, status: 400, reason: "required"},
	} {
		t.Run(test.name, func(t *testing.T) {
			simulate(t, sim.Options{}, func(r *rig) {
				method, path, body := "POST", instances, valid
				if test.path != "" {
					path = test.path
				}
				if test.method != "" {
					method, body = test.method, ""
				}
				if test.old != "" {
					if body = strings.Replace(valid, test.old, test.new, 1); body == valid {
						t.Fatalf("nothing to replace")
					}
				}
				if test.body != "" {
					body = test.body
				}
				status, reason, message := r.send(method, path, body)
				if status != test.status || reason != test.reason || !strings.Contains(message, test.message) {
					t.Errorf("refused with %d %s: %s", status, reason, message)
				}
				if len(r.cloud.Log().Problems()) != 1 {
					t.Errorf("the log has no problem")
				}
				if left := r.inventory(); left != "" {
					t.Errorf("it made %s", left)
				}
			})
		})
	}
}

// What only the cloud may set is overlooked, as the cloud does, but noted.
func TestReadOnlyFields(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second}, func(r *rig) {
		status, _, message := r.send("POST", "projects/"+google.Project+"/zones/"+zone+"/instances", strings.Replace(valid, `"name": "n"`, `"name": "n", "status": "RUNNING"`, 1))
		if status != 200 {
			t.Errorf("%d: %s", status, message)
		}
		if got := r.get("n").Status; got == "RUNNING" {
			t.Error("the client set the status")
		}
		if p := r.cloud.Log().Problems(); len(p) != 1 || p[0].Problems[0] != "resource.status is for the cloud to set" {
			t.Errorf("problems %+v", p)
		}
	})
}

func TestWellFormed(t *testing.T) {
	simulate(t, sim.Options{}, func(r *rig) {
		if status, _, message := r.send("POST", "projects/"+google.Project+"/zones/"+zone+"/instances", valid); status != 200 {
			t.Errorf("%d: %s", status, message)
		}
		r.clean()
	})
}

func TestCredentials(t *testing.T) {
	simulate(t, sim.Options{}, func(r *rig) {
		for token, want := range map[string]string{"": "401 required", "wrong": "401 authError", google.AccessToken: "<nil>"} {
			r.token = token
			if got := refused(r, r.api.Zones.List(google.Project)); got != want {
				t.Errorf("token %q: %s", token, got)
			}
		}
		r.token = google.AccessToken
		if got := refused(r, r.api.Projects.Get("other")); got != "404 notFound" {
			t.Errorf("another project: %s", got)
		}
		r.clean()
	})
}
