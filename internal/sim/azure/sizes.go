package azure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The architectures of sizes and images.
const (
	x64   = "x64"
	arm64 = "Arm64"
)

// size is one size of virtual machines.
type size struct {
	name        string
	family      string // as quotas call it
	cores       int
	memoryGB    float64
	arch        string
	disks       int // data disks
	nics        int
	gpus        int
	tempGB      int
	onlyV2      bool // boots generation 2 only
	premium     bool
	accelerated bool
	ephemeral   bool
	spot        bool
	rdma        bool
	// few are the zones of a size that is not in all of them; banned the
	// locations where the subscription may not use it.
	few    []string
	banned []string
}

// sizes are those that exist, by name in small letters.
func sizes() map[string]size {
	list := []size{
		{name: "Standard_B1s", family: "standardBSFamily", cores: 1, memoryGB: 1, arch: x64, disks: 2, nics: 2, tempGB: 4, premium: true},
		{name: "Standard_B2s", family: "standardBSFamily", cores: 2, memoryGB: 4, arch: x64, disks: 4, nics: 3, tempGB: 8, premium: true},
		{name: "Standard_B2ms", family: "standardBSFamily", cores: 2, memoryGB: 8, arch: x64, disks: 4, nics: 3, tempGB: 16, premium: true},
		{name: "Standard_D2s_v3", family: "standardDSv3Family", cores: 2, memoryGB: 8, arch: x64, disks: 4, nics: 2, tempGB: 16, premium: true, accelerated: true, ephemeral: true, spot: true},
		{name: "Standard_D2s_v6", family: "StandardDsv6Family", cores: 2, memoryGB: 8, arch: x64, disks: 8, nics: 2, onlyV2: true, premium: true, accelerated: true, spot: true},
		{name: "Standard_F2s_v2", family: "standardFSv2Family", cores: 2, memoryGB: 4, arch: x64, disks: 4, nics: 2, tempGB: 16, premium: true, accelerated: true, spot: true},
		{name: "Standard_F4s_v2", family: "standardFSv2Family", cores: 4, memoryGB: 8, arch: x64, disks: 8, nics: 2, tempGB: 32, premium: true, accelerated: true, spot: true},
		{name: "Standard_F8s_v2", family: "standardFSv2Family", cores: 8, memoryGB: 16, arch: x64, disks: 16, nics: 4, tempGB: 64, premium: true, accelerated: true, ephemeral: true, spot: true},
		{name: "Standard_A1_v2", family: "standardAv2Family", cores: 1, memoryGB: 2, arch: x64, disks: 2, nics: 2, tempGB: 10, spot: true},
		{name: "Standard_HB120rs_v3", family: "standardHBrsv3Family", cores: 120, memoryGB: 448, arch: x64, disks: 32, nics: 8, tempGB: 480, premium: true, accelerated: true, spot: true, rdma: true, few: []string{"2"}, banned: []string{"northeurope"}},
		{name: "Standard_NC4as_T4_v3", family: "Standard NCASv3_T4 Family", cores: 4, memoryGB: 28, arch: x64, disks: 8, nics: 2, gpus: 1, tempGB: 176, premium: true, accelerated: true, ephemeral: true, spot: true},
		{name: "Standard_NC8as_T4_v3", family: "Standard NCASv3_T4 Family", cores: 8, memoryGB: 56, arch: x64, disks: 16, nics: 4, gpus: 1, tempGB: 352, premium: true, accelerated: true, ephemeral: true, spot: true},
		{name: "Standard_NC24ads_A100_v4", family: "StandardNCADSA100v4Family", cores: 24, memoryGB: 220, arch: x64, disks: 8, nics: 2, gpus: 1, tempGB: 64, onlyV2: true, premium: true, accelerated: true, spot: true, few: []string{"1", "3"}, banned: []string{"westus"}},
	}
	for _, cores := range []int{2, 4, 8, 16, 32} {
		for _, v5 := range []size{
			{name: "Standard_D%ds_v5", family: "standardDSv5Family", memoryGB: 4},
			{name: "Standard_D%dds_v5", family: "standardDDSv5Family", memoryGB: 4, tempGB: 75 * cores / 2, ephemeral: true},
			{name: "Standard_E%ds_v5", family: "standardESv5Family", memoryGB: 8},
			{name: "Standard_D%dps_v5", family: "standardDPSv5Family", memoryGB: 4, arch: arm64, onlyV2: true},
		} {
			v5.name = fmt.Sprintf(v5.name, cores)
			v5.cores, v5.memoryGB, v5.disks, v5.nics = cores, v5.memoryGB*float64(cores), min(2*cores, 32), min(max(2, cores/2), 8)
			v5.premium, v5.accelerated, v5.spot = true, true, true
			if v5.arch == "" {
				v5.arch = x64
			}
			list = append(list, v5)
		}
	}
	out := make(map[string]size, len(list))
	for _, s := range list {
		out[lower(s.name)] = s
	}
	return out
}

// offered says whether a location has the size at all; Arm is not everywhere.
func (s size) offered(location string) bool {
	_, exists := locations()[location]
	return exists && (s.arch != arm64 || location != "westus")
}

func (s size) restricted(location string) bool { return slices.Contains(s.banned, location) }

func (s size) zones(location string) []string {
	all := locations()[location]
	if s.few == nil || all == nil {
		return all
	}
	return s.few
}

func (s size) generations() []string {
	if s.onlyV2 {
		return []string{"V2"}
	}
	return []string{"V1", "V2"}
}

func (c *Cloud) sizeNames(location string) string {
	var out []string
	for _, s := range c.sizes {
		if s.offered(location) {
			out = append(out, s.name)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

// listSKUs answers ResourceSKUsClient.NewListPager: all sizes, or with a
// filter those of one location.
func listSKUs(c *Cloud, q *request) *reply {
	where := ""
	if filter := q.query.Get("$filter"); filter != "" {
		m := term.FindStringSubmatch(filter)
		if m == nil || m[1] != "location" {
			return failed(malformed("InvalidFilterInQueryString", "Invalid $filter '%s': only location eq '<location>' is supported.", filter))
		}
		where = plainLocation(m[2])
	}
	var names []string
	for name := range c.sizes {
		names = append(names, name)
	}
	slices.Sort(names)
	var at []string
	for l := range locations() {
		at = append(at, l)
	}
	slices.Sort(at)
	values := []any{}
	for _, l := range at {
		for _, name := range names {
			if s := c.sizes[name]; s.offered(l) && (where == "" || where == l) {
				values = append(values, s.show(l))
			}
		}
	}
	return ok(tree{"value": values})
}

func (s size) show(location string) tree {
	zones := s.zones(location)
	if zones == nil {
		zones = []string{}
	}
	restrictions := []any{}
	if s.restricted(location) {
		restrictions = append(restrictions, tree{
			"type": "Location", "values": []string{location}, "reasonCode": "NotAvailableForSubscription",
			"restrictionInfo": tree{"locations": []string{location}},
		})
	}
	tier, class, _ := strings.Cut(s.name, "_")
	return tree{
		"resourceType": "virtualMachines", "name": s.name, "tier": tier, "size": class, "family": s.family,
		"locations": []string{location}, "locationInfo": []any{tree{"location": location, "zones": zones, "zoneDetails": []any{}}},
		"capabilities": s.capabilities(), "restrictions": restrictions,
	}
}

func (s size) capabilities() []any {
	yes := func(b bool) string {
		if b {
			return "True"
		}
		return "False"
	}
	perCore := map[string]int{x64: 2, arm64: 1}
	list := [][2]string{
		{"MaxResourceVolumeMB", itoa(s.tempGB * 1024)},
		{"OSVhdSizeMB", "1047552"},
		{"vCPUs", itoa(s.cores)},
		{"MemoryPreservingMaintenanceSupported", yes(s.gpus == 0 && !s.rdma)},
		{"HyperVGenerations", strings.Join(s.generations(), ",")},
		{"MemoryGB", strconv.FormatFloat(s.memoryGB, 'f', -1, 64)},
		{"MaxDataDiskCount", itoa(s.disks)},
		{"CpuArchitectureType", s.arch},
		{"LowPriorityCapable", yes(s.spot)},
		{"PremiumIO", yes(s.premium)},
		{"VMDeploymentTypes", "IaaS"},
		{"vCPUsAvailable", itoa(s.cores)},
		{"vCPUsPerCore", itoa(perCore[s.arch])},
		{"EphemeralOSDiskSupported", yes(s.ephemeral)},
		{"EncryptionAtHostSupported", "True"},
		{"AcceleratedNetworkingEnabled", yes(s.accelerated)},
		{"RdmaEnabled", yes(s.rdma)},
		{"MaxNetworkInterfaces", itoa(s.nics)},
	}
	if s.gpus > 0 {
		list = append(list, [2]string{"GPUs", itoa(s.gpus)})
	}
	out := make([]any, len(list))
	for i, pair := range list {
		out[i] = tree{"name": pair[0], "value": pair[1]}
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }
