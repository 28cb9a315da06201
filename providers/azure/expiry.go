package azure

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// selfDelete is what a node with a managed identity does when its time ends:
// it deletes itself through the Resource Manager, which takes its disks and
// addresses along. Azure goes on to bill a machine that only halts. Whether
// the identity may is the user's affair; where it may not, the node halts.
func (c config) selfDelete(identities []string) string {
	if len(identities) == 0 {
		return ""
	}
	manager := c.sdkCloud().Services[cloud.ResourceManager]
	return fmt.Sprintf(selfDeleteScript, identities[0], manager.Audience, manager.Endpoint)
}

// The token travels by standard input: arguments are for everybody to read.
const selfDeleteScript = `#!/bin/sh
# Written by ecluster: deletes this machine.
set -eu
imds() { curl -fsS -m 20 --retry 5 --noproxy '*' -H Metadata:true "http://169.254.169.254/metadata/$1"; }
id=$(imds 'instance/compute/resourceId?api-version=2021-02-01&format=text')
token=$(imds 'identity/oauth2/token?api-version=2018-02-01&mi_res_id=%s&resource=%s' |
  sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')
printf 'header = "Authorization: Bearer %%s"\n' "$token" |
  curl -fsS -m 60 --retry 5 -K - -X DELETE "%s$id?api-version=2024-07-01&forceDeletion=true"
`

// A schedule of this kind deallocates a machine at a time of day, every day:
// it fits an end within a day, and no other.
const (
	scheduleKind    = "Microsoft.DevTestLab/schedules"
	scheduleVersion = "2018-09-15"
	scheduleAtMost  = 23 * time.Hour
	scheduleAtLeast = 15 * time.Minute // Azure's own lead time
)

// tagExpires is on machines that have a schedule: it must go with them, or it
// would strike the next machine of the name.
const tagExpires = "ecluster-expires"

// scheduled reports whether machines get a schedule.
func (d *Driver) scheduled(expires time.Time) bool {
	left := expires.Sub(d.now())
	d.mu.Lock()
	defer d.mu.Unlock()
	return !expires.IsZero() && left >= scheduleAtLeast && left <= scheduleAtMost && !d.unscheduled
}

func (d *Driver) scheduleID(id cluster.ID, machine string) string {
	return d.id(id, scheduleKind, "shutdown-computevm-"+machine)
}

// schedule lets Azure deallocate a machine a few minutes after it should have
// halted by itself. Where the subscription does not offer that, Check has said
// so, and the machine halts all the same.
func (d *Driver) schedule(ctx context.Context, req providers.LaunchRequest, machine string) error {
	if !d.scheduled(req.Expires) {
		return nil
	}
	at := req.Expires.UTC().Add(3 * time.Minute)
	_, err := d.api.resources.BeginCreateOrUpdateByID(ctx, d.scheduleID(req.ID, machine), scheduleVersion, armresources.GenericResource{
		Location: new(d.config.location), Tags: tags(req.ID, req.Name, nil),
		Properties: map[string]any{
			"status": "Enabled", "taskType": "ComputeVmShutdownTask", "timeZoneId": "UTC",
			"dailyRecurrence":      map[string]any{"time": at.Format("1504")},
			"notificationSettings": map[string]any{"status": "Disabled"},
			"targetResourceId":     d.id(req.ID, "Microsoft.Compute/virtualMachines", machine),
		},
	}, nil)
	if kind := classify(err); err != nil && (kind == providers.Permission || kind == providers.Invalid) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.unscheduled = true
		return nil
	}
	return err
}

// unschedule deletes the schedule of a machine.
func (d *Driver) unschedule(ctx context.Context, id cluster.ID, machine string) error {
	_, err := d.api.resources.BeginDeleteByID(ctx, d.scheduleID(id, machine), scheduleVersion, nil)
	return unlessMissing(err)
}

// expiry says what becomes of the nodes when limits.ttl ends.
func (c *checkup) expiry(ctx context.Context) error {
	if c.req.TTL == 0 {
		return nil
	}
	for _, n := range c.req.Nodes {
		if len(c.d.config.group(n.Group).identity) > 0 {
			continue
		}
		const advice = "Give the groups an identity that may delete machines of the resource group, or see to `ecluster stop` in time."
		if c.req.TTL > scheduleAtMost {
			c.warn("", "ttl", "nodes halt when limits.ttl ends, and Azure bills them until they are deleted: its schedules reach no further than a day", advice)
			return nil
		}
		found, err := c.d.api.providers.Get(ctx, "Microsoft.DevTestLab", nil)
		if err != nil {
			return c.soft(ctx, "the registration of Microsoft.DevTestLab", err)
		}
		if state := val(found.RegistrationState); !strings.EqualFold(state, "Registered") {
			c.warn("", "ttl", "nodes halt when limits.ttl ends, and Azure bills them until they are deleted",
				"With `az provider register --namespace Microsoft.DevTestLab --wait` Azure takes their hosts away, and only disks and addresses cost. "+advice)
		}
		return nil
	}
	return nil
}
