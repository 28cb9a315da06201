package google

import (
	"strconv"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform"

// options are the decoded attributes of a node group.
type options struct {
	zones          []string
	disks          []cluster.Disk
	localSSD       int
	networkTier    string
	nicType        string
	minCPUPlatform string
	serviceAccount string
	scopes         []string
	labels         map[string]string
	tags           []string
	metadata       map[string]string
	userData       string
	public         *bool // nil is the provider's
	compact        bool
	maxRun         time.Duration
}

func optionsOf(g cluster.Group) options { return optionsFrom(g.Settings) }

func optionsFrom(v schema.Values) options {
	o := options{
		zones: v.Strings("zones"), disks: disksOf(v), localSSD: v.Int("local_ssd"),
		networkTier: v.String("network_tier"), nicType: v.String("nic_type"),
		minCPUPlatform: v.String("min_cpu_platform"),
		serviceAccount: v.String("service_account"), scopes: v.Strings("scopes"),
		labels: texts(v, "labels"), tags: v.Strings("tags"), metadata: texts(v, "metadata"),
		userData: v.String("user_data"), compact: v.String("placement") == "compact",
	}
	if public, given := v["public_address"].(bool); given {
		o.public = &public
	}
	o.maxRun, _ = time.ParseDuration(v.String("max_run")) // checked when it was decoded
	if o.serviceAccount != "" && len(o.scopes) == 0 {
		o.scopes = []string{cloudPlatform}
	}
	return o
}

// disksOf are the disks beside the one that a machine boots from.
func disksOf(v schema.Values) []cluster.Disk {
	list, _ := v["disks"].([]any)
	var out []cluster.Disk
	for _, e := range list {
		m, _ := e.(map[string]any)
		out = append(out, cluster.Disk{SizeGB: schema.Values(m).Int("size_gb"), Type: schema.Values(m).String("type")})
	}
	return out
}

func texts(v schema.Values, name string) map[string]string {
	out := map[string]string{}
	for k, e := range v.Map(name) {
		if s, is := e.(string); is {
			out[k] = s
		}
	}
	return out
}

// public says whether nodes of a group have a public address.
func (d *Driver) public(o options) bool {
	if o.public != nil {
		return *o.public
	}
	return d.set.public
}

// defaultMachineType is for groups that name none.
const defaultMachineType = "e2-standard-2"

func machineTypeOf(g cluster.Group) string {
	if g.MachineType == "" {
		return defaultMachineType
	}
	return g.MachineType
}

// family is the series of a machine type: "n2" of "n2-standard-8". Custom
// types without one are N1.
func family(machineType string) string {
	f, _, _ := strings.Cut(machineType, "-")
	if f == "custom" {
		return "n1"
	}
	return f
}

// hyperdiskOnly are series that don't take persistent disks.
var hyperdiskOnly = map[string]bool{
	"a4": true, "a4x": true, "c4": true, "c4a": true, "c4d": true, "g4": true, "h4d": true,
	"m4": true, "n4": true, "n4a": true, "n4d": true, "x4": true,
}

func defaultDiskType(machineType string) string {
	if hyperdiskOnly[family(machineType)] {
		return "hyperdisk-balanced"
	}
	return "pd-balanced"
}

// expectedShape reads what the name of a machine type tells: its processors.
func expectedShape(g cluster.Group) cluster.Shape {
	var s cluster.Shape
	if g.GPU != nil {
		s.GPUs = g.GPU.Count
	}
	words := strings.Split(machineTypeOf(g), "-")
	for i, w := range words {
		if n, err := strconv.Atoi(w); err == nil && i > 0 {
			s.CPUs = n
			break
		}
	}
	return s
}
