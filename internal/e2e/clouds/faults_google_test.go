package clouds

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
	simgoogle "github.com/ecluster/ecluster/internal/sim/google"
	"github.com/ecluster/ecluster/internal/sim/local"
)

const insert = "compute.instances.insert"

func TestFaultsGoogle(t *testing.T) {
	t.Parallel()
	twoZones := map[string]string{"zone": "", "zones": `["us-central1-a", "us-central1-b"]`}
	withKey := map[string]string{"access_token": "", "credentials_file": `env("KEY")`}
	table := []fault{
		// Credentials.
		{name: "credentials-expired", provider: map[string]string{"access_token": `env("STALE")`}, prepare: stale, status: 8},
		{name: "credentials-missing", provider: map[string]string{"access_token": ""}, status: 8},
		{name: "credentials-no-file", provider: map[string]string{"access_token": "", "credentials_file": `"/nowhere/key.json"`}, status: 8},
		{name: "credentials-garbage", provider: withKey, prepare: keyFile("", ""), status: 8},
		{name: "credentials-revoked", provider: withKey, prepare: keyFile("invalid_grant", "Invalid grant: account not found"), status: 8},
		{name: "credentials-clock-skew", provider: withKey, prepare: keyFile("invalid_grant",
			"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."), status: 8},
		{name: "credentials-expire-later", faults: []sim.Fault{{Op: insert, Node: "compute002", Times: -1, Code: "ACCESS_TOKEN_EXPIRED"}}, status: 8},

		// The project and what it may do.
		{name: "project-wrong", provider: map[string]string{"project": `"no-such-project"`}, status: 8},
		{name: "project-missing", provider: map[string]string{"project": ""}, status: 8},
		{name: "api-disabled", faults: []sim.Fault{{Op: "compute.projects.get", Times: -1, Code: "SERVICE_DISABLED"}}, status: 8},
		{name: "billing-disabled", faults: []sim.Fault{{
			Op: "compute.networks.insert", Times: -1, Status: 403, Code: "BILLING_DISABLED",
			Message: "This API method requires billing to be enabled. Please enable billing on project #732011440981.",
		}}, status: 8},
		{name: "permission-check", cloud: sim.Options{Denied: []string{"compute.projects.get"}}, status: 8},
		{name: "permission-quota", cloud: sim.Options{Denied: []string{"compute.regions.get"}}, args: []string{"plan", "c"}},
		{name: "permission-firewall", cloud: sim.Options{Denied: []string{"compute.firewalls.create"}}, status: 8},
		{name: "permission-launch", nodes: 1, cloud: sim.Options{Denied: []string{"compute.instances.create"}}, status: 8},
		{name: "permission-guest-attributes", nodes: 1, faults: []sim.Fault{{Op: "compute.instances.getGuestAttributes", Node: "compute001", Times: -1, Code: "forbidden", Message: "Required 'compute.instances.getGuestAttributes' permission for 'projects/ecluster-sim/zones/us-central1-a/instances/compute001'"}}, status: 8},
		{name: "permission-delete", before: started(sim.Fault{Op: "compute.instances.delete", Times: -1, Code: "forbidden"}), args: stopC, status: 8},

		// Names.
		{name: "zone-unknown", provider: map[string]string{"zone": `"us-central1-e"`}, status: 8},
		{name: "zone-misspelt", provider: map[string]string{"zone": `"us-centrall-a"`}, status: 3},
		{name: "machine-type-unknown", replace: []string{"n2-standard-4", "n2-standrad-4"}, status: 8},
		{name: "machine-type-not-here", replace: []string{"n2-standard-4", "t2a-standard-4"}, provider: map[string]string{"zone": `"us-central1-c"`}, status: 8},
		{name: "image-unknown-alias", replace: []string{"debian-13", "debain-13"}, status: 8},
		{name: "image-unknown-family", replace: []string{"debian-13", "family/my-image"}, status: 8},
		{name: "image-other-architecture", replace: []string{"debian-13", "projects/debian-cloud/global/images/debian-13-trixie-arm64-v20261013"}, status: 8},
		{name: "network-unknown", provider: map[string]string{"network": `"no-such-net"`}, status: 8},
		{name: "subnetwork-unknown", provider: map[string]string{"network": `"default"`, "subnetwork": `"no-such-subnet"`}, status: 8},

		// Room.
		{name: "quota-check", cloud: sim.Options{Quota: map[string]int{"N2_CPUS": 6, "IN_USE_ADDRESSES": 2}}, status: 8},
		{name: "quota-race", faults: []sim.Fault{{
			Op: insert, Node: "compute002", Code: "QUOTA_EXCEEDED", Later: true, Message: "Quota 'N2_CPUS' exceeded.  Limit: 6.0 in region us-central1.",
		}}, status: 8},
		{name: "stock-out-one-zone", provider: twoZones, cloud: sim.Options{Stock: map[string]int{"us-central1-a/n2-standard-4": 0}}},
		{name: "stock-out-all-zones", nodes: 1, provider: twoZones, cloud: sim.Options{Stock: map[string]int{
			"us-central1-a/n2-standard-4": 0, "us-central1-b/n2-standard-4": 0,
		}}, status: 8},

		// Stumbling.
		{name: "throttled", faults: []sim.Fault{{Op: insert, Node: "compute002", Times: -1, Code: "rateLimitExceeded"}}, status: 8},
		{name: "server-error", faults: []sim.Fault{{Op: insert, Node: "compute002", Times: 2, Status: 500}}, after: oneMachineEach},
		{name: "server-error-lands", faults: []sim.Fault{{Op: insert, Node: "compute002", Status: 503, Lands: true}}, after: oneMachineEach},
		{name: "server-error-always", faults: []sim.Fault{{Op: insert, Node: "compute002", Times: -1, Status: 503}}, status: 8},
		{name: "reset-landed", faults: []sim.Fault{{Op: insert, Node: "compute001", Reset: true, Lands: true}, {Op: insert, Node: "compute002", Reset: true, Lands: true}}, after: oneMachineEach},
		{name: "operation-fails", faults: []sim.Fault{{Op: insert, Node: "compute002", Later: true, Code: "INTERNAL_ERROR"}}, status: 8},
		{name: "operation-never-ends", args: []string{"start", "c", "--boot-timeout", "8s"}, faults: []sim.Fault{{Op: insert, Node: "compute002", Never: true}}, status: 1},

		// Machines.
		{name: "machine-breaks", fates: []sim.Fate{{Node: "compute002", Event: sim.Break}}, status: 8},
		{name: "machine-mute", args: []string{"start", "c", "--boot-timeout", "8s"}, fates: []sim.Fate{{Node: "compute002", Event: sim.Mute}}, status: 1},
		{
			name: "spot-reclaimed", group: "spot = true", local: local.Options{StepTime: 400 * time.Millisecond},
			fates: []sim.Fate{{Node: "compute002", Event: sim.Reclaim, After: sim.Duration(2 * time.Second)}}, status: 1,
		},
		{
			name: "machine-dies", local: local.Options{StepTime: 400 * time.Millisecond},
			fates: []sim.Fate{{Node: "compute002", Event: sim.Die, After: sim.Duration(2 * time.Second)}}, status: 1,
		},

		// The way back.
		{name: "in-use-for-a-while", before: started(sim.Fault{Op: "compute.networks.delete", Times: 2, Code: "resourceInUseByAnotherResource", Message: netInUse}), args: stopC},
		{name: "in-use-for-ever", before: started(sim.Fault{Op: "compute.networks.delete", Times: -1, Code: "resourceInUseByAnotherResource", Message: netInUse}), args: stopC, status: 8},
		{name: "machine-vanished-stop", before: vanished, args: stopC},
		{name: "machine-vanished-start", before: vanished, args: []string{"start", "c"}},
		{name: "machine-vanished-resize", before: vanished, args: []string{"resize", "c", "-a", "1:compute"}},
		{name: "firewall-vanished-resize", before: firewallVanished, args: []string{"resize", "c", "-a", "1:compute"}},
		{name: "firewall-vanished-stop", before: firewallVanished, args: stopC},

		// Between here and there.
		{name: "proxy-407", prepare: proxy(http.StatusProxyAuthRequired), provider: map[string]string{"endpoint": `env("PROXY")`}, status: 8},
		{name: "proxy-502", prepare: proxy(http.StatusBadGateway), provider: map[string]string{"endpoint": `env("PROXY")`}, status: 8},
		{name: "proxy-200", prepare: proxy(http.StatusOK), provider: map[string]string{"endpoint": `env("PROXY")`}, status: 8},
		{name: "unreachable", provider: map[string]string{"endpoint": `"http://127.0.0.1:9/compute/v1/"`}, status: 8},
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "errors", "google.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range table {
		if !strings.Contains(string(page), "`"+f.name+"`") {
			t.Errorf("docs/errors/google.md does not name %s", f.name)
		}
	}
	testFaults(t, "google", table)
}

var stopC = []string{"stop", "c", "--yes"}

const netInUse = "The network resource 'projects/ecluster-sim/global/networks/net' is already being used by 'projects/ecluster-sim/zones/us-central1-a/instances/my-own-machine'"

func stale(l *lab) { l.env["STALE"] = "ya29.stale" }

// started starts the cluster; the faults come after that.
func started(faults ...sim.Fault) func(l *lab) {
	return func(l *lab) {
		l.run("start", "c")
		l.script.Inject(faults...)
	}
}

// vanished is a machine that somebody deleted.
func vanished(l *lab) {
	l.run("start", "c")
	if err := l.cloud.Strike("compute002", sim.Fate{Event: sim.Vanish}); err != nil {
		l.Fatal(err)
	}
}

// firewallVanished is a cluster whose rules somebody deleted.
func firewallVanished(l *lab) {
	l.run("start", "c")
	for _, r := range l.cloud.Inventory() {
		if r.Kind != "firewall" {
			continue
		}
		req, err := http.NewRequestWithContext(l.Context(), http.MethodDelete,
			fmt.Sprintf("%s/compute/v1/projects/%s/global/firewalls/%s", l.url, simgoogle.Project, filepath.Base(r.Name)), http.NoBody)
		if err != nil {
			l.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+simgoogle.AccessToken)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			l.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			l.Fatalf("delete %s: %s", r.Name, resp.Status)
		}
	}
}

// oneMachineEach fails when a node has no machine or two.
func oneMachineEach(l *lab) {
	n := map[string]int{}
	for _, r := range l.cloud.Inventory() {
		if r.Kind == "instance" {
			n[r.Node]++
		}
	}
	if len(n) != 3 || n["frontend001"] != 1 || n["compute001"] != 1 || n["compute002"] != 1 {
		l.Errorf("machines by node: %v", n)
	}
}

// keyFile writes the key of a service account that Google's token endpoint
// refuses, or rubbish.
func keyFile(code, description string) func(l *lab) {
	return func(l *lab) {
		file := filepath.Join(l.home, "key.json")
		data := []byte("<html>not a key</html>")
		if code != "" {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadRequest)
				_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": description})
			}))
			l.Cleanup(server.Close)
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				l.Fatal(err)
			}
			data, err = json.Marshal(map[string]string{
				"type": "service_account", "project_id": simgoogle.Project, "private_key_id": "1",
				"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
				"client_email": "ecluster@ecluster-sim.iam.gserviceaccount.com", "client_id": "1", "token_uri": server.URL,
			})
			if err != nil {
				l.Fatal(err)
			}
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			l.Fatal(err)
		}
		l.env["KEY"] = file
	}
}

// proxy is something between us and the cloud that answers by itself.
func proxy(status int) func(l *lab) {
	return func(l *lab) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			fmt.Fprintf(w, "<html><head><title>%d %s</title></head>\n<body bgcolor=\"white\"><center><h1>%d %s</h1></center><hr><center>squid/5.7</center>%s</body></html>\n",
				status, http.StatusText(status), status, http.StatusText(status), "<p>lorem ipsum dolor sit amet</p>")
		}))
		l.Cleanup(server.Close)
		l.env["PROXY"] = server.URL + "/compute/v1/"
	}
}
