package qemu

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// record is what machine.json keeps of a machine: all that is decided about it
// at its launch.
type record struct {
	Node    cluster.NodeName  `json:"node"`
	Group   cluster.GroupName `json:"group"`
	Attempt string            `json:"attempt"`
	Address netip.Addr        `json:"address"` // inside the cluster
	Port    int               `json:"port"`    // of this computer's loopback, which leads to its sshd
	CPUs    int               `json:"cpus"`
	Memory  cluster.Bytes     `json:"memory"`
	Disks   int               `json:"disks"` // beside the boot disk
	Image   string            `json:"image"` // as in the spec
	Accel   string            `json:"accel"`
	Created time.Time         `json:"created"`
}

// instance is the ID of the machine: the same for the same launch.
func (r record) instance() cluster.InstanceID {
	sum := sha256.Sum256([]byte(string(r.Node) + "\x00" + r.Attempt))
	return cluster.InstanceID("vm-" + hex.EncodeToString(sum[:6]))
}

// The addresses of the network cards: as unique as the other one.
func (r record) macInside() string  { return r.mac("52:54:0a") }
func (r record) macOutside() string { return r.mac("52:54:00") }

func (r record) mac(maker string) string {
	a := r.Address.As4()
	return fmt.Sprintf("%s:%02x:%02x:%02x", maker, a[1], a[2], a[3])
}

// machine is a machine that exists, in any state.
type machine struct {
	record
	process
}

// place is the folder of one cluster.
type place struct {
	dir string
	id  cluster.ID
}

func (d *Driver) place(id cluster.ID) place { return place{filepath.Join(d.dir, string(id)), id} }

func (p place) nodes() string { return filepath.Join(p.dir, "nodes") }

func (p place) folder(n cluster.NodeName) string { return filepath.Join(p.nodes(), string(n)) }

// lock keeps other calls and processes from deciding about the cluster at the
// same time; it is held for moments only. It makes the folder.
func (p place) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(p.nodes(), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(p.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := retry(ctx, lockTime, errBusy, func() error { return tryLock(f) }); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

const lockTime = time.Minute

// machines lists all machines of the cluster, by name.
func (p place) machines() ([]machine, error) {
	entries, err := os.ReadDir(p.nodes())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []machine
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue // being removed
		}
		m, err := p.machine(cluster.NodeName(e.Name()))
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// machine reads one; the error is os.ErrNotExist when there is none.
func (p place) machine(n cluster.NodeName) (machine, error) {
	m := machine{process: process{p.folder(n)}}
	text, err := os.ReadFile(m.path("machine.json"))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m.record); err != nil {
		return m, fmt.Errorf("read %s: %w", m.path("machine.json"), err)
	}
	return m, nil
}

// add makes the folder of a new machine: all of it or nothing.
func (p place) add(r record) (machine, error) {
	tmp, err := os.MkdirTemp(p.nodes(), ".new-")
	if err != nil {
		return machine{}, err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return machine{}, err
	}
	if err := renameio.WriteFile(filepath.Join(tmp, "machine.json"), append(text, '\n'), 0o600); err != nil {
		return machine{}, err
	}
	return machine{r, process{p.folder(r.Node)}}, os.Rename(tmp, p.folder(r.Node))
}

// remove deletes the folder of a machine whose lock is held.
func (p place) remove(m machine) error {
	trash := filepath.Join(p.nodes(), ".old-"+string(m.instance()))
	if err := os.Rename(m.dir, trash); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.RemoveAll(trash)
}

// freeAddress is the lowest that no machine has.
func freeAddress(taken []machine) (netip.Addr, error) {
	for a := firstNode; subnet.Contains(a.Next()); a = a.Next() { // the last one is for broadcasts
		if !slices.ContainsFunc(taken, func(m machine) bool { return m.Address == a }) {
			return a, nil
		}
	}
	return netip.Addr{}, &providers.Error{
		Op: "launch", Kind: providers.Capacity,
		Err: fmt.Errorf("the network of a cluster has room for %d virtual machines", maxNodes),
	}
}
