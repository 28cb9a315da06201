package aws

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/providers"
)

func TestNodeTags(t *testing.T) {
	var sparse []cluster.NodeName
	for i := 1; i <= 400; i += 2 {
		sparse = append(sparse, cluster.NewNodeName("a-group-with-quite-a-long-name", i))
	}
	for _, names := range [][]cluster.NodeName{
		{"frontend001"}, {"compute001", "compute002", "compute005"}, sparse, sparse[:70],
	} {
		tags := nodeTags(names)
		for key, value := range tags {
			if len(value) > maxTagValue || value == "" {
				t.Errorf("tag %s has %d characters", key, len(value))
			}
		}
		for i, want := range names {
			if got := nodeOf(tags, i); got != want {
				t.Fatalf("machine %d is %q, want %q; tags %q", i, got, want, tags)
			}
		}
		for _, i := range []int{-1, len(names)} {
			if got := nodeOf(tags, i); got != "" {
				t.Errorf("machine %d is %q", i, got)
			}
		}
	}
	if got := nodeOf(nil, 0); got != "" {
		t.Errorf("without tags: %q", got)
	}
}

func TestUserDataIsCompressedWhenItMustBe(t *testing.T) {
	decode := func(s string) []byte {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	short, err := userData(testAccess, time.Time{}, "#!/bin/sh\ntrue\n")
	if err != nil || !bytes.Contains(decode(short), []byte("multipart")) {
		t.Errorf("short data: %v", err)
	}
	long, err := userData(testAccess, time.Time{}, "#!/bin/sh\n"+strings.Repeat("echo hello\n", 4000))
	if err != nil {
		t.Fatal(err)
	}
	again, err := userData(testAccess, time.Time{}, "#!/bin/sh\n"+strings.Repeat("echo hello\n", 4000))
	if err != nil || again != long {
		t.Errorf("equal data are not equal, %v", err)
	}
	r, err := gzip.NewReader(bytes.NewReader(decode(long)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil || !bytes.Contains(text, []byte("echo hello\n")) || !bytes.Contains(text, []byte("ssh_keys")) {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if _, err := userData(testAccess, time.Time{}, noise(60_000)); err == nil || !strings.Contains(err.Error(), "EC2 takes 16384") {
		t.Errorf("too long: %v", err)
	}
}

// TestLaunchRequest shows all that a group can ask for in the request.
func TestLaunchRequest(t *testing.T) {
	c := newCell(t, sim.Options{}, map[string]any{"zones": []any{"us-east-1b"}, "tags": map[string]any{"grant": "g7"}})
	c.group = cluster.Group{
		Name: "compute", MachineType: "c5n.18xlarge", Spot: true, BootDisk: &cluster.Disk{SizeGB: 50, Type: "io2"},
		Settings: map[string]any{
			"disks": []any{map[string]any{"size_gb": 100.0, "type": "st1"}, map[string]any{"size_gb": 20.0, "iops": 4000.0, "throughput": 300.0}},
			"efa":   true, "placement": "cluster", "instance_profile": "hpc", "tags": map[string]any{"team": "x"},
			"public_address": false, "max_price": 1.5, "threads_per_core": 1.0,
		},
	}
	c.prepare(t)
	in, _, err := c.driver.runInput(t.Context(), c.request("token-1", 1, 2, 5))
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := c.driver.runInput(t.Context(), c.request("token-1", 1, 2, 5))
	if err != nil || jsonOf(t, in) != jsonOf(t, again) {
		t.Errorf("equal launches are not equal, %v", err)
	}
	in.UserData = nil
	group := in.NetworkInterfaces[0].Groups[0]
	text := strings.NewReplacer(group, "sg-1", *in.NetworkInterfaces[0].SubnetId, "subnet-1", *in.ImageId, "ami-1").Replace(jsonOf(t, in))
	golden(t, "launch.json", text)
}

// jsonOf prints what is set.
func jsonOf(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(withoutEmpty(plain), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out) + "\n"
}

func withoutEmpty(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e = withoutEmpty(e); e == nil || e == "" {
				delete(v, k)
			} else {
				v[k] = e
			}
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = withoutEmpty(v[i])
		}
	}
	return v
}

func TestPlaces(t *testing.T) {
	s := settings{zones: []string{"z1a", "z1b"}}
	d := &Driver{s: s}
	for _, tc := range []struct {
		settings map[string]any
		want     []place
	}{
		{nil, []place{{"c7i.large", "z1a"}, {"c7i.large", "z1b"}}},
		{map[string]any{"zones": []any{"z1c"}}, []place{{"c7i.large", "z1c"}}},
		{map[string]any{"machine_types": []any{"c6i.large", "c7i.large"}}, []place{
			{"c7i.large", "z1a"}, {"c7i.large", "z1b"}, {"c6i.large", "z1a"}, {"c6i.large", "z1b"},
		}},
	} {
		g := cluster.Group{MachineType: "c7i.large", Settings: tc.settings}
		if diff := cmp.Diff(tc.want, s.places(g), cmp.AllowUnexported(place{})); diff != "" || d.Places(g) != len(tc.want) {
			t.Errorf("places of %v (-want +got)\n%s", tc.settings, diff)
		}
	}
}

// TestStockOutGoesToTheNextPlace: zones first, then machine types.
func TestStockOutGoesToTheNextPlace(t *testing.T) {
	c := newCell(t, sim.Options{Stock: map[string]int{"us-east-1a/c7i.large": 0, "us-east-1b/c7i.large": 1, "us-east-1a/c6i.large": 9}}, map[string]any{
		"zones": []any{"us-east-1a", "us-east-1b"},
	})
	c.group.Settings = map[string]any{"machine_types": []any{"c6i.large"}}
	c.prepare(t)
	err := c.cloud.Launch(t.Context(), providers.LaunchPlan{ID: c.id, Name: "lab", Nodes: c.request("", 1, 2, 3).Nodes, Access: testAccess}, launchHooks{t: t})
	if err != nil {
		t.Fatal(err)
	}
	c.wait(t, "compute001", "compute002", "compute003")
	found, err := c.driver.instances(t.Context(), "list", c.id)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range found {
		got = append(got, fmt.Sprintf("%s %s", aws.ToString(i.Placement.AvailabilityZone), i.InstanceType))
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"us-east-1a c6i.large", "us-east-1a c6i.large", "us-east-1b c7i.large"}, got); diff != "" {
		t.Errorf("machines (-want +got)\n%s", diff)
	}
}

func TestLimitOf(t *testing.T) {
	for name, want := range map[string]string{
		"c7i.large": "L-1216C47A", "t3.micro": "L-1216C47A", "im4gn.large": "L-1216C47A", "mac1.metal": "L-1216C47A",
		"g5.xlarge": "L-DB2E81BA", "gr6.4xlarge": "L-DB2E81BA", "vt1.3xlarge": "L-DB2E81BA", "p4d.24xlarge": "L-417A185B", "p5.48xlarge": "L-417A185B",
		"x2idn.16xlarge": "L-7295265B", "inf2.xlarge": "L-1945791B", "trn1.2xlarge": "L-2C3B7624", "u-6tb1.56xlarge": "L-43DA4232", "hpc7a.96xlarge": "L-F7808C92",
	} {
		if got, _ := limitOf(name, false); got.code != want {
			t.Errorf("%s counts towards %+v, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{"c7i.large": "L-34B43A08", "p4d.24xlarge": "L-7212CCBC", "p5.48xlarge": "L-C4BD4855", "hpc7a.96xlarge": ""} {
		if got, _ := limitOf(name, true); got.code != want {
			t.Errorf("spot %s counts towards %+v, want %s", name, got, want)
		}
	}
}

func TestSameGPU(t *testing.T) {
	for _, tc := range []struct {
		wanted, has string
		same        bool
	}{
		{"nvidia-tesla-t4", "T4", true},
		{"t4", "T4", true},
		{"NVIDIA L4", "L4", true},
		{"nvidia-a100-80gb", "A100", true},
		{"nvidia-l4", "L40S", false},
		{"t4", "T4g", false},
		{"nvidia-a10g", "A10G", true},
		{"v100", "A100", false},
	} {
		if got := sameGPU(tc.wanted, tc.has); got != tc.same {
			t.Errorf("sameGPU(%q, %q) = %v", tc.wanted, tc.has, got)
		}
	}
}

func TestHostKeysInConsole(t *testing.T) {
	console := `[   10.1] cloud-init[512]: ci-info: +++
-----BEGIN SSH HOST KEY KEYS-----
ssh-ed25519 AAAAold root@ip-10-0-0-1
-----END SSH HOST KEY KEYS-----
[  900.0] rebooted
ec2: #############
ec2: -----BEGIN SSH HOST KEY FINGERPRINTS-----
ec2: 256 SHA256:abc root@ip (ED25519)
ec2: -----END SSH HOST KEY FINGERPRINTS-----
-----BEGIN SSH HOST KEY KEYS-----
ecdsa-sha2-nistp256 AAAAecdsa root@ip-10-0-0-1
[   10.2] cloud-init: ssh-ed25519 AAAAnew root@ip-10-0-0-1
-----END SSH HOST KEY KEYS-----
`
	want := []string{"ecdsa-sha2-nistp256 AAAAecdsa", "ssh-ed25519 AAAAnew"}
	if diff := cmp.Diff(want, hostKeysIn(console)); diff != "" {
		t.Errorf("keys (-want +got)\n%s", diff)
	}
	torn := console[:strings.LastIndex(console, "-----END SSH HOST KEY KEYS")]
	if diff := cmp.Diff([]string{"ssh-ed25519 AAAAold"}, hostKeysIn(torn)); diff != "" {
		t.Errorf("keys of a console that is being written (-want +got)\n%s", diff)
	}
	if got := hostKeysIn("nothing"); got != nil {
		t.Errorf("keys %q of nothing", got)
	}
}

func TestStates(t *testing.T) {
	for _, tc := range []struct {
		state   types.InstanceStateName
		code    string
		message string
		want    cluster.InstanceState
		reason  string
	}{
		{types.InstanceStateNamePending, "", "", cluster.InstancePending, ""},
		{types.InstanceStateNameRunning, "Client.UserInitiatedShutdown", "of the past", cluster.InstanceRunning, ""},
		{types.InstanceStateNameShuttingDown, "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown", cluster.InstanceStopping, "the machine was stopped or deleted (Client.UserInitiatedShutdown: User initiated shutdown)"},
		{types.InstanceStateNameStopped, "Server.ScheduledStop", "", cluster.InstanceStopped, "AWS retired the machine's hardware (Server.ScheduledStop)"},
		{types.InstanceStateNameTerminated, "Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Spot instance termination", cluster.InstanceGone, "AWS took the spot machine back (Server.SpotInstanceTermination: Spot instance termination)"},
		{types.InstanceStateNameTerminated, "Server.New", "something new", cluster.InstanceGone, "something new"},
	} {
		i := types.Instance{
			State:       &types.InstanceState{Name: tc.state},
			StateReason: &types.StateReason{Code: aws.String(tc.code), Message: aws.String(tc.message)},
		}
		if got, reason := stateOf(i), reasonOf(i); got != tc.want || reason != tc.reason {
			t.Errorf("%s %s: %s %q, want %s %q", tc.state, tc.code, got, reason, tc.want, tc.reason)
		}
	}
}

func TestOnDemandPrice(t *testing.T) {
	product := `{"product":{"attributes":{"instanceType":"c7i.large"}},"terms":{"OnDemand":{"X.Y":{"priceDimensions":{"X.Y.Z":{"unit":"Hrs","pricePerUnit":{"USD":"0.0892500000"}}}}},"Reserved":{}}}`
	if got, err := onDemand(product); err != nil || got != 0.08925 {
		t.Errorf("price %v, %v", got, err)
	}
	if _, err := onDemand("<html>"); err == nil {
		t.Error("no error for what is no price list")
	}
}

// TestNoPriceWithoutTheRight: prices are a convenience.
func TestNoPriceWithoutTheRight(t *testing.T) {
	d := answering(t, http.StatusForbidden, `{"__type":"AccessDeniedException","Message":"no"}`)
	got, err := d.Price(t.Context(), []providers.NodeRequest{{Name: "a001", Group: cluster.Group{MachineType: "c7i.large"}}})
	if err != nil || len(got) != 0 {
		t.Errorf("prices %v, %v", got, err)
	}
}

func TestSettings(t *testing.T) {
	for name, values := range map[string]schema.Values{
		"key without secret":   {"access_key": "a"},
		"subnet and new vpc":   {"subnet": "subnet-1", "vpc": "new"},
		"subnet and two zones": {"subnet": "subnet-1", "zones": []any{"eu-west-1a", "eu-west-1b"}},
	} {
		if _, err := decodeSettings(values); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for _, tc := range []struct {
		schema schema.Schema
		values map[string]any
		says   string
	}{
		{settingsSchema(), map[string]any{"region": "us-east-1a"}, "a region such as"},
		{settingsSchema(), map[string]any{"zones": []any{"us-east-1"}}, "an availability zone"},
		{settingsSchema(), map[string]any{"endpoint": "localhost"}, "a URL such as"},
		{settingsSchema(), map[string]any{"vpc": "default"}, "the id of a VPC"},
		{settingsSchema(), map[string]any{"tags": map[string]any{"aws:x": "y"}}, `can't begin with "aws:"`},
		{settingsSchema(), map[string]any{"tags": map[string]any{"x": strings.Repeat("y", 257)}}, "at most 256"},
		{groupSchema(), map[string]any{"disks": []any{map[string]any{"size_gb": 0.0}}}, "size_gb of disk 1"},
		{groupSchema(), map[string]any{"disks": []any{map[string]any{"size_gb": 10.0, "type": "gp4"}}}, `Did you mean "gp3"`},
		{groupSchema(), map[string]any{"max_price": 0.0}, "dollars an hour"},
		{groupSchema(), map[string]any{"placement": "close"}, "placement"},
		{groupSchema(), map[string]any{"machine_types": []any{"large"}}, "an instance type"},
	} {
		if _, err := tc.schema.DecodeMap(tc.values); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%v: %v", tc.values, err)
		}
	}
	v, err := groupSchema().DecodeMap(map[string]any{"disks": []any{map[string]any{"size_gb": 10.0}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := (settings{}).of(cluster.Group{Settings: v}).disks; len(got) != 1 || got[0] != (disk{sizeGB: 10, kind: "gp3"}) {
		t.Errorf("disks %+v", got)
	}
	for _, zone := range []string{"us-east-1a", "eu-central-1b", "us-gov-west-1a", "us-west-2-lax-1a", "ap-southeast-2c"} {
		if !zoneForm.MatchString(zone) {
			t.Errorf("%s is no zone", zone)
		}
	}
}

// TestSecretsStayInside: neither the driver nor its errors show a key.
func TestSecretsStayInside(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, refusal("AuthFailure", "no"))
	}))
	defer server.Close()
	values := testSettings(server.URL)
	values["secret_key"], values["session_token"] = "TOPSECRET", "TOPTOKEN"
	d := testDriver(t, values)
	_, err := d.List(t.Context(), "t1")
	findings, checkErr := d.Check(t.Context(), providers.CheckRequest{Name: "lab"})
	for _, text := range []string{err.Error(), fmt.Sprint(findings, checkErr)} {
		if strings.Contains(text, "TOPSECRET") || strings.Contains(text, "TOPTOKEN") {
			t.Errorf("%q", text)
		}
	}
}
