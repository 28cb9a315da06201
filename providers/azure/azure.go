// Package azure boots nodes as virtual machines of Microsoft Azure: each with
// its network interface, public address and disks as one unit that is made by
// one request and deleted by one, in a resource group of the cluster's own
// unless the settings name one.
//
// Nothing here knows a role or a scheduler, and no type of the Azure SDK
// leaves the package.
package azure

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/catalog"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

// kind is what stands in `provider "azure" {}` and in the catalogue.
const kind = "azure"

// consistencyDelay is for how long a request that was in flight may still make
// or change something that a listing of its resource group does not show.
const consistencyDelay = 5 * time.Second

// patience is longer than elsewhere: for three minutes after its machine is
// gone Azure keeps a network interface reserved for it.
const patience = 4 * time.Minute

// Driver is one subscription and location. It is safe for concurrent use.
type Driver struct {
	config config
	images catalog.Images
	api    clients
	web    *http.Client // for what is no ARM request: the log of a console, price lists
	prices string       // address of the price list; "" where there is none
	now    func() time.Time
	sleep  func(context.Context, time.Duration) error

	shared shared // listings of those who wait for machines

	mu          sync.Mutex
	sizes       map[string]size      // machine types of the location by lower-case name; nil until asked
	plans       map[string]*plan     // of images, by their names in specs
	sold        map[place]soldOut    // places that had no machine free a short while ago
	deleting    map[string]time.Time // machines that this process asked to delete
	narrow      bool                 // the credentials may not read the subscription's machines
	unscheduled bool                 // the subscription has no schedules for us
}

var _ providers.Driver = (*Driver)(nil)

// Plugin returns the provider "azure".
func Plugin() providers.Plugin {
	return providers.Plugin{
		Kind:             kind,
		Doc:              "Nodes are virtual machines of Microsoft Azure.",
		Settings:         settingsSchema(),
		Group:            groupSchema(),
		ConsistencyDelay: consistencyDelay,
		Budget:           patience,
		Open:             Open,
		AdminUser:        bootdata.AdminUser,
		NamesResolve:     false, // only within a network that the cluster has for itself
	}
}

// Open makes a driver for the subscription that the settings, the environment
// or the Azure CLI's profile name, in this order. It reads files but talks to
// nobody.
func Open(settings schema.Values) (providers.Driver, error) {
	return open(settings, os.Getenv, nil)
}

// open takes the environment and, in tests, the HTTP client to use.
func open(settings schema.Values, getenv func(string) string, transport *http.Client) (*Driver, error) {
	config, err := readConfig(settings, getenv)
	if err != nil {
		return nil, &providers.Error{Kind: providers.Invalid, Err: err}
	}
	cred, err := config.credential()
	if err != nil {
		return nil, &providers.Error{Kind: providers.Permission, Err: err}
	}
	api, err := newClients(config, cred, transport)
	if err != nil {
		return nil, &providers.Error{Kind: providers.Invalid, Err: err}
	}
	images, err := catalog.LoadImages()
	if err != nil {
		return nil, err
	}
	if transport == nil {
		transport = &http.Client{Timeout: webTimeout}
	}
	d := &Driver{
		config: config, images: images, api: api, web: transport, now: time.Now, sleep: pause,
		plans: map[string]*plan{}, sold: map[place]soldOut{}, deleting: map[string]time.Time{},
	}
	if config.endpoint == "" && config.cloud == cloudPublic {
		d.prices = retailPrices
	}
	return d, nil
}

// webTimeout bounds requests that are a convenience.
const webTimeout = 20 * time.Second

// ErrorKind implements providers.Driver.
func (*Driver) ErrorKind(err error) providers.Kind {
	if kind := providers.KindOf(err); kind != providers.Unknown {
		return kind
	}
	return classify(err)
}

// pause returns after d, or earlier with the error of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// requireID guards against a prefix that would match every cluster of ours.
func requireID(op string, id cluster.ID) error {
	if id == "" {
		return &providers.Error{Op: op, Kind: providers.Invalid, Err: errors.New("no cluster id was given")}
	}
	return nil
}
