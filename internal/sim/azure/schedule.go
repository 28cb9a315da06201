package azure

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// prepareSchedule checks the one task of Microsoft.DevTestLab that there is:
// to deallocate a machine at a time of day.
func prepareSchedule(c *Cloud, ch *change) *failure {
	p := treeAt(ch.r.doc, "properties")
	if !strings.EqualFold(textAt(p, "taskType"), "ComputeVmShutdownTask") {
		return malformed("InvalidTaskType", "The task type '%s' is not supported.", textAt(p, "taskType"))
	}
	id := textAt(p, "targetResourceId")
	target := c.find(id)
	if target == nil || target.vm == nil {
		return refuse(http.StatusNotFound, "TargetResourceNotFound", "The target resource '%s' of the schedule was not found.", id)
	}
	if want := "shutdown-computevm-" + target.name; !strings.EqualFold(ch.r.name, want) {
		return malformed("InvalidScheduleId", "The schedule for virtual machine %s must be called %s, not %s.", target.name, want, ch.r.name)
	}
	if _, err := time.Parse("1504", textAt(p, "dailyRecurrence", "time")); err != nil {
		return malformed("InvalidDailyRecurrence", "The time '%s' of the daily recurrence is not of the form HHmm.", textAt(p, "dailyRecurrence", "time"))
	}
	if zone := textAt(p, "timeZoneId"); zone != "UTC" {
		return malformed("InvalidTimeZone", "The simulated Azure has no time zone '%s' but UTC.", zone)
	}
	setDefault(ch.r.doc, "Enabled", "properties", "status")
	return nil
}

// followSchedule waits for the next time of the day.
func followSchedule(c *Cloud, ch *change) *running {
	c.tick(ch.r)
	return nil
}

func (c *Cloud) tick(r *resource) {
	etag := r.etag
	at, err := time.Parse("1504", textAt(r.doc, "properties", "dailyRecurrence", "time"))
	if err != nil {
		return // it was checked
	}
	now := c.options.Now().UTC()
	next := time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
	if !next.After(now) {
		next = next.Add(24 * time.Hour)
	}
	c.later(next.Sub(now), func() {
		if c.resources[r.key] != r || r.etag != etag {
			return
		}
		if target := c.find(textAt(r.doc, "properties", "targetResourceId")); target != nil && strings.EqualFold(textAt(r.doc, "properties", "status"), "Enabled") {
			c.shutDown(target)
		}
		c.tick(r)
	})
}

// shutDown deallocates a machine on behalf of a schedule.
func (c *Cloud) shutDown(r *resource) {
	if r.vm == nil || r.vm.power != runs {
		return
	}
	q := &request{kind: r.kind, segments: split(r.id), query: url.Values{}}
	c.stop(q, r, deallocating, deallocated, c.open(q, c.options.OperationTime))
}
