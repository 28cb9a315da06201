package google

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
)

func TestScheduling(t *testing.T) {
	began := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	n2 := &compute.MachineType{}
	a2 := &compute.MachineType{Accelerators: []*compute.MachineTypeAccelerators{{GuestAcceleratorCount: 1, GuestAcceleratorType: "nvidia-tesla-a100"}}}
	for name, test := range map[string]struct {
		group   cluster.Group
		options options
		mt      *compute.MachineType
		expires time.Time
		want    string // model, maintenance, action, seconds
	}{
		"plain":      {mt: n2, want: "STANDARD   0"},
		"spot":       {group: cluster.Group{Spot: true}, mt: n2, want: "SPOT TERMINATE DELETE 0"},
		"gpu":        {group: cluster.Group{GPU: &cluster.GPU{Count: 1}}, mt: n2, want: "STANDARD TERMINATE  0"},
		"built-in":   {mt: a2, want: "STANDARD TERMINATE  0"},
		"compact":    {options: options{compact: true}, mt: n2, want: "STANDARD TERMINATE  0"},
		"ttl":        {mt: n2, expires: began.Add(12 * time.Hour), want: "STANDARD  DELETE 43200"},
		"ttl, spot":  {group: cluster.Group{Spot: true}, mt: n2, expires: began.Add(time.Hour), want: "SPOT TERMINATE DELETE 3600"},
		"short ttl":  {mt: n2, expires: began.Add(time.Second), want: "STANDARD  DELETE 30"},
		"long ttl":   {mt: n2, expires: began.Add(365 * 24 * time.Hour), want: "STANDARD  DELETE 10368000"},
		"max_run":    {options: options{maxRun: time.Hour}, mt: n2, want: "STANDARD  DELETE 3600"},
		"the sooner": {options: options{maxRun: time.Hour}, mt: n2, expires: began.Add(time.Minute), want: "STANDARD  DELETE 60"},
	} {
		s, err := scheduling(providers.LaunchRequest{Expires: test.expires}, test.group, test.options, test.mt, began)
		if err != nil {
			t.Fatal(err)
		}
		if got := scheduled(s); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if _, err := scheduling(providers.LaunchRequest{Expires: began.Add(-time.Minute)}, cluster.Group{}, options{}, n2, began); !isKind(err, providers.Invalid) {
		t.Errorf("a time that is over: %v", err)
	}
}

func scheduled(s *compute.Scheduling) string {
	seconds := "0"
	if s.MaxRunDuration != nil {
		seconds = strconv.FormatInt(s.MaxRunDuration.Seconds, 10)
	}
	return strings.Join([]string{s.ProvisioningModel, s.OnHostMaintenance, s.InstanceTerminationAction, seconds}, " ")
}

func TestMetadata(t *testing.T) {
	req := providers.LaunchRequest{Access: providers.Access{AuthorizedKey: "ssh-ed25519 AAAA ecluster\n", HostKey: "the-host-key", HostKeyPublic: "ssh-ed25519 BBBB"}}
	script := options{userData: "#!/bin/sh\necho hello\n", metadata: map[string]string{"team": "x"}}
	for init, want := range map[cloudInit][]string{yes: {"user-data"}, no: {"startup-script"}, perhaps: {"startup-script", "user-data"}} {
		m, err := metadata(req, script, init)
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]string{}
		var keys []string
		for _, item := range m.Items {
			values[item.Key] = *item.Value
			keys = append(keys, item.Key)
		}
		if !slices.IsSorted(keys) {
			t.Errorf("the order depends on chance: %v", keys)
		}
		for key, value := range map[string]string{
			"ssh-keys": "ecluster-admin:ssh-ed25519 AAAA ecluster", "enable-guest-attributes": "TRUE", "enable-oslogin": "FALSE",
			"block-project-ssh-keys": "TRUE", "serial-port-enable": "FALSE", "team": "x",
		} {
			if values[key] != value {
				t.Errorf("%s is %q", key, values[key])
			}
		}
		for _, key := range []string{"user-data", "startup-script"} {
			if (values[key] != "") != slices.Contains(want, key) {
				t.Errorf("cloud-init %d: %s is %q", init, key, values[key])
			}
		}
		times := strings.Count(values["user-data"], "echo hello") + strings.Count(values["startup-script"], "echo hello")
		if times != 1 {
			t.Errorf("cloud-init %d: the user's script runs %d times", init, times)
		}
		if init == no && strings.Contains(values["startup-script"], "the-host-key") {
			t.Error("the host key is where nobody needs it")
		}
	}
}

// talking are machines that publish what Google's guest agent would.
type talking struct{ *sim.Silent }

func (talking) Console(context.Context, string) ([]byte, error) {
	return []byte("Debian GNU/Linux 12"), nil
}

func (talking) HostKeys(context.Context, string) ([]string, error) {
	return []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOr9m9mZkYVQpqyyN0QUo0iLW5r4dTdFqOUDcPmXyvZr"}, nil
}

func TestConsoleAndHostKeys(t *testing.T) {
	for name, machines := range map[string]sim.Machines{"that talk": talking{sim.NewSilent()}, "that are silent": sim.NewSilent()} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, sim.Options{Machines: machines})
			d := r.open(t, nil)
			c := portable(t, d)
			g := groupOf(nil)
			prepared(t, c, g)
			id := launched(t, c, nodes(g, 1)).launched["compute001"]
			if err := c.WaitRunning(t.Context(), testID, []cluster.NodeName{"compute001"}, func(cluster.Instance) {}); err != nil {
				t.Fatal(err)
			}
			keys, err := d.HostKeys(t.Context(), testID, id)
			wanted, _ := machines.HostKeys(t.Context(), "")
			if err != nil || !slices.Equal(keys, wanted) {
				t.Errorf("host keys %q, error %v", keys, err)
			}
			text, err := d.Console(t.Context(), testID, id)
			wantText, _ := machines.Console(t.Context(), "")
			if err != nil || string(text) != string(wantText) {
				t.Errorf("console %q, error %v", text, err)
			}
			if _, err := d.HostKeys(t.Context(), "other", id); d.ErrorKind(err) != providers.NotFound {
				t.Errorf("another cluster's machine: %v", err)
			}
			destroyed(t, c)
		})
	}
}
