package qemu

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var (
	_ providers.OrphanLister = (*Driver)(nil)
	_ providers.Identifier   = (*Driver)(nil)
)

// Clusters implements providers.OrphanLister.
func (d *Driver) Clusters(ctx context.Context) ([]providers.ClusterRef, error) {
	entries, err := os.ReadDir(d.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fail(ctx, "list clusters", "", err)
	}
	var list []providers.ClusterRef
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		p := d.place(cluster.ID(strings.TrimSuffix(e.Name(), oldSuffix)))
		folder := "folder " + filepath.Join(d.dir, e.Name())
		if n := len(list); n > 0 && list[n-1].ID == p.id { // what is left of it, beside it
			list[n-1].Resources = append(list[n-1].Resources, folder)
			continue
		}
		all, err := p.machines()
		if err != nil {
			return nil, fail(ctx, "list clusters", "", err)
		}
		list = append(list, providers.ClusterRef{
			ID: p.id, Name: p.name(), Machines: len(all), Resources: []string{folder},
		})
	}
	return list, nil
}

// Identity implements providers.Identifier: machines are in one folder of one
// computer, even if others see the same folder.
func (d *Driver) Identity(context.Context) (providers.Identity, error) {
	host, err := os.Hostname()
	if err != nil {
		return providers.Identity{}, err
	}
	id, err := os.ReadFile("/etc/machine-id")
	if err != nil || len(strings.TrimSpace(string(id))) == 0 {
		id = []byte(host)
	}
	return providers.Identity{
		ID:    strings.TrimSpace(string(id)) + ":" + d.dir,
		Words: "the virtual machines of " + host + " in " + d.dir,
	}, nil
}
