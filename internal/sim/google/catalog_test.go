package google_test

import (
	"testing"
	"time"

	compute "google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/google"
)

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
