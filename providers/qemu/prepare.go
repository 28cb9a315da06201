package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// Prepare implements providers.Driver: it builds the images that are missing,
// finds out whether KVM works with them, and starts the network.
func (d *Driver) Prepare(ctx context.Context, req providers.PrepareRequest) error {
	if err := requireID("prepare", req.ID); err != nil {
		return err
	}
	if len(req.Volumes)+len(req.Kept) > 0 {
		return invalid("prepare", errors.New("virtual machines can't share a volume; use a share of another type, such as nfs"))
	}
	return fail(ctx, "prepare", "", d.prepare(ctx, req))
}

func (d *Driver) prepare(ctx context.Context, req providers.PrepareRequest) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, g := range req.Groups {
		if err := d.ensureImage(ctx, g.Image, req.Progress); err != nil {
			return err
		}
		img, err := d.image(g.Image)
		if err != nil {
			return err
		}
		accel, err := d.accelerator(ctx, img)
		if err != nil {
			return err
		}
		if accel == accelTCG {
			req.Progress("virtual machines", "KVM does not work here: the machines are emulated, which is slow")
		}
	}
	p := d.place(req.ID)
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := renameio.WriteFile(p.nameFile(), []byte(req.Name), 0o600); err != nil {
		return err
	}
	if err := p.network().ensure(ctx, d.emulator, p); err != nil {
		return fmt.Errorf("start the network of the cluster: %w", err)
	}
	return nil
}

func (p place) nameFile() string { return filepath.Join(p.dir, "name") }

// name is what people call the cluster; empty when nothing tells.
func (p place) name() cluster.Name {
	text, _ := os.ReadFile(p.nameFile())
	return cluster.Name(strings.TrimSpace(string(text)))
}
