package azure

import (
	"net/http"
	"strings"
)

const (
	ample    = 10000 // cores and the like, where no quota was given
	lowCores = "lowPriorityCores"
	allCores = "cores"
	vmCount  = "virtualMachines"
)

// used counts what a location's machines take of the compute quotas. Machines
// that are deallocated count, too.
func (c *Cloud) used(location string) map[string]int {
	out := map[string]int{}
	for _, r := range c.of(machineType, "") {
		if textAt(r.doc, "location") != location {
			continue
		}
		out[vmCount]++
		if r.vm.spot {
			out[lowCores] += r.vm.size.cores
			continue
		}
		out[allCores] += r.vm.size.cores
		out[r.vm.size.family] += r.vm.size.cores
	}
	return out
}

func (c *Cloud) limit(name string) (int, bool) {
	for k, v := range c.options.Quota {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return ample, false
}

// checkQuota refuses a machine that is over a quota.
func (c *Cloud) checkQuota(ch *change) *failure {
	if len(c.options.Quota) == 0 {
		return nil
	}
	vm, location := ch.r.vm, textAt(ch.r.doc, "location")
	used := c.used(location)
	need := []struct {
		quota, words string
		n            int
	}{
		{vm.size.family, vm.size.family + " Cores", vm.size.cores},
		{allCores, "Total Regional Cores", vm.size.cores},
		{vmCount, "Virtual Machines", 1},
	}
	if vm.spot {
		need = need[1:]
		need[0].quota, need[0].words = lowCores, "LowPriorityCores"
	}
	for _, n := range need {
		limit, limited := c.limit(n.quota)
		if !limited || used[n.quota]+n.n <= limit {
			continue
		}
		return refuse(http.StatusConflict, "OperationNotAllowed",
			"Operation could not be completed as it results in exceeding approved %s quota. Additional details - Deployment Model: Resource Manager, Location: %s, Current Limit: %d, Current Usage: %d, Additional Required: %d, (Minimum) New Limit Required: %d. Setup Alerts when Quota reaches threshold. Learn more at https://aka.ms/quotamonitoringalerting . Submit a request for Quota increase at https://aka.ms/ProdportalCRP/?#create/Microsoft.Support/Parameters/ by specifying parameters listed in the 'Details' section for deployment to succeed. Please read more about quota limits at https://docs.microsoft.com/en-us/azure/azure-supportability/per-vm-quota-requests",
			n.words, location, limit, used[n.quota], n.n, used[n.quota]+n.n)
	}
	return nil
}

// take takes one machine of the stock; short is the code of Azure's refusal.
func (c *Cloud) take(zone, location string, s size, spot bool) (held, short string) {
	keys := []string{location + "/" + s.name}
	if zone != "" {
		keys = []string{zone + "/" + s.name, location + "-" + zone + "/" + s.name}
	}
	for _, key := range keys {
		n, limited := c.options.Stock[key]
		switch {
		case !limited:
			continue
		case c.stock[key] < n:
			c.stock[key]++
			return key, ""
		case n == 0 || spot:
			return "", "SkuNotAvailable"
		case zone != "":
			return "", "ZonalAllocationFailed"
		}
		return "", "AllocationFailed"
	}
	return "", ""
}

// giveBack returns what a machine took of the stock.
func (c *Cloud) giveBack(vm *machine) {
	if vm.held != "" {
		c.stock[vm.held]--
		vm.held = ""
	}
}

// checkStock refuses a machine of which there are none at all, and of which
// spot capacity is out; that the last one is taken shows only when Azure
// tries to allocate it.
func (c *Cloud) checkStock(ch *change) *failure {
	vm, location := ch.r.vm, textAt(ch.r.doc, "location")
	if fault := ch.q.fault; fault != nil && fault.Later {
		return nil
	}
	vm.held, vm.short = c.take(vm.zone, location, vm.size, vm.spot)
	if vm.short == "SkuNotAvailable" {
		return unavailable(vm.size.name, location)
	}
	return nil
}
