// Package terraform boots nodes through a Terraform module: any cloud that has
// a Terraform provider becomes one of ecluster's. The module is the user's own
// or one that comes along (templates/terraform); ecluster hands it the nodes
// that are to exist and reads those that do from an output
// (docs/providers/terraform.md). Terraform's state is part of the cluster and
// lives in the cluster's folder.
//
// Nothing here knows a cloud, a role or a scheduler, and no type of the
// Terraform libraries leaves the package.
package terraform

import (
	"errors"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

// patience is for how long a call that stumbled is worth another run of
// Terraform, whose providers have retried their own calls already.
const patience = 30 * time.Second

// Driver is one module with its variables. It is safe for concurrent use; what
// changes a cluster happens in one run of Terraform at a time.
type Driver struct {
	module    string         // as the user wrote it
	variables map[string]any // the user's
	secrets   map[string]any // the user's sensitive ones
	binary    string         // as the user wrote it, or ""
	env       map[string]string
	lookPath  func(string) (string, error)
	now       func() time.Time

	home string // where the workspaces are; "" until Keep

	mu         sync.Mutex
	tool       *tool // nil until it was needed
	workspaces map[cluster.ID]*workspace
}

var (
	_ providers.Driver     = (*Driver)(nil)
	_ providers.Keeper     = (*Driver)(nil)
	_ providers.Identifier = (*Driver)(nil)
)

// Plugin returns the provider "terraform".
func Plugin() providers.Plugin {
	return providers.Plugin{
		Kind:      "terraform",
		Doc:       "Nodes are made by a Terraform module, on any cloud that has a Terraform provider.",
		Settings:  settingsSchema(),
		Group:     groupSchema(),
		Budget:    patience,
		Open:      Open,
		AdminUser: bootdata.AdminUser,
		NoPrices:  "Terraform tells no prices: ask the cloud that the module is for.",
	}
}

// Open makes a driver for the module that the settings name. It reads what the
// module declares, where it is there, and runs nothing.
func Open(settings schema.Values) (providers.Driver, error) {
	d, err := open(settings, environment(os.Environ()))
	if err != nil {
		return nil, err
	}
	if d.guards() {
		return guarded{d}, nil
	}
	return d, nil
}

func open(settings schema.Values, env map[string]string) (*Driver, error) {
	d := &Driver{
		module: settings.String("module"), variables: settings.Map("variables"),
		secrets: settings.Map("sensitive_variables"), binary: settings.String("binary"),
		env: env, lookPath: exec.LookPath, now: time.Now,
		workspaces: map[cluster.ID]*workspace{},
	}
	for name := range d.secrets {
		if _, twice := d.variables[name]; twice {
			return nil, &providers.Error{
				Op: "open module " + d.module, Kind: providers.Invalid,
				Err: errors.New("the variable " + name + " stands in variables and in sensitive_variables; remove it from one of them"),
			}
		}
	}
	return d, nil
}

// Keep implements providers.Keeper.
func (d *Driver) Keep(dir string) { d.home = dir }

// ErrorKind implements providers.Driver.
func (*Driver) ErrorKind(err error) providers.Kind {
	if kind := providers.KindOf(err); kind != providers.Unknown {
		return kind
	}
	return classify(err)
}
