package azure

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v3"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Cleanup implements providers.Driver. The cluster's own resource group goes
// whole; from the user's goes what is the cluster's, in the order of what uses
// what.
func (d *Driver) Cleanup(ctx context.Context, id cluster.ID, _ providers.Keep) error {
	if err := requireID("clean up", id); err != nil {
		return err
	}
	machines, err := d.ownMachines(ctx, id)
	if err != nil {
		return fail(ctx, "clean up", "", err)
	}
	if len(machines) > 0 {
		return &providers.Error{Op: "clean up", Kind: providers.Conflict, Err: fmt.Errorf("%d machines still exist, among them %s", len(machines), val(machines[0].Name))}
	}
	if d.config.resourceGroup == "" {
		return fail(ctx, "delete resource group "+d.resourceGroup(id), "", d.deleteOwnGroup(ctx, id))
	}
	return d.deleteShared(ctx, id)
}

func (d *Driver) deleteOwnGroup(ctx context.Context, id cluster.ID) error {
	group := d.resourceGroup(id)
	found, err := d.api.groups.Get(ctx, group, nil)
	if err != nil {
		return unlessMissing(err)
	}
	if tag(found.Tags, providers.TagCluster) != string(id) {
		return nil // whoever made it, it was not us
	}
	op, err := d.api.groups.BeginDelete(ctx, group, &armresources.ResourceGroupsClientBeginDeleteOptions{
		ForceDeletionTypes: new("Microsoft.Compute/virtualMachines"), // none are left but those that come late
	})
	_, err = finish(ctx, d, op, err)
	return unlessMissing(err)
}

// leftover is one resource of the cluster in a resource group that is not.
type leftover struct {
	kind, name string
	remove     func(context.Context) error
}

// deleteShared deletes by tag, and disks, which Azure makes without tags, by
// the prefix of their names. What is in use by something that goes in a later
// step is not: each step waits for the one before.
func (d *Driver) deleteShared(ctx context.Context, id cluster.ID) error {
	steps, err := d.leftovers(ctx, id)
	if err != nil {
		return fail(ctx, "clean up", "", err)
	}
	for _, step := range steps {
		errs := make([]error, len(step))
		each(step, func(i int, l leftover) {
			if err := unlessMissing(l.remove(ctx)); err != nil {
				errs[i] = fail(ctx, "delete "+l.kind+" "+l.name, "", err)
			}
		})
		if err := worst(errs); err != nil {
			return err
		}
	}
	return nil
}

// worst returns the error that decides what is done next, one that is no
// conflict before one that is.
func worst(errs []error) error {
	var found error
	for _, err := range errs {
		if err != nil && (found == nil || providers.KindOf(found) == providers.Conflict) {
			found = err
		}
	}
	return found
}

// belongs reports whether a resource is the cluster's by its tag or its name.
func belongs(id cluster.ID, name string, tags map[string]*string) bool {
	if owner := tag(tags, providers.TagCluster); owner != "" {
		return owner == string(id)
	}
	return strings.HasPrefix(strings.ToLower(name), prefix(id)+"-")
}
