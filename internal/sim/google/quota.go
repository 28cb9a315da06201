package google

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// ample is the limit of what Options.Quota does not name.
const ample = 1_000_000

// charge is what a resource takes of a limit.
type charge struct {
	region string // "" for limits of the whole project
	metric string
	n      int
}

func (q charge) key() string { return q.region + "/" + q.metric }

// limit is the account's limit of a metric.
func (c *Cloud) limit(metric string) int {
	if n, has := c.o.Quota[metric]; has {
		return n
	}
	return ample
}

// exceeded returns the first charge that there is no room for, or nil.
func (c *Cloud) exceeded(charges []charge) *charge {
	for i, q := range charges {
		if q.n > 0 && c.usage[q.key()]+q.n > c.limit(q.metric) {
			return &charges[i]
		}
	}
	return nil
}

// charge takes what a resource needs, or refuses the request.
func (c *Cloud) charge(charges []charge) *apiError {
	if q := c.exceeded(charges); q != nil {
		return &apiError{status: http.StatusForbidden, reason: "quotaExceeded", domain: "usageLimits", message: c.quotaMessage(*q)}
	}
	c.take(charges)
	return nil
}

func (c *Cloud) take(charges []charge) {
	for _, q := range charges {
		c.usage[q.key()] += q.n
	}
}

func (c *Cloud) release(charges []charge) {
	for _, q := range charges {
		c.usage[q.key()] -= q.n
	}
}

func (c *Cloud) quotaMessage(q charge) string {
	place := "in region " + q.region + "."
	if q.region == "" {
		place = "globally."
	}
	return fmt.Sprintf("Quota '%s' exceeded.  Limit: %d.0 %s", q.metric, c.limit(q.metric), place)
}

// quotaFailure is the same as the error of an operation.
func (c *Cloud) quotaFailure(q charge) *opError {
	dimension := q.region
	if dimension == "" {
		dimension = "global"
	}
	return &opError{
		code: "QUOTA_EXCEEDED", status: http.StatusForbidden, message: c.quotaMessage(q),
		details: []any{object{"quotaInfo": object{
			"metricName": "compute.googleapis.com/" + strings.ToLower(q.metric), "limitName": strings.ReplaceAll(q.metric, "_", "-") + "-per-project-region",
			"limit": c.limit(q.metric), "dimensions": object{"region": dimension},
		}}},
	}
}

// instanceCharges are what an instance takes: run while it is not stopped,
// keep for as long as it exists, and world, of the whole project, which the
// cloud only finds out when it makes the machine.
func (c *Cloud) instanceCharges(o object, zone string, t machineType) (run, keep, world []charge) {
	region, spot := regionOf(zone), isSpot(o)
	cpus := "CPUS"
	switch t.family() {
	case "n2", "n2d", "c2", "c3", "a2", "t2a":
		cpus = strings.ToUpper(t.family()) + "_CPUS"
	}
	if spot {
		cpus = "PREEMPTIBLE_CPUS"
		if n, has := c.o.Quota[cpus]; has && n == 0 {
			cpus = "CPUS" // who has no quota for spot machines uses up the other
		}
	}
	run = append(run, charge{region, cpus, t.cpus})
	world = append(world, charge{"", "CPUS_ALL_REGIONS", t.cpus})
	gpus := map[string]int{}
	if t.gpus > 0 {
		gpus[t.gpu] = t.gpus
	}
	for _, a := range items(o, "guestAccelerators") {
		n, _ := number(a, "acceleratorCount")
		gpus[last(text(a, "acceleratorType"))] += int(n)
	}
	for _, kind := range slices.Sorted(maps.Keys(gpus)) {
		metric := strings.ToUpper(strings.ReplaceAll(strings.Replace(kind, "-tesla-", "-", 1), "-", "_")) + "_GPUS"
		if spot {
			metric = "PREEMPTIBLE_" + metric
		}
		run = append(run, charge{region, metric, gpus[kind]})
		world = append(world, charge{"", "GPUS_ALL_REGIONS", gpus[kind]})
	}
	keep = append(keep, charge{region, "INSTANCES", 1})
	for _, nic := range items(o, "networkInterfaces") {
		if len(items(nic, "accessConfigs")) > 0 {
			run = append(run, charge{region, "IN_USE_ADDRESSES", 1})
		}
	}
	for _, d := range items(o, "disks") {
		if text(d, "type") == "SCRATCH" {
			keep = append(keep, charge{region, "LOCAL_SSD_TOTAL_GB", 375})
		}
	}
	return run, keep, world
}

// resourceCharges are what any other resource takes.
func resourceCharges(coll collection, where string, o object) []charge {
	place, scope, _ := strings.Cut(where, "/")
	region := scope
	if place == "zones" {
		region = regionOf(scope)
	}
	switch coll.name {
	case "disks":
		size, _ := number(o, "sizeGb")
		metric := "DISKS_TOTAL_GB"
		switch kind := last(text(o, "type")); {
		case kind == "pd-ssd" || kind == "pd-balanced" || kind == "pd-extreme":
			metric = "SSD_TOTAL_GB"
		case strings.HasPrefix(kind, "hyperdisk-"):
			metric = "HDB_TOTAL_GB"
		}
		return []charge{{region, metric, int(size)}}
	case "addresses":
		if text(o, "addressType") == "INTERNAL" {
			return []charge{{region, "INTERNAL_ADDRESSES", 1}}
		}
		return []charge{{region, "STATIC_ADDRESSES", 1}}
	}
	if coll.quota == "" {
		return nil
	}
	return []charge{{"", coll.quota, 1}}
}

func regionalMetrics() []string {
	return []string{
		"CPUS", "N2_CPUS", "N2D_CPUS", "C2_CPUS", "C3_CPUS", "A2_CPUS", "T2A_CPUS", "PREEMPTIBLE_CPUS", "INSTANCES",
		"NVIDIA_T4_GPUS", "NVIDIA_P100_GPUS", "NVIDIA_V100_GPUS", "NVIDIA_A100_GPUS", "NVIDIA_L4_GPUS",
		"PREEMPTIBLE_NVIDIA_T4_GPUS", "PREEMPTIBLE_NVIDIA_P100_GPUS", "PREEMPTIBLE_NVIDIA_V100_GPUS",
		"PREEMPTIBLE_NVIDIA_A100_GPUS", "PREEMPTIBLE_NVIDIA_L4_GPUS",
		"DISKS_TOTAL_GB", "SSD_TOTAL_GB", "HDB_TOTAL_GB", "LOCAL_SSD_TOTAL_GB", "IN_USE_ADDRESSES", "STATIC_ADDRESSES", "INTERNAL_ADDRESSES",
	}
}

func projectMetrics() []string {
	return []string{
		"CPUS_ALL_REGIONS", "GPUS_ALL_REGIONS", "NETWORKS", "SUBNETWORKS", "FIREWALLS", "ROUTERS", "IMAGES", "SNAPSHOTS",
		"RESOURCE_POLICIES", "STATIC_ADDRESSES",
	}
}

// quotas is the list that regions and the project show.
func (c *Cloud) quotas(region string, metrics []string) []any {
	out := make([]any, len(metrics))
	for i, metric := range metrics {
		out[i] = object{"metric": metric, "limit": float64(c.limit(metric)), "usage": float64(c.usage[region+"/"+metric])}
	}
	return out
}

// view is a resource as clients see it.
func (c *Cloud) view(rec *record) object {
	if rec.coll.name == "regions" {
		return with(rec.obj, object{"quotas": c.quotas(rec.name, regionalMetrics())})
	}
	return rec.obj
}

func getProject(c *Cloud, _ *request) (any, error) {
	return object{
		"kind": "compute#project", "id": ProjectNumber, "name": Project, "selfLink": baseURL + "projects/" + Project,
		"creationTimestamp":      "2026-01-02T03:04:05.678-07:00",
		"commonInstanceMetadata": object{"kind": "compute#metadata", "fingerprint": fingerprint(nil)},
		"defaultServiceAccount":  ProjectNumber + "-compute@developer.gserviceaccount.com", "defaultNetworkTier": "PREMIUM",
		"xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS", "quotas": c.quotas("", projectMetrics()),
	}, nil
}
