package clouds

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
	simazure "github.com/ecluster/ecluster/internal/sim/azure"
	"github.com/ecluster/ecluster/internal/sim/local"
)

const (
	createVM    = "VirtualMachinesClient.BeginCreateOrUpdate"
	deleteVM    = "VirtualMachinesClient.BeginDelete"
	createGroup = "ResourceGroupsClient.CreateOrUpdate"
	deleteGroup = "ResourceGroupsClient.BeginDelete"
)

func TestFaultsAzure(t *testing.T) {
	t.Parallel()
	testFaults(t, "azure", faultsAzure())
}

// The page about errors names each case.
func TestFaultsOfAzureAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "errors", "azure.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faultsAzure() {
		if !strings.Contains(string(page), "`"+f.name+"`") {
			t.Errorf("docs/errors/azure.md does not name %s", f.name)
		}
	}
}

func faultsAzure() []fault {
	launching := func(f sim.Fault) []sim.Fault {
		f.Op, f.Node = createVM, "compute002"
		return []sim.Fault{f}
	}
	setting := func(name, value string) map[string]string { return map[string]string{name: value} }
	denied := func(action string) sim.Options { return sim.Options{Denied: []string{action}} }
	stock := func(stock map[string]int) sim.Options { return sim.Options{Stock: stock} }
	two := setting("zones", `["1", "2"]`)
	way := setting("endpoint", `env("PROXY")`)
	slow := local.Options{StepTime: 400 * time.Millisecond}
	id := fmt.Sprintf("/subscriptions/%s/resourceGroups/mine/providers/Microsoft.", simazure.Subscription)

	return []fault{
		// Credentials
		{name: "credentials-expired", faults: []sim.Fault{{Op: "Client.Get", Times: -1, Code: "ExpiredAuthenticationToken"}}, status: 8},
		{name: "credentials-expire-later", faults: launching(sim.Fault{Times: -1, Code: "ExpiredAuthenticationToken"}), status: 8},
		{name: "credentials-wrong", provider: setting("access_token", `env("STALE")`), prepare: secretly("STALE", "eyJ0.stale"), status: 8},
		{name: "credentials-missing", provider: setting("access_token", ""), status: 8},
		{name: "credentials-half", provider: map[string]string{"access_token": "", "client_id": `"5ec7e71a-0000-4000-8000-00000000000c"`}, status: 8},

		// The subscription and what it may do
		{name: "subscription-wrong", provider: setting("subscription_id", `"5ec7e71a-0000-4000-8000-000000000002"`), status: 8},
		{name: "subscription-malformed", malformed: true, provider: setting("subscription_id", `"physics"`), status: 8},
		{name: "subscription-missing", provider: setting("subscription_id", ""), status: 8},
		{name: "subscription-disabled", faults: []sim.Fault{{
			Op: createGroup, Times: -1, Status: 409, Code: "ReadOnlyDisabledSubscription",
			Message: "The subscription '" + simazure.Subscription + "' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.",
		}}, status: 8},
		{name: "not-registered", faults: launching(sim.Fault{Times: -1, Code: "MissingSubscriptionRegistration"}), status: 8},
		{name: "policy", faults: launching(sim.Fault{
			Times: -1, Code: "RequestDisallowedByPolicy",
			Message: "Resource 'ecluster-compute002' was disallowed by policy. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"Allowed virtual machine size SKUs\"}}]'.",
		}), status: 8},

		// Permissions
		{name: "permission-subscription", args: []string{"plan", "c"}, cloud: denied("Microsoft.Resources/subscriptions/read")},
		{name: "permission-quota", args: []string{"plan", "c"}, faults: []sim.Fault{{Op: "UsageClient.NewListPager", Times: -1, Code: "AuthorizationFailed", Message: mayNot("Microsoft.Compute/locations/usages/read")}}},
		{name: "permission-group", faults: []sim.Fault{{Op: createGroup, Times: -1, Code: "AuthorizationFailed", Message: mayNot("Microsoft.Resources/subscriptions/resourcegroups/write")}}, status: 8},
		{name: "permission-firewall", cloud: denied("Microsoft.Network/networkSecurityGroups/write"), status: 8},
		{name: "permission-launch", faults: launching(sim.Fault{Times: -1, Code: "AuthorizationFailed", Message: mayNot("Microsoft.Compute/virtualMachines/write")}), status: 8},
		{name: "permission-subnet", faults: launching(sim.Fault{
			Times: -1, Code: "LinkedAuthorizationFailed",
			Message: "The client 'ada@example.org' with object id '5ec7e71a-0000-4000-8000-00000000000c' has permission to perform action 'Microsoft.Compute/virtualMachines/write' on scope '/subscriptions/" + simazure.Subscription + "'; however, it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '" + id + "Network/virtualNetworks/net/subnets/nodes' (respectively) or the linked scope(s) are invalid.",
		}), status: 8},
		{name: "permission-delete", args: stopC, before: started(sim.Fault{Op: deleteVM, Times: -1, Code: "AuthorizationFailed", Message: mayNot("Microsoft.Compute/virtualMachines/delete")}), status: 8},

		// Names
		{name: "location-unknown", provider: setting("location", `"westeurop"`), status: 8},
		{name: "location-malformed", provider: setting("location", `"West Europe"`), status: 3},
		{name: "zone-unknown", provider: setting("zones", `["7"]`), status: 8},
		{name: "zone-malformed", provider: setting("zones", `["westeurope-1"]`), status: 3},
		{name: "type-unknown", replace: []string{"Standard_D4s_v5", "Standard_D4s_v55"}, status: 8},
		{name: "type-of-another-cloud", replace: []string{"Standard_D4s_v5", "n2-standard-4"}, status: 8},
		{name: "type-missing", replace: []string{`machine_type = "Standard_D4s_v5"`, ""}, status: 8},
		{name: "type-not-allowed", provider: setting("location", `"northeurope"`), replace: []string{"Standard_D4s_v5", "Standard_HB120rs_v3"}, status: 8},
		{name: "type-not-in-zone", provider: two, replace: []string{"Standard_D4s_v5", "Standard_NC24ads_A100_v4"}},
		{name: "image-unknown-alias", replace: []string{"debian-13", "debian-31"}, status: 8},
		{name: "image-unknown-urn", replace: []string{"debian-13", "Debian:debian-13:13-gen3:latest"}, status: 8},
		{name: "image-unknown-id", replace: []string{"debian-13", id + "Compute/images/mine"}, status: 8},
		{name: "image-other-architecture", replace: []string{"debian-13", "Debian:debian-13:13-arm64:latest"}, status: 8},
		{name: "image-generation", replace: []string{"debian-13", "Debian:debian-13:13:latest", "Standard_D4s_v5", "Standard_D2s_v6"}, status: 8},
		{name: "resource-group-unknown", provider: setting("resource_group", `"physics"`), status: 8},
		{name: "subnet-unknown", provider: setting("subnet", fmt.Sprintf("%q", id+"Network/virtualNetworks/net/subnets/nodes")), status: 8},

		// Quota and capacity
		{name: "quota", cloud: sim.Options{Quota: map[string]int{"standardDSv5Family": 6}}, status: 8},
		{name: "quota-addresses", cloud: sim.Options{Quota: map[string]int{"PublicIPAddresses": 2}}, status: 8},
		{name: "quota-spot", group: "spot = true", cloud: sim.Options{Quota: map[string]int{"lowPriorityCores": 4}}, status: 8},
		{name: "quota-race", faults: launching(sim.Fault{
			Times: -1, Code: "OperationNotAllowed",
			Message: "Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 8, Current Usage: 6, Additional Required: 4, (Minimum) New Limit Required: 10. Setup Alerts when Quota reaches threshold. Learn more at https://aka.ms/quotamonitoringalerting . Submit a request for Quota increase at https://aka.ms/ProdportalCRP/?#create/Microsoft.Support/Parameters/%7B%22subId%22:%22" + simazure.Subscription + "%22,%22pesId%22:%2206bfd9d3-516b-d5c6-5802-169c800dec89%22%7D by specifying parameters listed in the ‘Details’ section for deployment to succeed. Please read more about quota limits at https://docs.microsoft.com/en-us/azure/azure-supportability/per-vm-quota-requests",
		}), status: 8},
		{name: "quota-race-addresses", faults: launching(sim.Fault{
			Times: -1, Code: "PublicIPCountLimitReached", Message: "Cannot create more than 10 public IP addresses for this subscription in this region.",
		}), status: 8},
		{name: "stock-out-one-zone", provider: two, cloud: stock(map[string]int{"westeurope-1/Standard_D4s_v5": 0})},
		{name: "stock-out-late", provider: two, cloud: stock(map[string]int{"westeurope-1/Standard_D4s_v5": 1}), after: machineEach},
		{name: "stock-out-all-zones", nodes: 1, provider: two, cloud: stock(map[string]int{"westeurope-1/Standard_D4s_v5": 0, "westeurope-2/Standard_D4s_v5": 0}), status: 8},

		// Stumbling
		{name: "throttled", faults: launching(sim.Fault{Times: 2, Code: "SubscriptionRequestsThrottled"}), after: machineEach},
		{name: "throttled-too-long", faults: launching(sim.Fault{Times: -1, Code: "SubscriptionRequestsThrottled"}), status: 8},
		{name: "error-500", faults: launching(sim.Fault{Times: 2, Code: "InternalServerError"}), after: machineEach},
		{name: "error-500-landed", faults: launching(sim.Fault{Status: 503, Lands: true}), after: machineEach},
		{name: "error-500-always", faults: launching(sim.Fault{Times: -1, Code: "InternalServerError"}), status: 8},
		{name: "connection-reset", faults: launching(sim.Fault{Times: 2, Reset: true}), after: machineEach},
		{name: "connection-reset-landed", faults: launching(sim.Fault{Reset: true, Lands: true}), after: machineEach},
		{name: "connection-reset-always", faults: launching(sim.Fault{Times: -1, Reset: true}), status: 8},
		{name: "network-fails-late", faults: []sim.Fault{{Op: "VirtualNetworksClient.BeginCreateOrUpdate", Times: -1, Later: true, Code: "NetworkingInternalOperationError", Message: "An unexpected error stopped us while processing the network profile of the VM."}}, status: 8},
		{name: "proxy-407", provider: way, prepare: answering(407, page), status: 8},
		{name: "proxy-502", provider: way, prepare: answering(502, page), status: 8},
		{name: "proxy-403", provider: way, prepare: answering(403, page), status: 8},
		{name: "proxy-login-page", provider: way, prepare: answering(200, page), status: 8},
		{name: "endpoint-closed", provider: way, prepare: func(l *lab) { l.env["PROXY"] = closed(l) }, status: 8},

		// Machines
		{name: "operation-never-ends", args: []string{"start", "c", short}, faults: launching(sim.Fault{Never: true}), status: 1},
		{name: "operation-fails", faults: launching(sim.Fault{Times: -1, Later: true, Code: "InternalExecutionError"}), status: 8},
		{name: "operation-fails-once", faults: launching(sim.Fault{Later: true, Code: "InternalExecutionError"}), status: 8, after: again},
		{name: "machine-breaks", args: []string{"start", "c", short}, fates: []sim.Fate{{Node: "compute002", Event: sim.Break}}, status: 1, after: again},
		{name: "machine-mute", args: []string{"start", "c", short}, fates: []sim.Fate{{Node: "compute002", Event: sim.Mute, Times: -1}}, status: 1},
		{name: "machine-dies", local: slow, fates: []sim.Fate{{Node: "compute002", Event: sim.Die, After: sim.Duration(2 * time.Second)}}, status: 1},
		{name: "spot-reclaimed", group: "spot = true", local: slow, fates: []sim.Fate{{Node: "compute002", Event: sim.Reclaim, After: sim.Duration(2 * time.Second)}}, status: 1},

		// The way back, and deletion by hand
		{name: "in-use-for-a-while", args: stopC, before: started(sim.Fault{Op: deleteGroup, Times: 2, Code: "AnotherOperationInProgress", Message: "Another operation on this or dependent resource is in progress."})},
		{name: "in-use-for-ever", args: stopC, before: started(sim.Fault{Op: deleteGroup, Times: -1, Later: true, Code: "ResourceGroupDeletionBlocked", Message: "Deletion of resource group failed as resources with identifiers 'Microsoft.Network/virtualNetworks/net' could not be deleted: Subnet nodes is in use by /subscriptions/" + simazure.Subscription + "/resourceGroups/other/providers/Microsoft.Network/networkInterfaces/mine and cannot be deleted."}), status: 8},
		{name: "locked", args: stopC, before: started(sim.Fault{Op: deleteGroup, Times: -1, Code: "ScopeLocked", Message: "The scope '/subscriptions/" + simazure.Subscription + "/resourceGroups/x' cannot perform delete operation because following scope(s) are locked: '/subscriptions/" + simazure.Subscription + "'. Please remove the lock and try again."}), status: 8},
		{name: "node-deleted-then-start", before: vanished},
		{name: "node-deleted-then-resize", before: vanished, args: []string{"resize", "c", "-a", "1:compute"}},
		{name: "node-deleted-then-stop", before: vanished, args: stopC},
		{name: "group-deleted-then-stop", before: groupRemoved, args: stopC},
		{name: "group-deleted-then-resize", before: groupRemoved, args: []string{"resize", "c", "-a", "1:compute"}, status: 1},
	}
}

// mayNot is how Azure refuses an action.
func mayNot(action string) string {
	return "The client 'ada@example.org' with object id '5ec7e71a-0000-4000-8000-00000000000c' does not have authorization to perform action '" + action +
		"' over scope '/subscriptions/" + simazure.Subscription + "' or the scope is invalid. If access was recently granted, please refresh your credentials."
}

// machineEach fails when a node has no machine or two.
func machineEach(l *lab) {
	l.Helper()
	n := map[string]int{}
	for _, r := range l.cloud.Inventory() {
		if r.Kind == "virtual-machine" {
			n[r.Node]++
		}
	}
	if len(n) != 3 || n["frontend001"] != 1 || n["compute001"] != 1 || n["compute002"] != 1 {
		l.Errorf("machines by node: %v", n)
	}
}

// again is the command once more, when the trouble is over.
func again(l *lab) {
	l.Helper()
	l.run("start", "c")
	machineEach(l)
}

// groupRemoved is a cluster whose resource group somebody deleted.
func groupRemoved(l *lab) {
	l.Helper()
	l.run("start", "c")
	for _, e := range l.cloud.Log().Entries(createGroup) {
		req, err := http.NewRequestWithContext(l.Context(), http.MethodDelete, l.url+e.Path, http.NoBody)
		if err != nil {
			l.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+simazure.Token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			l.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted {
			l.Fatalf("delete %s: %s", e.Path, resp.Status)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); len(l.cloud.Inventory()) > 0; {
		if time.Now().After(deadline) {
			l.Fatalf("the resource group is still there: %v", l.cloud.Inventory())
		}
		runtime.Gosched()
	}
}
