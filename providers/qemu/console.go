package qemu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.ConsoleReader = (*Driver)(nil)

// consoleTail is how much of a console is shown.
const consoleTail = 128 << 10

// Console implements providers.ConsoleReader: what the kernel and systemd wrote
// to the serial line.
func (d *Driver) Console(ctx context.Context, id cluster.ID, instance cluster.InstanceID) ([]byte, error) {
	all, err := d.existing(ctx, "read console", id)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if m.instance() == instance {
			text, err := readTail(m.path("console"))
			return text, fail(ctx, "read console", m.Node, err)
		}
	}
	return nil, &providers.Error{Op: "read console", Kind: providers.NotFound, Err: fmt.Errorf("the cluster has no machine %s", instance)}
}

func readTail(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		_, err = f.Seek(max(0, info.Size()-consoleTail), io.SeekStart)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}
