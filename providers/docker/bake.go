package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/providers"
)

var _ providers.Baker = (*Driver)(nil)

// bakedRepository is where baked images are named.
const bakedRepository = "ecluster-baked"

// Bake implements providers.Baker. The file system of the container is
// streamed into a new image of one layer, without what makes the node itself:
// a commit would keep its keys in a layer for everyone to read.
func (d *Driver) Bake(ctx context.Context, req providers.BakeRequest) (string, error) {
	op := "bake image " + req.Name
	if err := requireID(op, req.ID); err != nil {
		return "", err
	}
	existing, err := d.containers(ctx, op, req.ID)
	if err != nil {
		return "", err
	}
	var source string
	for _, c := range existing {
		if instanceID(c.ID) == req.Instance {
			source = c.ID
		}
	}
	if source == "" {
		return "", &providers.Error{Op: op, Kind: providers.NotFound, Err: fmt.Errorf("the cluster has no container %s", req.Instance)}
	}
	req.Progress("copying the file system of the node")
	export, err := d.cli.ContainerExport(ctx, source, client.ContainerExportOptions{})
	if err != nil {
		return "", d.fail(ctx, op, "", err)
	}
	defer func() { _ = export.Close() }()
	labels := maps.Clone(req.Labels)
	if labels == nil {
		labels = make(map[string]string)
	}
	labels[labelImage] = req.Name
	id, err := d.importFiltered(ctx, export, labels)
	if err != nil {
		return "", d.fail(ctx, op, "", err)
	}
	name := bakedRepository + ":" + req.Name
	_, err = d.cli.ImageTag(ctx, client.ImageTagOptions{Source: id, Target: name})
	return name, d.fail(ctx, op, "", err)
}

func (d *Driver) importFiltered(ctx context.Context, files io.Reader, labels map[string]string) (string, error) {
	reader, writer := io.Pipe()
	filtered := make(chan error, 1)
	go func() {
		err := anonymize(writer, files)
		_ = writer.CloseWithError(err)
		filtered <- err
	}()
	id, err := d.importImage(ctx, reader, "ecluster baked image", labels)
	_ = reader.CloseWithError(io.ErrClosedPipe)
	if filterErr := <-filtered; err == nil {
		err = filterErr
	}
	return id, err
}

// DeleteImage implements providers.Baker. It deletes no image that was not
// made here.
func (d *Driver) DeleteImage(ctx context.Context, image string) error {
	op := "delete image " + image
	found, err := d.cli.ImageInspect(ctx, image)
	if classify(err) == providers.NotFound {
		return nil
	}
	if err != nil {
		return d.fail(ctx, op, "", err)
	}
	if found.Config == nil || found.Config.Labels[labelImage] == "" {
		return &providers.Error{Op: op, Kind: providers.Invalid, Err: errors.New("it was not made by ecluster; `docker rmi` deletes it")}
	}
	_, err = d.cli.ImageRemove(ctx, image, client.ImageRemoveOptions{PruneChildren: true})
	if classify(err) == providers.NotFound {
		return nil
	}
	return d.fail(ctx, op, "", err)
}

// labelChanges are the instructions that put labels on an imported image.
func labelChanges(labels map[string]string) []string {
	// As in a Dockerfile, where a dollar begins a variable.
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "\n", " ").Replace
	var changes []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		changes = append(changes, fmt.Sprintf(`LABEL "%s"="%s"`, quote(k), quote(labels[k])))
	}
	return changes
}

// anonymize copies a tar of a node's root file system without its identity,
// its keys, its logs and what lives only while it runs.
func anonymize(w io.Writer, r io.Reader) error {
	in, out := tar.NewReader(r), tar.NewWriter(w)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return out.Close()
		}
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(strings.TrimPrefix(h.Name, "./"), "/")
		if ownToNode(name) {
			continue
		}
		if name == "etc/machine-id" {
			h.Size = 0 // empty: the next node makes its own
		}
		if err := out.WriteHeader(h); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
		if h.Size == 0 {
			continue
		}
		if _, err := io.CopyN(out, in, h.Size); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
	}
}

// ownToNode reports whether a path holds what no other node may have. Folders
// themselves stay.
func ownToNode(name string) bool {
	if strings.HasSuffix(name, "/") {
		return strings.HasPrefix(name, "var/log/journal/") && name != "var/log/journal/"
	}
	for _, prefix := range []string{
		"etc/ssh/ssh_host_", "root/.ssh/", "root/.bash_history",
		"var/lib/dbus/machine-id", "var/lib/systemd/random-seed", "var/log/journal/",
		"run/", "tmp/", "dev/", "proc/", "sys/", ".dockerenv",
	} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
