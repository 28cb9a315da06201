package google_test

import (
	"testing"
	"time"

	compute "google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/google"
)

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
