// Package qemu boots nodes as virtual machines of this computer: QEMU with
// KVM, or with emulation where KVM can't be used. Nothing needs root. A
// machine is a folder and a process that outlives ecluster; the machines of a
// cluster share a network that another such process provides.
//
//	DIR/CLUSTER/name                the name of the cluster
//	DIR/CLUSTER/network/            the process that joins the machines
//	DIR/CLUSTER/nodes/NODE/         a machine: machine.json, its disks, its process
//	IMAGES/debian-13-HASH/          kernel and disk that machines start from
//
// Nothing here knows a role or a scheduler.
package qemu

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

// Driver makes virtual machines on this computer. It is safe for concurrent
// use, by several processes too.
type Driver struct {
	dir      string        // of clusters, absolute
	images   string        // of images, absolute
	mirror   string        // Debian mirror for images that are built here; "" is Debian's own
	packages []string      // baked into images that are built here
	accel    string        // "auto", "kvm", "tcg"
	emulator string        // the program that is a machine
	shutdown time.Duration // for how long a pause waits before it cuts the power
}

var _ providers.Driver = (*Driver)(nil)

// Plugin returns the provider "qemu".
func Plugin() providers.Plugin {
	return providers.Plugin{
		Kind:      "qemu",
		Doc:       "Nodes are virtual machines of this computer.",
		Settings:  settingsSchema(),
		Group:     groupSchema(),
		Open:      Open,
		AdminUser: bootdata.AdminUser,
		Shape:     func(g cluster.Group) cluster.Shape { return sizeOf(g).shape() },
	}
}

// Open makes a driver. It reads the environment but starts nothing.
func Open(settings schema.Values) (providers.Driver, error) { return open(settings, os.Getenv) }

func open(settings schema.Values, getenv func(string) string) (*Driver, error) {
	d := &Driver{
		mirror:   settings.String("image_mirror"),
		packages: settings.Strings("packages"),
		accel:    settings.String("accel"),
		emulator: "qemu-system-x86_64",
		shutdown: shutdownTime,
	}
	var err error
	if d.dir, err = folder(settings.String("dir"), func() (string, error) {
		if home := getenv("ECLUSTER_HOME"); home != "" {
			return filepath.Join(home, "qemu"), nil
		}
		home, err := os.UserHomeDir()
		return filepath.Join(home, ".ecluster", "qemu"), err
	}); err != nil {
		return nil, invalid("open qemu", fmt.Errorf("no folder for the machines: set dir of the provider, or HOME: %w", err))
	}
	if d.images, err = folder(settings.String("image_dir"), func() (string, error) {
		cache, err := os.UserCacheDir()
		return filepath.Join(cache, "ecluster", "qemu"), err
	}); err != nil {
		return nil, invalid("open qemu", fmt.Errorf("no folder for the images: set image_dir of the provider, or HOME: %w", err))
	}
	if d.accel == "" {
		d.accel = accelAuto
	}
	return d, nil
}

// folder is the absolute form of the folder that was given, else of another.
func folder(given string, other func() (string, error)) (string, error) {
	if given == "" {
		var err error
		if given, err = other(); err != nil {
			return "", err
		}
	}
	return filepath.Abs(given)
}

// requireID guards against a path that would be the folder of all clusters.
func requireID(op string, id cluster.ID) error {
	if id == "" || filepath.Base(string(id)) != string(id) {
		return invalid(op, errors.New("no cluster id was given"))
	}
	return nil
}
