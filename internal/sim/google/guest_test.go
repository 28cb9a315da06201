package google_test

import (
	"testing"

	compute "google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/google"
)

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
