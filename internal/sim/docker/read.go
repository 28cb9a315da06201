package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

const (
	consoleLines = "400"
	hostKeyLimit = 16 << 10
)

// Console implements sim.Machines: what the boot script said and, since
// systemd has no console in a container, the end of its journal. A machine
// that does not run has the former only.
func (m *Machines) Console(ctx context.Context, id string) ([]byte, error) {
	var out bytes.Buffer
	if err := m.console(ctx, m.container(id), &out); err != nil {
		return nil, fmt.Errorf("read console of machine %s: %w", id, err)
	}
	return out.Bytes(), nil
}

func (m *Machines) console(ctx context.Context, ref string, out io.Writer) error {
	logs, err := m.cli.ContainerLogs(ctx, ref, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: consoleLines})
	if err != nil {
		return err
	}
	_, err = stdcopy.StdCopy(out, out, logs)
	_ = logs.Close()
	if err != nil {
		return err
	}
	journal, err := m.cli.ExecCreate(ctx, ref, client.ExecCreateOptions{
		AttachStdout: true, AttachStderr: true,
		Cmd: []string{"journalctl", "--boot", "--no-pager", "--no-hostname", "--lines=" + consoleLines},
	})
	if errdefs.IsConflict(err) { // it does not run
		return nil
	}
	if err != nil {
		return err
	}
	stream, err := m.cli.ExecAttach(ctx, journal.ID, client.ExecAttachOptions{})
	if err != nil {
		return err
	}
	defer stream.Close()
	stop := context.AfterFunc(ctx, stream.Close)
	defer stop()
	if _, err := stdcopy.StdCopy(out, out, stream.Reader); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// HostKeys implements sim.Machines: what the guest agent has published.
func (m *Machines) HostKeys(ctx context.Context, id string) ([]string, error) {
	answer, err := m.cli.CopyFromContainer(ctx, m.container(id), client.CopyFromContainerOptions{SourcePath: agentAnswer})
	if errdefs.IsNotFound(err) {
		return nil, nil // no agent, or it is not that far yet
	}
	if err != nil {
		return nil, fmt.Errorf("read host keys of machine %s: %w", id, err)
	}
	defer func() { _ = answer.Content.Close() }()
	files := tar.NewReader(answer.Content)
	if _, err := files.Next(); err != nil {
		return nil, fmt.Errorf("read host keys of machine %s: %w", id, err)
	}
	data, err := io.ReadAll(io.LimitReader(files, hostKeyLimit))
	if err != nil {
		return nil, fmt.Errorf("read host keys of machine %s: %w", id, err)
	}
	return strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' }), nil
}
