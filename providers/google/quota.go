package google

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// localSSDSize is what each has, in GB.
const localSSDSize = 375

// limits are the quotas of a region or of the project, by metric.
type limits map[string]*compute.Quota

func limitsOf(list []*compute.Quota) limits {
	out := make(limits, len(list))
	for _, q := range list {
		out[q.Metric] = q
	}
	return out
}

// granted reports whether there is a quota with something in it.
func (l limits) granted(metric string) bool { return l[metric] != nil && l[metric].Limit > 0 }

// need is how much of a quota the request takes.
type need struct {
	amount float64
	unit   string
	attr   string
	groups []cluster.GroupName
}

// needs are by metric.
type needs map[string]*need

func (n needs) add(metric string, amount int, unit, attr string, g cluster.GroupName) {
	if amount == 0 {
		return
	}
	if n[metric] == nil {
		n[metric] = &need{unit: unit, attr: attr}
	}
	n[metric].amount += float64(amount)
	if !slices.Contains(n[metric].groups, g) {
		n[metric].groups = append(n[metric].groups, g)
	}
}

// quotas compares the whole request with what is left, in the region where its
// machines are tried first.
func (c *check) quotas(ctx context.Context, project *compute.Project, groups []*wanted) error {
	all := limitsOf(project.Quotas)
	total := needs{}
	if c.d.set.network == "" && c.req.ID == "" && len(groups) > 0 {
		total.add("NETWORKS", 1, "networks", "", "")
	}
	regional := map[string]needs{}
	known := map[string]limits{}
	for _, w := range groups {
		if w.mt == nil || len(w.zones) == 0 {
			continue
		}
		region := regionOf(w.zones[0])
		if known[region] == nil {
			found, err := c.a.Regions.Get(c.a.project, region).Context(ctx).Do()
			if isKind(err, providers.Permission) {
				c.add(false, "", "", "the quota can't be checked: "+c.d.explain(err).Error(), "The launch will tell.")
				return nil
			}
			if err != nil {
				return err
			}
			known[region], regional[region] = limitsOf(found.Quotas), needs{}
		}
		c.needsOf(w, known[region], regional[region], total)
	}
	for _, region := range slices.Sorted(maps.Keys(regional)) {
		c.compare("in "+region, known[region], regional[region])
	}
	c.compare("of the project "+c.a.project, all, total)
	return nil
}

// needsOf adds up what a group takes.
func (c *check) needsOf(w *wanted, in limits, region, project needs) {
	g, n := w.group.Name, w.count
	cpus := int(w.mt.GuestCpus) * n
	region.add(cpuMetric(w.mt.Name, w.group.Spot, in), cpus, "vCPUs", "machine_type", g)
	if !w.group.Spot {
		project.add("CPUS_ALL_REGIONS", cpus, "vCPUs", "machine_type", g)
	}
	kind, gpus := builtInGPUs(w.mt)
	if gpus == 0 && w.group.GPU != nil {
		kind, gpus = w.group.GPU.Type, w.group.GPU.Count
	}
	if gpus > 0 {
		region.add(spotMetric(gpuMetric(kind), w.group.Spot, in), gpus*n, "accelerators", "gpu", g)
		project.add("GPUS_ALL_REGIONS", gpus*n, "accelerators", "gpu", g)
	}
	region.add("INSTANCES", n, "machines", "count", g)
	if c.d.public(w.options) {
		region.add("IN_USE_ADDRESSES", n, "public addresses", "public_address", g)
	}
	boot := cluster.Disk{}
	if w.group.BootDisk != nil {
		boot = *w.group.BootDisk
	}
	if boot.SizeGB == 0 && w.src != nil {
		boot.SizeGB = w.src.sizeGB
	}
	for _, disk := range append([]cluster.Disk{boot}, w.options.disks...) {
		region.add(diskMetric(disk.Type, w.mt.Name), disk.SizeGB*n, "GB", "boot_disk", g)
	}
	ssd := "LOCAL_SSD_TOTAL_GB"
	if w.group.Spot && in.granted("PREEMPTIBLE_LOCAL_SSD_GB") {
		ssd = "PREEMPTIBLE_LOCAL_SSD_GB"
	}
	region.add(ssd, w.options.localSSD*localSSDSize*n, "GB", "local_ssd", g)
}

// cpuMetric is the quota that a machine type's processors count for. Spot
// machines count for the ordinary ones where none was granted for them.
func cpuMetric(machineType string, spot bool, in limits) string {
	if spot && in.granted("PREEMPTIBLE_CPUS") {
		return "PREEMPTIBLE_CPUS"
	}
	switch f := family(machineType); f {
	case "e2", "f1", "g1", "n1":
		return "CPUS"
	default:
		return strings.ToUpper(f) + "_CPUS"
	}
}

// gpuMetric is "NVIDIA_T4_GPUS" for "nvidia-tesla-t4".
func gpuMetric(accelerator string) string {
	model := strings.TrimPrefix(strings.TrimPrefix(accelerator, "nvidia-"), "tesla-")
	return "NVIDIA_" + strings.ToUpper(strings.ReplaceAll(model, "-", "_")) + "_GPUS"
}

func spotMetric(metric string, spot bool, in limits) string {
	if spot && in.granted("PREEMPTIBLE_"+metric) {
		return "PREEMPTIBLE_" + metric
	}
	return metric
}

func diskMetric(diskType, machineType string) string {
	if diskType == "" {
		diskType = defaultDiskType(machineType)
	}
	switch {
	case diskType == "pd-standard":
		return "DISKS_TOTAL_GB"
	case strings.HasPrefix(diskType, "hyperdisk-"):
		return "HDB_TOTAL_GB"
	}
	return "SSD_TOTAL_GB"
}

// compare reports each quota that is too small. One that Google does not list
// here is counted elsewhere, and the launch will tell.
func (c *check) compare(where string, have limits, want needs) {
	for _, metric := range slices.Sorted(maps.Keys(want)) {
		q, n := have[metric], want[metric]
		if q == nil || q.Limit < 0 || n.amount <= q.Limit-q.Usage {
			continue
		}
		var group cluster.GroupName
		attr := ""
		if len(n.groups) == 1 {
			group, attr = n.groups[0], n.attr
		}
		c.add(true, group, attr,
			fmt.Sprintf("the quota %s %s is too small: %g %s are asked for, %g of %g are in use, %g are left", metric, where, n.amount, n.unit, q.Usage, q.Limit, max(0, q.Limit-q.Usage)),
			fmt.Sprintf("Raise it at https://console.cloud.google.com/iam-admin/quotas?project=%s (metric %s), ask for fewer nodes, or choose another region or machine type.", c.a.project, metric))
	}
}
