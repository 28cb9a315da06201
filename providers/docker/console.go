package docker

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.ConsoleReader = (*Driver)(nil)

const consoleLines = "400"

// Console implements providers.ConsoleReader: what the boot script said, and,
// since systemd has no console in a container, the end of its journal.
func (d *Driver) Console(ctx context.Context, id cluster.ID, instance cluster.InstanceID) ([]byte, error) {
	existing, err := d.containers(ctx, "read console", id)
	if err != nil {
		return nil, err
	}
	for _, c := range existing {
		if instanceID(c.ID) != instance {
			continue
		}
		out, err := d.console(ctx, c)
		return out, d.fail(ctx, "read console", cluster.NodeName(c.Labels[providers.TagNode]), err)
	}
	return nil, &providers.Error{Op: "read console", Kind: providers.NotFound, Err: fmt.Errorf("the cluster has no container %s", instance)}
}

func (d *Driver) console(ctx context.Context, c container.Summary) ([]byte, error) {
	var out bytes.Buffer
	logs, err := d.cli.ContainerLogs(ctx, c.ID, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: consoleLines})
	if err != nil {
		return nil, err
	}
	_, err = stdcopy.StdCopy(&out, &out, logs)
	_ = logs.Close()
	if err != nil || c.State != container.StateRunning {
		return out.Bytes(), err
	}
	journal, err := d.cli.ExecCreate(ctx, c.ID, client.ExecCreateOptions{
		AttachStdout: true, AttachStderr: true,
		Cmd: []string{"journalctl", "--boot", "--no-pager", "--lines=" + consoleLines},
	})
	if err != nil {
		return out.Bytes(), err
	}
	stream, err := d.cli.ExecAttach(ctx, journal.ID, client.ExecAttachOptions{})
	if err != nil {
		return out.Bytes(), err
	}
	defer stream.Close()
	stop := context.AfterFunc(ctx, stream.Close)
	defer stop()
	_, err = stdcopy.StdCopy(&out, &out, stream.Reader)
	if err == io.EOF { //nolint:errorlint // stdcopy wraps nothing
		err = nil
	}
	return out.Bytes(), err
}
