package google

import (
	"fmt"
	"net/http"

	"github.com/ecluster/ecluster/internal/sim"
)

// provision finds a place for a machine, or says why there is none.
func (c *Cloud) provision(rec *record, arch string, late *charge) *opError {
	v := rec.vm
	if late != nil {
		return c.quotaFailure(*late)
	}
	if arch != "" && arch != v.kind.arch() {
		return &opError{code: "INVALID_USAGE", status: http.StatusBadRequest, message: fmt.Sprintf(
			"Invalid resource usage: 'Requested boot disk architecture (%s) is not compatible with machine type architecture (%s).'.", arch, v.kind.arch())}
	}
	if e := c.takeStock(rec); e != nil {
		return e
	}
	if v.fate != nil && v.fate.Event == sim.Break {
		return failure("INTERNAL_ERROR", v.fate.Message)
	}
	c.boot(rec)
	return nil
}

func (c *Cloud) takeStock(rec *record) *opError {
	v := rec.vm
	key := last(rec.where) + "/" + v.kind.name
	left, limited := c.stock[key]
	switch {
	case !limited || v.stocked != "":
	case left <= 0:
		e := failure("ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", fmt.Sprintf(
			"The zone 'projects/%s/%s' does not have enough resources available to fulfill the request.  '(resource type:compute)'.", Project, rec.where))
		e.details = []any{
			object{"errorInfo": object{"reason": "stockout", "domain": "compute.googleapis.com", "metadatas": object{
				"vmType": v.kind.name, "zone": last(rec.where), "attachment": "", "zonesAvailable": "",
			}}},
			object{"localizedMessage": object{"locale": "en-US", "message": fmt.Sprintf(
				"A %s VM instance is currently unavailable in the %s zone. Consider trying your request in another zone, or try again later.", v.kind.name, last(rec.where))}},
		}
		return e
	default:
		c.stock[key]--
		v.stocked = key
	}
	return nil
}

func (c *Cloud) unstock(v *vm) {
	if v.stocked != "" {
		c.stock[v.stocked]++
		v.stocked = ""
	}
}
