package google

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// List implements providers.Driver.
func (d *Driver) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	if err := requireID("list", id); err != nil {
		return nil, err
	}
	a, err := d.client(ctx)
	if err != nil {
		return nil, d.fail(ctx, "list", "", err)
	}
	found, err := d.machines(ctx, a, byLabel(id))
	if err != nil {
		return nil, d.fail(ctx, "list", "", err)
	}
	reclaimed := d.reclaimed(ctx, a, id, found)
	out := make([]cluster.Instance, 0, len(found))
	for _, i := range found {
		m := d.present(ctx, a, i)
		if reclaimed[i.Name] {
			m.Reason = "Google took this spot machine back"
		}
		out = append(out, m)
	}
	return out, d.fail(ctx, "list", "", ctx.Err())
}

// machines lists machines of all zones. A zone that can't be reached makes it
// fail: its machines must not be taken for gone.
func (d *Driver) machines(ctx context.Context, a *api, filter string) ([]*compute.Instance, error) {
	var out []*compute.Instance
	err := a.Instances.AggregatedList(a.project).Filter(filter).MaxResults(pageSize).Fields(instanceFields...).
		Pages(ctx, func(page *compute.InstanceAggregatedList) error {
			for scope, list := range page.Items {
				if w := list.Warning; w != nil && w.Code == "UNREACHABLE" {
					return &cloudError{kind: providers.Transient, code: w.Code, summary: fmt.Sprintf("Google can't list the machines in %s now", last(scope))}
				}
				out = append(out, list.Instances...)
			}
			return nil
		})
	return out, err
}

// present shows a machine as ecluster sees it.
func (d *Driver) present(ctx context.Context, a *api, i *compute.Instance) cluster.Instance {
	m := cluster.Instance{
		ID:      instanceID(last(i.Zone), i.Name),
		Node:    cluster.NodeName(i.Labels[providers.TagNode]),
		Group:   cluster.GroupName(i.Labels[providers.TagGroup]),
		Attempt: i.Labels[providers.TagAttempt],
		State:   stateOf(i.Status),
		Reason:  strings.TrimSpace(i.StatusMessage),
		Shape:   d.shape(ctx, a, i),
	}
	m.Created, _ = time.Parse(time.RFC3339, i.CreationTimestamp)
	if m.Reason == "" {
		m.Reason = unusual[i.Status]
	}
	for _, nic := range i.NetworkInterfaces {
		if m.PrivateIP == "" {
			m.PrivateIP = nic.NetworkIP
		}
		for _, c := range nic.AccessConfigs {
			if m.PublicIP == "" {
				m.PublicIP = c.NatIP
			}
		}
	}
	public := len(i.NetworkInterfaces) > 0 && len(i.NetworkInterfaces[0].AccessConfigs) > 0
	switch {
	case m.PublicIP != "":
		m.Endpoints = []cluster.Endpoint{{Host: m.PublicIP, Port: 22}}
	case m.PrivateIP != "" && !public: // one that has a public address is about to get it
		m.Endpoints = []cluster.Endpoint{{Host: m.PrivateIP, Port: 22}}
	}
	return m
}

func stateOf(status string) cluster.InstanceState {
	switch status {
	case "RUNNING":
		return cluster.InstanceRunning
	case "STOPPING", "SUSPENDING", "PENDING_STOP", "DEPROVISIONING":
		return cluster.InstanceStopping
	case "TERMINATED", "STOPPED", "SUSPENDED":
		return cluster.InstanceStopped
	}
	return cluster.InstancePending // PROVISIONING, STAGING, PENDING, REPAIRING
}

// unusual are statuses that a user wonders about.
var unusual = map[string]string{
	"REPAIRING":  "Google repairs the machine",
	"SUSPENDED":  "its status at Google is SUSPENDED",
	"TERMINATED": "its status at Google is TERMINATED",
}

// reclaimed finds the spot machines that stop because Google wants them back:
// there is an operation that says so. It asks only when a spot machine stops,
// and what it can't find out is left open.
func (d *Driver) reclaimed(ctx context.Context, a *api, id cluster.ID, list []*compute.Instance) map[string]bool {
	zones := map[string]bool{}
	for _, i := range list {
		state := stateOf(i.Status)
		if i.Scheduling != nil && i.Scheduling.ProvisioningModel == "SPOT" && state != cluster.InstanceRunning && state != cluster.InstancePending {
			zones[last(i.Zone)] = true
		}
	}
	out := map[string]bool{}
	for zone := range zones {
		_ = a.ZoneOperations.List(a.project, zone).Filter(`operationType = "compute.instances.preempted"`).
			MaxResults(pageSize).Fields("items/targetLink", "nextPageToken").
			Pages(ctx, func(page *compute.OperationList) error {
				for _, op := range page.Items {
					if name := last(op.TargetLink); strings.HasPrefix(name, prefix(id)) {
						out[name] = true
					}
				}
				return nil
			})
	}
	return out
}
