package google

import (
	"fmt"
	"net/http"
	"slices"
)

func deleteInstance(c *Cloud, r *request) (any, error) {
	rec, e := c.named(r)
	if e != nil {
		return nil, e
	}
	if guarded, _ := truth(rec.obj, "deletionProtection"); guarded {
		return nil, &apiError{status: http.StatusBadRequest, reason: "resourceInUseByAnotherResource", message: fmt.Sprintf(
			"Invalid resource usage: 'Resource cannot be deleted if it's protected against deletion. Resource: '%s''.", rec.path)}
	}
	if rec.leaving {
		return rec.vm.deletion.obj, nil
	}
	return c.erase(r, rec, false).obj, nil
}

func stopInstance(c *Cloud, r *request) (any, error) {
	rec, e := c.named(r)
	if e != nil {
		return nil, e
	}
	switch {
	case rec.leaving, text(rec.obj, "status") == "PROVISIONING":
		return nil, notReady(rec.path)
	case slices.Contains([]string{"TERMINATED", "STOPPING"}, text(rec.obj, "status")):
		return c.begin(r, task{kind: "stop", target: rec, where: rec.where}).obj, nil
	}
	return c.halt(r, rec, "stop", false).obj, nil
}

func startInstance(c *Cloud, r *request) (any, error) {
	rec, e := c.named(r)
	if e != nil {
		return nil, e
	}
	switch {
	case rec.leaving, text(rec.obj, "status") == "STOPPING":
		return nil, notReady(rec.path)
	case text(rec.obj, "status") != "TERMINATED":
		return c.begin(r, task{kind: "start", target: rec, where: rec.where}).obj, nil
	}
	run, _, world := c.instanceCharges(rec.obj, last(rec.where), rec.vm.kind)
	if e := c.charge(slices.Concat(run, world)); e != nil {
		return nil, e
	}
	rec.vm.run = slices.Concat(run, world)
	rec.vm.life++
	life := rec.vm.life
	rec.set(object{"status": "PROVISIONING"})
	return c.begin(r, task{
		kind: "start", target: rec, where: rec.where,
		end: func() *opError {
			if rec.vm.life != life {
				return nil // it was deleted meanwhile
			}
			if e := c.takeStock(rec); e != nil {
				c.halted(rec, e.message)
				return e
			}
			c.boot(rec)
			return nil
		},
		abort: func() { c.halted(rec, "") },
	}).obj, nil
}

// replace changes one part of an instance that has a fingerprint.
func (c *Cloud) replace(r *request, part string, check func(field string, o object) *apiError) (any, error) {
	rec, e := c.named(r)
	if e != nil {
		return nil, e
	}
	if text(r.body, "fingerprint") != text(rec.obj, part, "fingerprint") {
		return nil, conditionNotMet(fmt.Sprintf("Supplied fingerprint does not match current %s fingerprint.", part))
	}
	if e := check(part, r.body); e != nil {
		return nil, e
	}
	changed := with(r.body, object{"fingerprint": fingerprint(r.body["items"])})
	return c.begin(r, task{kind: r.method.verb(), target: rec, where: rec.where, end: func() *opError {
		rec.set(object{part: changed})
		return nil
	}}).obj, nil
}

func setMetadata(c *Cloud, r *request) (any, error) { return c.replace(r, "metadata", checkMetadata) }

func setTags(c *Cloud, r *request) (any, error) { return c.replace(r, "tags", checkTags) }

func setScheduling(c *Cloud, r *request) (any, error) {
	rec, e := c.named(r)
	if e != nil {
		return nil, e
	}
	if e := checkScheduling(r.body, rec.vm.kind.gpus > 0 || len(items(rec.obj, "guestAccelerators")) > 0); e != nil {
		return nil, e
	}
	return c.begin(r, task{kind: "setScheduling", target: rec, where: rec.where, end: func() *opError {
		rec.set(object{"scheduling": r.body})
		return nil
	}}).obj, nil
}

func setDiskAutoDelete(c *Cloud, r *request) (any, error) {
	rec, e := c.named(r)
	if e != nil {
		return nil, e
	}
	disks := slices.Clone(items(rec.obj, "disks"))
	i := slices.IndexFunc(disks, func(d any) bool { return text(d, "deviceName") == r.query.Get("deviceName") })
	if i < 0 {
		return nil, absent("deviceName", r.query.Get("deviceName"), "The instance has no such disk.")
	}
	disk, _ := disks[i].(object)
	disks[i] = with(disk, object{"autoDelete": r.query.Get("autoDelete") == "true"})
	return c.begin(r, task{kind: "setDiskAutoDelete", target: rec, where: rec.where, end: func() *opError {
		rec.set(object{"disks": disks})
		return nil
	}}).obj, nil
}
