package azure

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Architectures, in Azure's words.
const (
	archX64   = "x64"
	archArm64 = "Arm64"
)

// size is what Azure tells of a machine type in the driver's location.
type size struct {
	name        string
	family      string // by which its quota is counted
	shape       cluster.Shape
	arch        string
	generations []string // of Hyper-V: "V1", "V2"
	accelerated bool     // has accelerated networking
	noPremium   bool     // takes no premium disks
	noSpot      bool     // can't be had as spot
	dataDisks   int
	zones       []string // where it exists
	noZones     []string // where this subscription may not have it
	denied      string   // why this subscription may not have it at all; ""
}

// size returns what is known of a machine type; the list of all is asked for
// once. false says that the location does not have it.
func (d *Driver) size(ctx context.Context, name string) (size, bool, error) {
	all, err := d.allSizes(ctx)
	if err != nil {
		return size{}, false, err
	}
	s, known := all[strings.ToLower(name)]
	return s, known, nil
}

func (d *Driver) allSizes(ctx context.Context) (map[string]size, error) {
	d.mu.Lock()
	known := d.sizes
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	list, err := collect(ctx, d.api.sizes.NewListPager(&armcompute.ResourceSKUsClientListOptions{
		Filter: new("location eq '" + d.config.location + "'"),
	}), func(p armcompute.ResourceSKUsClientListResponse) []*armcompute.ResourceSKU { return p.Value })
	if err != nil {
		return nil, fail(ctx, "list machine types of "+d.config.location, "", err)
	}
	sizes := map[string]size{}
	for _, sku := range list {
		if sku != nil && strings.EqualFold(val(sku.ResourceType), "virtualMachines") {
			sizes[strings.ToLower(val(sku.Name))] = d.readSize(sku)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sizes = sizes
	return sizes, nil
}

func (d *Driver) readSize(sku *armcompute.ResourceSKU) size {
	s := size{name: val(sku.Name), family: val(sku.Family), arch: archX64}
	for _, c := range sku.Capabilities {
		value := val(c.Value)
		number, _ := strconv.ParseFloat(value, 64)
		yes := strings.EqualFold(value, "true")
		switch strings.ToLower(val(c.Name)) {
		case "vcpus":
			s.shape.CPUs = int(number)
		case "memorygb":
			s.shape.Memory = cluster.Bytes(number * float64(cluster.GiB))
		case "gpus":
			s.shape.GPUs = int(number)
		case "cpuarchitecturetype":
			s.arch = value
		case "hypervgenerations":
			s.generations = strings.Split(value, ",")
		case "acceleratednetworkingenabled":
			s.accelerated = yes
		case "premiumio":
			s.noPremium = !yes
		case "lowprioritycapable":
			s.noSpot = !yes
		case "maxdatadiskcount":
			s.dataDisks = int(number)
		}
	}
	for _, l := range sku.LocationInfo {
		if strings.EqualFold(val(l.Location), d.config.location) {
			for _, z := range l.Zones {
				s.zones = append(s.zones, val(z))
			}
		}
	}
	slices.Sort(s.zones)
	for _, r := range sku.Restrictions {
		switch val(r.Type) {
		case armcompute.ResourceSKURestrictionsTypeLocation:
			s.denied = string(val(r.ReasonCode))
		case armcompute.ResourceSKURestrictionsTypeZone:
			if r.RestrictionInfo != nil {
				for _, z := range r.RestrictionInfo.Zones {
					s.noZones = append(s.noZones, val(z))
				}
			}
		}
	}
	return s
}

// guess is what the name of a machine type tells where Azure may not be asked:
// a "p" among the letters behind the number of processors is Arm.
func guess(name string) size {
	s := size{name: name, arch: archX64}
	words := strings.Split(strings.ToLower(name), "_")
	if len(words) > 1 {
		features := strings.TrimLeft(strings.TrimLeft(words[1], "abcdefghijklmnopqrstuvwxyz"), "0123456789-")
		if strings.Contains(features, "p") {
			s.arch = archArm64
		}
	}
	return s
}

// launchSize is size for a launch, which must not fail because the credentials
// are for one resource group only.
func (d *Driver) launchSize(ctx context.Context, name string) (size, error) {
	s, known, err := d.size(ctx, name)
	switch {
	case err != nil && d.ErrorKind(err) == providers.Permission:
		return guess(name), nil
	case err != nil:
		return size{}, err
	case !known: // Azure's own refusal says more
		return guess(name), nil
	}
	return s, nil
}
