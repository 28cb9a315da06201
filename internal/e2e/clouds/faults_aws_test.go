package clouds

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/local"
)

// short is patience for what never comes.
const short = "--boot-timeout=5s"

// begun runs a start before the command of a case; what goes wrong comes after.
func begun(then func(l *lab)) func(l *lab) {
	return func(l *lab) {
		l.run("start", "c")
		then(l)
	}
}

// secretly puts values into the environment that the spec reads.
func secretly(name, value string) func(l *lab) {
	return func(l *lab) { l.env[name] = value }
}

// answering is a way to the cloud on which something else answers everything.
func answering(status int, body string) func(l *lab) {
	return func(l *lab) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		l.Cleanup(s.Close)
		l.env["PROXY"] = s.URL
	}
}

const page = "<html><head><title>Bad Gateway</title></head><body><h1>Squid: access denied</h1></body></html>"

func TestFaultsAWS(t *testing.T) {
	t.Parallel()
	testFaults(t, "aws", faultsAWS())
}

// The page about errors names each case.
func TestFaultsOfAWSAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "errors", "aws.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faultsAWS() {
		if !strings.Contains(string(page), "`"+f.name+"`") {
			t.Errorf("docs/errors/aws.md does not name %s", f.name)
		}
	}
}

func faultsAWS() []fault {
	launching := func(f sim.Fault) []sim.Fault {
		f.Op = "RunInstances"
		return []sim.Fault{f}
	}
	zones := func(list string) map[string]string { return map[string]string{"zones": list} }
	slow := local.Options{StepTime: 150 * time.Millisecond}
	ab := zones(`["us-east-1a", "us-east-1b"]`)

	return []fault{
		// Credentials
		{name: "credentials-expired", faults: []sim.Fault{{Op: "GetCallerIdentity", Times: -1, Code: "ExpiredToken", Message: "The security token included in the request is expired"}}, status: 8},
		{name: "credentials-expired-in-launch", nodes: 1, faults: launching(sim.Fault{Node: "compute001", Times: -1, Code: "RequestExpired", Message: "Request has expired."}), status: 8},
		{name: "credentials-unknown-key", provider: map[string]string{"access_key": `env("KEY")`}, prepare: secretly("KEY", "AKIANOTHERE000000000"), status: 8},
		{name: "credentials-wrong-secret", provider: map[string]string{"secret_key": `env("KEY")`}, prepare: secretly("KEY", "wrong"), status: 8},
		{name: "credentials-missing", provider: map[string]string{"access_key": "", "secret_key": ""}, status: 8},
		{name: "credentials-half", provider: map[string]string{"secret_key": ""}, status: 8},
		{name: "credentials-no-profile", provider: map[string]string{"access_key": "", "secret_key": "", "profile": `"no-such-profile"`}, status: 8},
		{name: "credentials-no-role", provider: map[string]string{"role_arn": `"arn:aws:iam::123456789012:role/hpc"`}, cloud: sim.Options{Denied: []string{"sts:AssumeRole"}}, status: 8},
		{name: "clock-fast", cloud: sim.Options{Now: func() time.Time { return time.Now().Add(-20 * time.Minute) }}},
		{name: "clock-slow", cloud: sim.Options{Now: func() time.Time { return time.Now().Add(20 * time.Minute) }}},

		// Regions and names
		{name: "region-unknown", provider: map[string]string{"region": `"eu-central-7"`}, status: 8},
		{name: "region-malformed", provider: map[string]string{"region": `"Frankfurt"`}, status: 3},
		{name: "region-not-turned-on", faults: []sim.Fault{{Op: "GetCallerIdentity", Times: -1, Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid."}}, status: 8},
		{name: "account-pending", nodes: 1, faults: launching(sim.Fault{Node: "compute001", Times: -1, Code: "PendingVerification", Message: "Your request for accessing resources in this region is being validated, and you will not be able to launch additional resources in this region until the validation is complete."}), status: 8},
		{name: "zone-unknown", provider: zones(`["us-east-1q"]`), status: 8},
		{name: "zone-without-type", provider: zones(`["us-east-1d"]`), replace: []string{"c5.xlarge", "g5.xlarge"}, status: 8},
		{name: "type-unknown", replace: []string{"c5.xlarge", "c5.xlrage"}, status: 8},
		{name: "type-of-another-cloud", replace: []string{"c5.xlarge", "n2-standard-4"}, status: 8},
		{name: "type-missing", replace: []string{`machine_type = "c5.xlarge"`, ""}, status: 8},
		{name: "image-unknown-alias", replace: []string{"debian-13", "debian-31"}, status: 8},
		{name: "image-unknown-id", replace: []string{"debian-13", "ami-0123456789abcdef0"}, status: 8},
		{name: "image-unknown-name", replace: []string{"debian-13", "099720109477/ubuntu-nothing-*"}, status: 8},
		{name: "image-other-architecture", replace: []string{"debian-13", "136693071363/debian-13-amd64-*", "c5.xlarge", "c7g.xlarge"}, status: 8},
		{name: "subnet-unknown", provider: map[string]string{"subnet": `"subnet-0123456789abcdef0"`}, status: 8},
		{name: "vpc-unknown", provider: map[string]string{"vpc": `"vpc-0123456789abcdef0"`}, status: 8},

		// Permissions
		{name: "permission-launch", cloud: sim.Options{Denied: []string{"ec2:RunInstances"}}, status: 8},
		{name: "permission-tags", cloud: sim.Options{Denied: []string{"ec2:CreateTags"}}, status: 8},
		{name: "permission-profile", cloud: sim.Options{Denied: []string{"iam:PassRole"}}, group: `instance_profile = "s3-reader"`, status: 8},
		{name: "permission-firewall", cloud: sim.Options{Denied: []string{"ec2:AuthorizeSecurityGroupIngress"}}, status: 8},
		{name: "permission-zones", cloud: sim.Options{Denied: []string{"ec2:DescribeAvailabilityZones"}}, status: 8},
		{name: "permission-quotas", cloud: sim.Options{Denied: []string{"servicequotas:GetServiceQuota"}}},
		{name: "permission-stop", args: []string{"stop", "c", "--yes"}, before: begun(func(l *lab) {
			l.script.Inject(sim.Fault{Op: "TerminateInstances", Times: 1, Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/ecluster is not authorized to perform: ec2:TerminateInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0 because no identity-based policy allows the ec2:TerminateInstances action. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm"})
		}), status: 8},

		// Quota and capacity
		{name: "quota", cloud: sim.Options{Quota: map[string]int{"L-1216C47A": 8}}, status: 8},
		{name: "quota-race", nodes: 1, faults: launching(sim.Fault{Node: "compute001", Times: -1, Code: "VcpuLimitExceeded", Message: "You have requested more vCPU capacity than your current vCPU limit of 8 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."}), status: 8},
		{name: "quota-spot", cloud: sim.Options{Quota: map[string]int{"L-34B43A08": 4}}, group: "spot = true", status: 8},
		{name: "quota-groups", faults: []sim.Fault{{Op: "CreateSecurityGroup", Call: 2, Times: -1, Code: "SecurityGroupLimitExceeded", Message: "The maximum number of security groups has been reached."}}, status: 8},
		{name: "stockout-one-zone", provider: ab, cloud: sim.Options{Stock: map[string]int{"us-east-1a/c5.xlarge": 1}}},
		{name: "stockout-all-zones", nodes: 1, provider: ab, cloud: sim.Options{Stock: map[string]int{"us-east-1a/c5.xlarge": 0, "us-east-1b/c5.xlarge": 0}}, status: 8},
		{name: "spot-price-too-low", nodes: 1, group: "spot = true\n max_price = \"0.001\"", faults: launching(sim.Fault{Node: "compute001", Times: -1, Code: "SpotMaxPriceTooLow", Message: "Your Spot request price of 0.001 is lower than the minimum required Spot request fulfillment price of 0.0672."}), status: 8},

		// The service stumbles
		{name: "throttled", faults: launching(sim.Fault{Node: "compute001", Times: 2, Code: "RequestLimitExceeded", Message: "Request limit exceeded."})},
		{name: "throttled-too-long", nodes: 1, faults: launching(sim.Fault{Node: "compute001", Times: -1, Code: "RequestLimitExceeded", Message: "Request limit exceeded."}), status: 8},
		{name: "error-500", faults: launching(sim.Fault{Node: "compute002", Times: 1, Code: "InternalError", Message: "An internal error has occurred"})},
		{name: "error-500-landed", faults: launching(sim.Fault{Node: "compute002", Times: 1, Code: "InternalError", Message: "An internal error has occurred", Lands: true}), after: func(l *lab) { l.machines(3) }},
		{name: "connection-reset", faults: launching(sim.Fault{Node: "compute001", Times: 1, Reset: true})},
		{name: "connection-reset-landed", faults: launching(sim.Fault{Node: "compute001", Times: 1, Reset: true, Lands: true}), after: func(l *lab) { l.machines(3) }},
		{name: "answer-short", faults: launching(sim.Fault{Node: "compute001", Times: 1, Short: 1}), after: func(l *lab) { l.machines(3) }},
		{name: "proxy-407", provider: map[string]string{"endpoint": `env("PROXY")`}, prepare: answering(407, page), status: 8},
		{name: "proxy-502", provider: map[string]string{"endpoint": `env("PROXY")`}, prepare: answering(502, page), status: 8},
		{name: "proxy-403", provider: map[string]string{"endpoint": `env("PROXY")`}, prepare: answering(403, page), status: 8},
		{name: "proxy-login-page", provider: map[string]string{"endpoint": `env("PROXY")`}, prepare: answering(200, page), status: 8},
		{name: "endpoint-closed", provider: map[string]string{"endpoint": `env("PROXY")`}, prepare: func(l *lab) { l.env["PROXY"] = closed(l) }, status: 8},

		// Machines
		{name: "machine-never-boots", nodes: 1, args: []string{"start", "c", short}, faults: launching(sim.Fault{Node: "compute001", Never: true}), status: 1},
		{name: "machine-fails", nodes: 1, args: []string{"start", "c", short}, faults: launching(sim.Fault{Node: "compute001", Later: true, Code: "Server.InternalError", Message: "Internal error on launch"}), status: 1},
		{name: "machine-disk-key", nodes: 1, args: []string{"start", "c", short}, faults: launching(sim.Fault{Node: "compute001", Later: true, Code: "Client.InvalidKMSKey.InvalidState", Message: "The KMS key provided is in an incorrect state"}), status: 1},
		{name: "machine-breaks", args: []string{"start", "c", short}, fates: []sim.Fate{{Node: "compute002", Event: sim.Break}}, status: 1},
		{name: "machine-mute", args: []string{"start", "c", short}, fates: []sim.Fate{{Node: "compute002", Event: sim.Mute, Times: -1}}, status: 1},
		{name: "spot-reclaimed", group: "spot = true", local: slow, fates: []sim.Fate{{Node: "compute002", Event: sim.Reclaim, After: sim.Duration(1500 * time.Millisecond)}}, status: 1},
		{name: "frontend-vanishes", nodes: 1, local: slow, fates: []sim.Fate{{Node: "frontend001", Event: sim.Vanish}}, status: 1},

		// Deletion, and deletion by hand
		{name: "in-use-for-a-while", args: []string{"stop", "c", "--yes"}, before: begun(func(l *lab) {
			l.script.Inject(sim.Fault{Op: "DeleteSecurityGroup", Times: 2, Code: "DependencyViolation", Message: "resource sg-0123456789abcdef0 has a dependent object"})
		})},
		{name: "in-use-for-ever", args: []string{"stop", "c", "--yes"}, before: begun(func(l *lab) {
			l.script.Inject(sim.Fault{Op: "DeleteSecurityGroup", Times: -1, Code: "DependencyViolation", Message: "resource sg-0123456789abcdef0 has a dependent object"})
		}), status: 8},
		{name: "protected", args: []string{"stop", "c", "--yes"}, before: begun(func(l *lab) {
			l.script.Inject(sim.Fault{Op: "TerminateInstances", Node: "compute002", Times: 2, Code: "OperationNotPermitted", Message: "The instance 'i-0123456789abcdef0' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again."})
		}), status: 8},
		{name: "node-deleted-then-stop", args: []string{"stop", "c", "--yes"}, before: begun(func(l *lab) { l.strike("compute002", sim.Vanish) })},
		{name: "node-deleted-then-start", before: begun(func(l *lab) { l.strike("compute002", sim.Vanish) })},
		{name: "node-deleted-then-resize", args: []string{"resize", "c", "-a", "1:compute"}, before: begun(func(l *lab) { l.strike("compute002", sim.Vanish) })},
		{name: "frontend-deleted-then-resize", args: []string{"resize", "c", "-a", "1:compute"}, before: begun(func(l *lab) { l.strike("frontend001", sim.Vanish) }), status: 1},
		{name: "stop-throttled", args: []string{"stop", "c", "--yes"}, before: begun(func(l *lab) {
			l.script.Inject(sim.Fault{Op: "TerminateInstances", Times: 2, Code: "RequestLimitExceeded", Message: "Request limit exceeded."})
		})},
	}
}

// strike does something to a machine that runs.
func (l *lab) strike(node string, e sim.Event) {
	l.Helper()
	if err := l.cloud.Strike(node, sim.Fate{Node: node, Event: e}); err != nil {
		l.Fatal(err)
	}
}

// machines says how many there must be.
func (l *lab) machines(want int) {
	l.Helper()
	n := 0
	for _, r := range l.cloud.Inventory() {
		if r.Kind == "instance" {
			n++
		}
	}
	if n != want {
		l.Errorf("there are %d machines, want %d", n, want)
	}
}

// closed is a URL where nobody listens.
func closed(l *lab) string {
	l.Helper()
	c, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	return "http://" + c.Addr().String()
}
