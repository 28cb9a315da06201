package google

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/catalog"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

// kind names this cloud in specs and in the catalogue of images.
const kind = "google"

// consistencyDelay is for how long a machine may be missing from a listing
// after its insert was accepted, or shown after its deletion.
const consistencyDelay = 5 * time.Second

// Driver is one project of Google Cloud. It is safe for concurrent use.
type Driver struct {
	set    settings
	images catalog.Images
	getenv func(string) string
	clock  clock

	mu      sync.Mutex
	api     *api                            // nil until it was needed
	types   map[string]*compute.MachineType // by "zone/type"
	sources map[string]*source              // of boot disks, by wanted name and architecture
	pending map[string]*pending             // by launch token
	watches map[string]*watch               // by zone and cluster
}

// clock is time as tests replace it.
type clock struct {
	now func() time.Time
	// tick is between two questions for operations of many machines; poll is
	// the first pause when one operation is waited for.
	tick, poll time.Duration
}

var (
	_ providers.Driver          = (*Driver)(nil)
	_ providers.Pauser          = (*Driver)(nil)
	_ providers.ConsoleReader   = (*Driver)(nil)
	_ providers.HostKeyEvidence = (*Driver)(nil)
	_ providers.Baker           = (*Driver)(nil)
	_ providers.Placer          = (*Driver)(nil)
	_ providers.Confirmer       = (*Driver)(nil)
	_ providers.Firewall        = (*Driver)(nil)
	_ providers.Identifier      = (*Driver)(nil)
	_ providers.OrphanLister    = (*Driver)(nil)
)

// Plugin returns the provider "google".
func Plugin() providers.Plugin {
	return providers.Plugin{
		Kind:             kind,
		Doc:              "Nodes are virtual machines of Google Compute Engine.",
		Settings:         settingsSchema(),
		Group:            groupSchema(),
		ConsistencyDelay: consistencyDelay,
		Open:             Open,
		AdminUser:        bootdata.AdminUser,
		Shape:            expectedShape,
		NoPrices: "Google tells prices only to accounts with rights on Cloud Billing: " +
			"look them up at https://cloud.google.com/products/calculator.",
	}
}

// Open makes a driver for the project that the settings name. It talks to
// nobody: credentials are looked for when they are first needed.
func Open(values schema.Values) (providers.Driver, error) {
	return open(values, os.Getenv, clock{now: time.Now, tick: time.Second, poll: 250 * time.Millisecond})
}

func open(values schema.Values, getenv func(string) string, c clock) (*Driver, error) {
	set, err := readSettings(values)
	if err != nil {
		return nil, &providers.Error{Kind: providers.Invalid, Err: err}
	}
	images, err := catalog.LoadImages()
	if err != nil {
		return nil, err
	}
	return &Driver{
		set: set, images: images, getenv: getenv, clock: c,
		types:   map[string]*compute.MachineType{},
		sources: map[string]*source{},
		pending: map[string]*pending{},
		watches: map[string]*watch{},
	}, nil
}

// ErrorKind implements providers.Driver.
func (*Driver) ErrorKind(err error) providers.Kind {
	if kind := providers.KindOf(err); kind != providers.Unknown {
		return kind
	}
	return classify(err)
}

// Places implements providers.Placer: a place is a zone.
func (d *Driver) Places(g cluster.Group) int { return max(1, len(d.zones(optionsOf(g)))) }

// zones are where machines of a group may be, best first.
func (d *Driver) zones(o options) []string {
	switch {
	case len(o.zones) > 0:
		return o.zones
	case len(d.set.zones) > 0:
		return d.set.zones
	case d.set.zone != "":
		return []string{d.set.zone}
	}
	return nil
}

// zone is the place that a launch must use.
func (d *Driver) zone(o options, place int) (string, error) {
	zones := d.zones(o)
	if len(zones) == 0 {
		return "", errNoZone
	}
	return zones[place%len(zones)], nil
}

var errNoZone = &cloudError{
	kind:    providers.Invalid,
	summary: "no zone says where machines are to be",
	advice:  `write zone = "us-central1-a" into the provider block, or zones into the node group`,
}

// requireID guards against a filter that would match every cluster of ours.
func requireID(op string, id cluster.ID) error {
	if id == "" {
		return &providers.Error{Op: op, Kind: providers.Invalid, Err: errors.New("no cluster id was given")}
	}
	return nil
}

// pause sleeps for d, or less when ctx ends: then it returns its error.
func pause(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
