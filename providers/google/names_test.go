package google

import (
	"regexp"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
)

func TestNamesFit(t *testing.T) {
	valid := regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)
	id := cluster.ID("abcdefghijklmnopqrst")
	long := strings.Repeat("g", 40)
	seen := map[string]bool{}
	for _, suffix := range []string{"net", "compute001", long + "001", long + "002"} {
		name := resourceName(id, suffix)
		if !valid.MatchString(name) || !strings.HasPrefix(name, prefix(id)) || seen[name] {
			t.Errorf("%s gives %q", suffix, name)
		}
		seen[name] = true
	}
}

func TestRequestIDsAreUUIDs(t *testing.T) {
	a, b := requestID("token", "zone", "compute001"), requestID("token", "zone", "compute002")
	if a == b || a != requestID("token", "zone", "compute001") || requestID("a", "bc") == requestID("ab", "c") {
		t.Errorf("%s and %s", a, b)
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(a) {
		t.Errorf("%s is no UUID of version 5", a)
	}
}

func TestDescriptionsNameTheirOwner(t *testing.T) {
	if id, name := owner(describe("x1", "mine")); id != "x1" || name != "mine" {
		t.Errorf("got %s, %s", id, name)
	}
	if id, _ := owner("somebody's network"); id != "" {
		t.Errorf("got %s", id)
	}
}

func TestInstanceIDs(t *testing.T) {
	zone, name, ok := splitID(instanceID("us-central1-a", "ecluster-x-compute001"))
	if !ok || zone != "us-central1-a" || name != "ecluster-x-compute001" {
		t.Errorf("got %s, %s, %v", zone, name, ok)
	}
	for _, bad := range []cluster.InstanceID{"", "x", "/x", "x/", "a/b/c"} {
		if _, _, ok := splitID(bad); ok {
			t.Errorf("%q is taken for an instance", bad)
		}
	}
	if got := regionsOf([]string{"us-east1-b", "us-central1-a", "us-east1-c"}); len(got) != 2 || got[0] != "us-central1" {
		t.Errorf("got %v", got)
	}
}

func TestExpectedShape(t *testing.T) {
	for machineType, cpus := range map[string]int{"n2-standard-8": 8, "e2-micro": 0, "n2-custom-4-8192": 4, "custom-2-4096": 2, "": 2, "g2-standard-4": 4} {
		if got := expectedShape(cluster.Group{MachineType: machineType}); got.CPUs != cpus {
			t.Errorf("%q: %d CPUs, want %d", machineType, got.CPUs, cpus)
		}
	}
}
