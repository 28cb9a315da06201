package google

import (
	"context"
	"fmt"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/schema"
)

// nearZone begins the advice about a zone that does not exist. A listing that
// is refused is no reason to say less than the mistake itself.
func (c *check) nearZone(ctx context.Context, zone string) string {
	var names []string
	_ = c.a.Zones.List(c.a.project).Fields("items/name", "nextPageToken").MaxResults(pageSize).
		Pages(ctx, func(page *compute.ZoneList) error {
			for _, z := range page.Items {
				names = append(names, z.Name)
			}
			return nil
		})
	return didYouMean(zone, names)
}

// nearType does the same for a machine type, unless it exists elsewhere.
func (c *check) nearType(ctx context.Context, zone, name string, nowhere bool) string {
	if !nowhere {
		return ""
	}
	var names []string
	_ = c.a.MachineTypes.List(c.a.project, zone).Fields("items/name", "nextPageToken").MaxResults(pageSize).
		Pages(ctx, func(page *compute.MachineTypeList) error {
			for _, t := range page.Items {
				names = append(names, t.Name)
			}
			return nil
		})
	return didYouMean(name, names)
}

func didYouMean(given string, names []string) string {
	near := schema.Nearest(given, names)
	if near == "" {
		return ""
	}
	return fmt.Sprintf("Did you mean %q? ", near)
}
