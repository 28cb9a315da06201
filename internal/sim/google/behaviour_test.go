package google_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	compute "google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/google"
)

const region = "us-central1"

func id(n int) string { return fmt.Sprintf("6ba7b810-9dad-11d1-80b4-%012d", n) }

func TestRequestID(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second}, func(r *rig) {
		first := do(r, r.api.Instances.Insert(google.Project, zone, instance("a")).RequestId(id(1)))
		again := do(r, r.api.Instances.Insert(google.Project, zone, instance("a")).RequestId(id(1)))
		if first.Name != again.Name || again.ClientOperationId != id(1) {
			t.Errorf("operations %s and %s", first.Name, again.Name)
		}
		if got := refused(r, r.api.Instances.Insert(google.Project, zone, instance("b")).RequestId(id(1))); got != "400 invalid" {
			t.Errorf("the same token for another request: %s", got)
		}
		if got := refused(r, r.api.Instances.Insert(google.Project, zone, instance("a")).RequestId(id(2))); got != "409 alreadyExists" {
			t.Errorf("another token: %s", got)
		}
		r.done(first)
		r.done(do(r, r.api.Instances.Delete(google.Project, zone, "a")))
		if op := do(r, r.api.Instances.Insert(google.Project, zone, instance("a")).RequestId(id(1))); op.Status != "DONE" || r.inventory() != "" {
			t.Errorf("the token made %s", r.inventory())
		}
	})
}

func TestListings(t *testing.T) {
	simulate(t, sim.Options{CreateLag: 3 * time.Second, DeleteLag: 5 * time.Second}, func(r *rig) {
		list := func(filter string) string {
			var names []string
			l := do(r, r.api.Instances.List(google.Project, zone).Filter(filter))
			for _, i := range l.Items {
				names = append(names, i.Name)
			}
			return strings.Join(names, " ")
		}
		for _, n := range []string{"c", "a", "b"} {
			i := instance("ecluster-abc-" + n + "001")
			if n == "c" {
				i.Labels["ecluster-cluster"] = "other"
			}
			r.run(i)
			if n == "c" && list("") != "" {
				t.Error("listed at once")
			}
		}
		<-time.After(3 * time.Second)
		const a, b, c = "ecluster-abc-a001", "ecluster-abc-b001", "ecluster-abc-c001"
		for filter, want := range map[string]string{
			"":                                                       a + " " + b + " " + c,
			"labels.ecluster-cluster=abc":                            a + " " + b,
			"labels.ecluster-cluster = \"abc\"":                      a + " " + b,
			"labels.ecluster-cluster!=abc":                           c,
			"labels.ecluster-cluster:*":                              a + " " + b + " " + c,
			"labels.nothing:*":                                       "",
			"name eq ecluster-abc-[ab].*":                            a + " " + b,
			"name ne '.*(a|b)001'":                                   c,
			"(name eq .*a001)":                                       a,
			"name:ecluster-abc-a*":                                   a,
			"name=ecluster-abc-*":                                    a + " " + b + " " + c,
			"(labels.ecluster-cluster=abc) (name=" + b + ")":         b,
			"labels.ecluster-cluster=abc AND name=" + b:              b,
			"labels.ecluster-cluster=other OR name=" + b:             b + " " + c,
			"labels.ecluster-node=a001 OR labels.ecluster-node=b001": a + " " + b,
			"NOT name:b001 AND status=RUNNING":                       a + " " + c,
			"status = RUNNING scheduling.preemptible = true":         "",
			"networkInterfaces.name=nic0 AND disks.boot=true":        a + " " + b + " " + c,
			"creationTimestamp > \"1999-01-01\" AND -labels.ecluster-cluster=abc": c,
		} {
			if got := list(filter); got != want {
				t.Errorf("%s: %s", filter, got)
			}
		}
		r.done(do(r, r.api.Instances.Delete(google.Project, zone, a)))
		if got := refused(r, r.api.Instances.Get(google.Project, zone, a)); got != "404 notFound" {
			t.Errorf("get of what was deleted: %s", got)
		}
		if got := list("name=" + a); got != a {
			t.Error("not listed any more, at once")
		}
		<-time.After(6 * time.Second)
		if got := list("name=" + a); got != "" {
			t.Error("listed for ever")
		}
		l := do(r, r.api.Instances.AggregatedList(google.Project).Filter("labels.ecluster-cluster=abc").Fields("items/*/instances(name,labels),nextPageToken"))
		if got := l.Items["zones/"+zone].Instances; len(got) != 1 || got[0].Name != b || got[0].Status != "" || got[0].Labels["ecluster-node"] != "b001" {
			t.Errorf("aggregated: %+v", got)
		}
		r.clean()
	})
}

func TestPages(t *testing.T) {
	simulate(t, sim.Options{PageSize: 4}, func(r *rig) {
		var want []string
		for n := range 10 {
			i := instance(fmt.Sprintf("n%d", n))
			want = append(want, i.Name)
			r.done(r.insert(i))
		}
		pages := 0
		var got []string
		err := r.api.Instances.List(google.Project, zone).MaxResults(500).Pages(t.Context(), func(l *compute.InstanceList) error {
			pages++
			for _, i := range l.Items {
				got = append(got, i.Name)
			}
			return nil
		})
		if err != nil || pages != 3 || !slices.Equal(got, want) {
			t.Errorf("%d pages, %v (%v)", pages, got, err)
		}
		got = nil
		err = r.api.Instances.AggregatedList(google.Project).MaxResults(3).Pages(t.Context(), func(l *compute.InstanceAggregatedList) error {
			for where, scope := range l.Items {
				if (scope.Warning == nil) != (where == "zones/"+zone) {
					t.Errorf("%s: %+v", where, scope.Warning)
				}
				for _, i := range scope.Instances {
					got = append(got, i.Name)
				}
			}
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v (%v)", got, err)
		}
		ops := do(r, r.api.ZoneOperations.List(google.Project, zone).OrderBy("creationTimestamp desc").Filter("operationType=insert"))
		if len(ops.Items) != 4 || ops.Items[0].InsertTime < ops.Items[3].InsertTime {
			t.Errorf("%d operations", len(ops.Items))
		}
		r.clean()
	})
}

func TestNetworks(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second}, func(r *rig) {
		const name = "ecluster-abc-net"
		network := &compute.Network{Name: name, AutoCreateSubnetworks: false, ForceSendFields: []string{"AutoCreateSubnetworks"}}
		op := do(r, r.api.Networks.Insert(google.Project, network))
		subnet := &compute.Subnetwork{Name: name, Network: "global/networks/" + name, IpCidrRange: "10.1.0.0/16"}
		if got := refused(r, r.api.Subnetworks.Insert(google.Project, region, subnet)); got != "400 resourceNotReady" {
			t.Errorf("a subnetwork of a network that is being made: %s", got)
		}
		r.done(op)
		r.done(do(r, r.api.Subnetworks.Insert(google.Project, region, subnet)))
		overlap := *subnet
		overlap.Name, overlap.IpCidrRange = "other", "10.1.2.0/24"
		if got := refused(r, r.api.Subnetworks.Insert(google.Project, region, &overlap)); got != "400 invalid" {
			t.Errorf("overlapping subnetworks: %s", got)
		}
		r.done(do(r, r.api.Firewalls.Insert(google.Project, &compute.Firewall{
			Name: name + "-ssh", Network: "projects/" + google.Project + "/global/networks/" + name, SourceRanges: []string{"192.0.2.7/32"},
			Allowed: []*compute.FirewallAllowed{{IPProtocol: "tcp", Ports: []string{"22"}}}, TargetTags: []string{"ecluster-abc"},
		})))
		r.done(do(r, r.api.Firewalls.Patch(google.Project, name+"-ssh", &compute.Firewall{Name: name + "-ssh", SourceRanges: []string{"198.51.100.0/24"}})))
		if f := do(r, r.api.Firewalls.Get(google.Project, name+"-ssh")); f.SourceRanges[0] != "198.51.100.0/24" || len(f.Allowed) != 1 {
			t.Errorf("firewall %+v", f)
		}
		router := &compute.Router{Name: name, Network: "global/networks/" + name, Nats: []*compute.RouterNat{{
			Name: "nat", NatIpAllocateOption: "AUTO_ONLY", SourceSubnetworkIpRangesToNat: "ALL_SUBNETWORKS_ALL_IP_RANGES",
		}}}
		r.done(do(r, r.api.Routers.Insert(google.Project, region, router)))
		i := instance("ecluster-abc-compute001")
		i.NetworkInterfaces = []*compute.NetworkInterface{{Network: "global/networks/" + name}}
		if got := refused(r, r.api.Instances.Insert(google.Project, zone, i)); got != "400 invalid" {
			t.Errorf("no subnetwork of a custom network: %s", got)
		}
		i.NetworkInterfaces = []*compute.NetworkInterface{{Subnetwork: "regions/" + region + "/subnetworks/" + name}}
		if i = r.run(i); i.NetworkInterfaces[0].AccessConfigs != nil || i.NetworkInterfaces[0].NetworkIP == "" {
			t.Errorf("interface %+v", i.NetworkInterfaces[0])
		}
		for _, used := range []string{refused(r, r.api.Networks.Delete(google.Project, name)), refused(r, r.api.Subnetworks.Delete(google.Project, region, name))} {
			if used != "400 resourceInUseByAnotherResource" {
				t.Errorf("deletion of what is in use: %s", used)
			}
		}
		if got := refused(r, r.api.Networks.Delete(google.Project, "none")); got != "404 notFound" {
			t.Errorf("deletion of what does not exist: %s", got)
		}
		r.done(do(r, r.api.Instances.Delete(google.Project, zone, i.Name)))
		op = do(r, r.api.Firewalls.Delete(google.Project, name+"-ssh"))
		if got := refused(r, r.api.Firewalls.Delete(google.Project, name+"-ssh")); got != "400 resourceNotReady" {
			t.Errorf("deletion twice: %s", got)
		}
		r.done(op)
		r.done(do(r, r.api.Routers.Delete(google.Project, region, name)))
		r.done(do(r, r.api.Subnetworks.Delete(google.Project, region, name)))
		r.done(do(r, r.api.Networks.Delete(google.Project, name)))
		if got := r.inventory(); got != "" {
			t.Errorf("left: %s", got)
		}
		r.clean()
	})
}

func TestQuota(t *testing.T) {
	simulate(t, sim.Options{Quota: map[string]int{"N2_CPUS": 4, "CPUS_ALL_REGIONS": 5, "PREEMPTIBLE_CPUS": 1}}, func(r *rig) {
		for _, n := range []string{"a", "b"} {
			r.run(instance(n))
		}
		_, err := r.api.Instances.Insert(google.Project, zone, instance("c")).Do()
		if refusal(err) != "403 quotaExceeded" || !strings.Contains(err.Error(), "Quota 'N2_CPUS' exceeded.  Limit: 4.0 in region us-central1.") {
			t.Errorf("%v", err)
		}
		if got := refused(r, r.api.Instances.Insert(google.Project, zone, spot("c"))); got != "403 quotaExceeded" {
			t.Errorf("spot: %s", got)
		}
		other := instance("c")
		other.MachineType = "zones/" + zone + "/machineTypes/e2-medium"
		if op := r.done(r.insert(other)); opCode(op) != "403 QUOTA_EXCEEDED" || op.Error.Errors[0].Message != "Quota 'CPUS_ALL_REGIONS' exceeded.  Limit: 5.0 globally." {
			t.Errorf("%+v", op.Error)
		}
		for _, q := range do(r, r.api.Regions.Get(google.Project, region)).Quotas {
			if q.Metric == "N2_CPUS" && (q.Limit != 4 || q.Usage != 4) || q.Metric == "INSTANCES" && q.Usage != 2 {
				t.Errorf("quota %+v", q)
			}
		}
		r.done(do(r, r.api.Instances.Stop(google.Project, zone, "a")))
		r.run(instance("c"))
		if got := refused(r, r.api.Instances.Start(google.Project, zone, "a")); got != "403 quotaExceeded" {
			t.Errorf("start: %s", got)
		}
		for _, n := range []string{"a", "b", "c"} {
			r.done(do(r, r.api.Instances.Delete(google.Project, zone, n)))
		}
		for _, q := range append(do(r, r.api.Regions.Get(google.Project, region)).Quotas, do(r, r.api.Projects.Get(google.Project)).Quotas...) {
			if q.Usage != 0 {
				t.Errorf("used by nobody: %+v", q)
			}
		}
		r.clean()
	})
}

func TestStockOut(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second, Stock: map[string]int{zone + "/n2-standard-2": 1}}, func(r *rig) {
		r.run(instance("a"))
		op := r.insert(instance("b"))
		if op.Error != nil || r.get("b").Status != "PROVISIONING" {
			t.Errorf("refused at once: %+v", op.Error)
		}
		if op = r.done(op); opCode(op) != "503 ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS" {
			t.Errorf("%+v", op)
		}
		if got := r.inventory(); got != "disk a, instance a" {
			t.Errorf("left: %s", got)
		}
		r.done(do(r, r.api.Instances.Delete(google.Project, zone, "a")))
		r.run(instance("b"))
		r.clean()
	})
}

func TestDenied(t *testing.T) {
	for permission, message := range map[string]string{
		"compute.instances.create":          "Required 'compute.instances.create' permission for 'projects/ecluster-sim/zones/us-central1-a/instances/a'",
		"compute.instances.setLabels":       "Required 'compute.instances.setLabels' permission for 'projects/ecluster-sim/zones/us-central1-a/instances/a'",
		"compute.subnetworks.useExternalIp": "Required 'compute.subnetworks.useExternalIp' permission for 'projects/ecluster-sim/regions/us-central1/subnetworks/default'",
	} {
		simulate(t, sim.Options{Denied: []string{permission}}, func(r *rig) {
			_, err := r.api.Instances.Insert(google.Project, zone, instance("a")).Do()
			if refusal(err) != "403 forbidden" || !strings.Contains(err.Error(), message) || r.inventory() != "" {
				t.Errorf("%v; %s", err, r.inventory())
			}
		})
	}
}

func TestReclaim(t *testing.T) {
	script := sim.NewScript()
	script.Doom(sim.Fate{Node: "compute002", Event: sim.Reclaim, After: sim.Duration(20 * time.Second)})
	simulate(t, sim.Options{Script: script, OperationTime: time.Second}, func(r *rig) {
		r.run(spot("ecluster-abc-compute001"))
		gone := spot("ecluster-abc-compute002")
		gone.Scheduling.InstanceTerminationAction = "DELETE"
		r.run(gone)
		r.run(instance("ecluster-abc-frontend001"))
		if err := r.cloud.Strike("frontend001", sim.Fate{Event: sim.Reclaim}); err == nil {
			t.Error("an instance that is not spot was reclaimed")
		}
		if err := r.cloud.Strike("compute001", sim.Fate{Event: sim.Reclaim}); err != nil {
			t.Fatal(err)
		}
		if got := r.get("ecluster-abc-compute001").Status; got != "STOPPING" {
			t.Errorf("notice: %s", got)
		}
		<-time.After(2 * time.Second)
		if got := r.get("ecluster-abc-compute001").Status; got != "TERMINATED" {
			t.Errorf("then: %s", got)
		}
		<-time.After(20 * time.Second)
		if got := refused(r, r.api.Instances.Get(google.Project, zone, gone.Name)); got != "404 notFound" {
			t.Errorf("the other: %s", got)
		}
		ops := do(r, r.api.ZoneOperations.List(google.Project, zone).Filter(`operationType="compute.instances.preempted"`))
		if len(ops.Items) != 2 || ops.Items[0].User != "system" {
			t.Errorf("%d operations", len(ops.Items))
		}
		r.clean()
	})
}

func TestFates(t *testing.T) {
	script := sim.NewScript()
	script.Doom(sim.Fate{Node: "n001", Event: sim.Break, Message: "disk lost"}, sim.Fate{Node: "n002", Event: sim.Die}, sim.Fate{Node: "n003", Event: sim.Vanish})
	simulate(t, sim.Options{Script: script, OperationTime: time.Second}, func(r *rig) {
		if op := r.done(r.insert(instance("ecluster-abc-n001"))); opCode(op) != "500 INTERNAL_ERROR" || op.Error.Errors[0].Message != "disk lost" {
			t.Errorf("%+v", op)
		}
		for _, n := range []string{"n002", "n003"} {
			r.done(r.insert(instance("ecluster-abc-" + n)))
		}
		<-time.After(3 * time.Second)
		if got := r.get("ecluster-abc-n002").Status; got != "TERMINATED" {
			t.Errorf("dead: %s", got)
		}
		if got := r.inventory(); got != "disk ecluster-abc-n002, instance ecluster-abc-n002" {
			t.Errorf("left: %s", got)
		}
	})
}

func TestRunLimit(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second}, func(r *rig) {
		i := instance("a")
		i.Scheduling = &compute.Scheduling{InstanceTerminationAction: "DELETE", MaxRunDuration: &compute.Duration{Seconds: 3600}}
		if i = r.run(i); i.ResourceStatus.Scheduling.TerminationTimestamp == "" {
			t.Error("no end is shown")
		}
		<-time.After(59 * time.Minute)
		if got := r.get("a").Status; got != "RUNNING" {
			t.Errorf("before its time: %s", got)
		}
		<-time.After(2 * time.Minute)
		if got := r.inventory(); got != "" {
			t.Errorf("left: %s", got)
		}
		r.clean()
	})
}

func TestFaults(t *testing.T) {
	const op = "compute.instances.insert"
	for _, test := range []struct {
		fault sim.Fault
		want  string
		left  string
	}{
		{sim.Fault{Code: "rateLimitExceeded", RetryAfter: sim.Duration(3 * time.Second)}, "403 rateLimitExceeded", ""},
		{sim.Fault{Status: 429}, "429 rateLimitExceeded", ""},
		{sim.Fault{Status: 500}, "500 backendError", ""},
		{sim.Fault{Status: 503, Lands: true}, "503 backendError", "disk a, instance a"},
		{sim.Fault{Code: "accessNotConfigured"}, "403 accessNotConfigured", ""},
		{sim.Fault{Code: "authError"}, "401 authError", ""},
		{sim.Fault{Code: "quotaExceeded"}, "403 quotaExceeded", ""},
		{sim.Fault{Code: "forbidden"}, "403 forbidden", ""},
		{sim.Fault{Code: "resourceInUseByAnotherResource"}, "400 resourceInUseByAnotherResource", ""},
		{sim.Fault{Code: "somethingNew", Status: 418, Message: "no"}, "418 somethingNew", ""},
		{sim.Fault{Reset: true}, "reset", ""},
		{sim.Fault{Reset: true, Lands: true}, "reset", "disk a, instance a"},
		{sim.Fault{Later: true, Code: "QUOTA_EXCEEDED"}, "403 QUOTA_EXCEEDED", ""},
		{sim.Fault{Later: true, Code: "ZONE_RESOURCE_POOL_EXHAUSTED"}, "503 ZONE_RESOURCE_POOL_EXHAUSTED", ""},
		{sim.Fault{Never: true}, "RUNNING", "disk a, instance a"},
		{sim.Fault{Delay: sim.Duration(time.Minute)}, "DONE", "disk a, instance a"},
	} {
		t.Run(test.want, func(t *testing.T) {
			script := sim.NewScript()
			simulate(t, sim.Options{Script: script, OperationTime: time.Second}, func(r *rig) {
				test.fault.Op, test.fault.Node = op, "a"
				script.Inject(test.fault)
				i := instance("a")
				start := time.Now()
				res, err := r.api.Instances.Insert(google.Project, zone, i).Do()
				got := refusal(err)
				switch {
				case err == nil:
					got = opCode(r.done(res))
				case strings.Contains(err.Error(), "connection reset"):
					got = "reset"
				}
				if got != test.want || r.inventory() != test.left {
					t.Errorf("%s; left: %s", got, r.inventory())
				}
				if test.fault.Delay > 0 && time.Since(start) < time.Minute {
					t.Error("no delay")
				}
				if test.fault.Never {
					r.done(do(r, r.api.Instances.Delete(google.Project, zone, "a")))
					if got := r.done(res); opCode(got) != "409 OPERATION_CANCELED_BY_USER" || r.inventory() != "" {
						t.Errorf("after the deletion: %s, %s", opCode(got), r.inventory())
					}
				}
				r.clean()
			})
		})
	}
}

func TestGuest(t *testing.T) {
	m := &machines{Silent: sim.NewSilent(), booted: map[string]sim.Boot{}}
	simulate(t, sim.Options{Machines: m}, func(r *rig) {
		text := func(s string) *string { return &s }
		i := instance("ecluster-abc-n001")
		i.Metadata = &compute.Metadata{Items: []*compute.MetadataItems{
			{Key: "ssh-keys", Value: text("ecluster:ssh-ed25519 AAAA me\nother:ssh-rsa BBBB")},
			{Key: "startup-script", Value: text("#!/bin/sh\n")},
			{Key: "user-data", Value: text("#cloud-config\n")},
		}}
		r.run(i)
		if got := refused(r, r.api.Instances.GetGuestAttributes(google.Project, zone, i.Name).QueryPath("hostkeys/")); got != "412 conditionNotMet" {
			t.Errorf("switched off: %s", got)
		}
		i = r.get(i.Name)
		i.Metadata.Items = append(i.Metadata.Items, &compute.MetadataItems{Key: "enable-guest-attributes", Value: text("TRUE")})
		r.done(do(r, r.api.Instances.SetMetadata(google.Project, zone, i.Name, i.Metadata)))
		if got := refused(r, r.api.Instances.SetMetadata(google.Project, zone, i.Name, i.Metadata)); got != "412 conditionNotMet" {
			t.Errorf("an old fingerprint: %s", got)
		}
		if got := refused(r, r.api.Instances.GetGuestAttributes(google.Project, zone, i.Name).QueryPath("hostkeys/")); got != "404 notFound" {
			t.Errorf("not published yet: %s", got)
		}
		m.publish("ssh-ed25519 CCCC root@n")
		a := do(r, r.api.Instances.GetGuestAttributes(google.Project, zone, i.Name).QueryPath("hostkeys/"))
		if v := a.QueryValue.Items[0]; v.Namespace != "hostkeys" || v.Key != "ssh-ed25519" || v.Value != "CCCC" {
			t.Errorf("%+v", v)
		}
		if a = do(r, r.api.Instances.GetGuestAttributes(google.Project, zone, i.Name).VariableKey("hostkeys/ssh-ed25519")); a.VariableValue != "CCCC" {
			t.Errorf("%+v", a)
		}
		if c := do(r, r.api.Instances.GetSerialPortOutput(google.Project, zone, i.Name).Start(5)); c.Contents != " up\n" || c.Next != 9 {
			t.Errorf("console %q, next %d", c.Contents, c.Next)
		}
		b := m.booted["n001"]
		if b.Agent == nil || b.UserData != nil || len(b.Agent.Users) != 2 || b.Agent.Users[0] != (sim.AgentUser{Name: "ecluster", AuthorizedKey: "ssh-ed25519 AAAA me"}) {
			t.Errorf("Debian boots with %+v", b)
		}
		if b.Hostname != "ecluster-abc-n001" || b.Image != "debian-13" || b.Network != "default" || b.Agent.StartupScript != "#!/bin/sh\n" {
			t.Errorf("boot %+v", b)
		}
		i = instance("ecluster-abc-n002")
		i.Disks[0].InitializeParams.SourceImage = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64"
		i.Metadata = &compute.Metadata{Items: []*compute.MetadataItems{{Key: "user-data", Value: text("#cloud-config\n")}}}
		r.run(i)
		if b := m.booted["n002"]; b.Agent != nil || string(b.UserData) != "#cloud-config\n" {
			t.Errorf("Ubuntu boots with %+v", b)
		}
		r.clean()
	})
	if len(m.booted) != 0 {
		t.Errorf("machines left: %v", m.booted)
	}
}

func TestImagesAndCatalogue(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second}, func(r *rig) {
		image := do(r, r.api.Images.GetFromFamily("debian-cloud", "debian-12"))
		if image.Name != "debian-12-bookworm-v20261013" || image.Architecture != "X86_64" {
			t.Errorf("newest %s", image.Name)
		}
		if n := len(do(r, r.api.Images.List("debian-cloud").Filter(`family="debian-12"`)).Items); n != 2 {
			t.Errorf("%d images of the family", n)
		}
		if got := refused(r, r.api.Images.GetFromFamily("debian-cloud", "debian-99")); got != "404 notFound" {
			t.Error(got)
		}
		arm := instance("arm")
		arm.MachineType = "zones/" + zone + "/machineTypes/t2a-standard-1"
		if op := r.done(r.insert(arm)); opCode(op) != "400 INVALID_USAGE" {
			t.Errorf("an image of another architecture: %s", opCode(op))
		}
		r.run(instance("a"))
		baked := &compute.Image{Name: "mine", Family: "mine", SourceDisk: "zones/" + zone + "/disks/a", Labels: map[string]string{"ecluster-recipe": "x"}}
		if got := refused(r, r.api.Images.Insert(google.Project, baked)); got != "400 resourceInUseByAnotherResource" {
			t.Errorf("an image of a disk that is in use: %s", got)
		}
		r.done(do(r, r.api.Images.Insert(google.Project, baked).ForceCreate(true)))
		b := instance("b")
		b.Disks[0].InitializeParams.SourceImage = "global/images/family/mine"
		r.run(b)
		r.done(do(r, r.api.Images.Delete(google.Project, "mine")))
		if got := refused(r, r.api.Images.Insert(google.Project, &compute.Image{Name: "x", SourceImage: "global/images/mine"})); got != "404 notFound" {
			t.Errorf("an image of what is gone: %s", got)
		}
		for _, kind := range []string{"n1-standard-8", "n1-custom-4-5120", "a2-highgpu-1g"} {
			m, err := r.api.MachineTypes.Get(google.Project, zone, kind).Do()
			if err != nil || m.GuestCpus == 0 {
				t.Errorf("%s: %v", kind, err)
			}
		}
		if got := refused(r, r.api.MachineTypes.Get(google.Project, "mars-a", "n1-standard-1")); got != "400 invalid" {
			t.Errorf("a zone that does not exist: %s", got)
		}
		do(r, r.api.AcceleratorTypes.AggregatedList(google.Project))
		do(r, r.api.MachineTypes.AggregatedList(google.Project).Filter("guestCpus=8"))
		do(r, r.api.Snapshots.List(google.Project))
		do(r, r.api.Zones.List(google.Project).Filter("status=UP"))
		do(r, r.api.Regions.List(google.Project))
		do(r, r.api.DiskTypes.List(google.Project, zone))
		do(r, r.api.Networks.List(google.Project))
		do(r, r.api.Subnetworks.AggregatedList(google.Project))
		do(r, r.api.Firewalls.List(google.Project))
		r.clean()
	})
}

func TestDisksAddressesPolicies(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second}, func(r *rig) {
		r.done(do(r, r.api.Disks.Insert(google.Project, zone, &compute.Disk{Name: "data", SizeGb: 100, Type: "zones/" + zone + "/diskTypes/pd-ssd"})))
		r.done(do(r, r.api.Addresses.Insert(google.Project, region, &compute.Address{Name: "ip"})))
		r.done(do(r, r.api.ResourcePolicies.Insert(google.Project, region, &compute.ResourcePolicy{
			Name: "close", GroupPlacementPolicy: &compute.ResourcePolicyGroupPlacementPolicy{Collocation: "COLLOCATED"},
		})))
		ip := do(r, r.api.Addresses.Get(google.Project, region, "ip")).Address
		i := instance("a")
		i.Disks = append(i.Disks,
			&compute.AttachedDisk{Source: "zones/" + zone + "/disks/data"},
			&compute.AttachedDisk{Type: "SCRATCH", AutoDelete: true, Interface: "NVME", InitializeParams: &compute.AttachedDiskInitializeParams{DiskType: "zones/" + zone + "/diskTypes/local-ssd"}},
			&compute.AttachedDisk{AutoDelete: true, InitializeParams: &compute.AttachedDiskInitializeParams{DiskSizeGb: 20}})
		i.NetworkInterfaces[0].AccessConfigs[0].NatIP = ip
		i.ResourcePolicies = []string{"regions/" + region + "/resourcePolicies/close"}
		if i = r.run(i); i.NetworkInterfaces[0].AccessConfigs[0].NatIP != ip || len(i.Disks) != 4 {
			t.Errorf("%+v", i)
		}
		for _, used := range []string{
			refused(r, r.api.Disks.Delete(google.Project, zone, "data")), refused(r, r.api.Addresses.Delete(google.Project, region, "ip")),
			refused(r, r.api.ResourcePolicies.Delete(google.Project, region, "close")),
		} {
			if used != "400 resourceInUseByAnotherResource" {
				t.Errorf("deletion of what is in use: %s", used)
			}
		}
		r.done(do(r, r.api.Instances.Delete(google.Project, zone, "a")))
		if got := r.inventory(); got != "address ip, disk data, resourcePolicy close" {
			t.Errorf("left: %s", got)
		}
		d := do(r, r.api.Disks.Get(google.Project, zone, "data"))
		r.done(do(r, r.api.Disks.SetLabels(google.Project, zone, "data", &compute.ZoneSetLabelsRequest{LabelFingerprint: d.LabelFingerprint, Labels: map[string]string{"a": "b"}})))
		r.done(do(r, r.api.Disks.Delete(google.Project, zone, "data")))
		r.done(do(r, r.api.Addresses.Delete(google.Project, region, "ip")))
		r.done(do(r, r.api.ResourcePolicies.Delete(google.Project, region, "close")))
		r.clean()
	})
}

// A thousand machines, as many clients: they are all made, listed and gone.
func TestThousand(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second, BootTime: 30 * time.Second}, func(r *rig) {
		const n = 1000
		var wg sync.WaitGroup
		for k := range n {
			wg.Go(func() {
				if _, err := r.api.Instances.Insert(google.Project, zone, instance(fmt.Sprintf("ecluster-abc-n%04d", k))).RequestId(id(k + 1)).Do(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		<-time.After(time.Minute)
		seen := 0
		err := r.api.Instances.AggregatedList(google.Project).Filter("labels.ecluster-cluster=abc AND status=RUNNING").Pages(t.Context(), func(l *compute.InstanceAggregatedList) error {
			seen += len(l.Items["zones/"+zone].Instances)
			return nil
		})
		if err != nil || seen != n {
			t.Errorf("%d run (%v)", seen, err)
		}
		for k := range n {
			wg.Go(func() {
				if _, err := r.api.Instances.Delete(google.Project, zone, fmt.Sprintf("ecluster-abc-n%04d", k)).Do(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		<-time.After(time.Minute)
		if left := r.inventory(); left != "" {
			t.Errorf("left: %s", left)
		}
	})
}
