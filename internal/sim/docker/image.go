package docker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"

	"github.com/ecluster/ecluster/providers/docker"
)

// DefaultImage is the one that Prepare makes when none is named.
const DefaultImage = "debian-13"

// labelImage is on images that were built here: the name in ecluster's words.
const labelImage = "ecluster-sim-image"

//go:embed image
var recipe embed.FS

// Prepare makes the images that machines boot from, which takes half a minute
// where the engine does not have them yet. Boot does so too when it must.
func (m *Machines) Prepare(ctx context.Context, images ...string) error {
	if len(images) == 0 {
		images = []string{DefaultImage}
	}
	for _, image := range images {
		if _, err := m.image(ctx, image); err != nil {
			return err
		}
	}
	return nil
}

// image returns the engine's name of an image, and makes it where it is missing.
func (m *Machines) image(ctx context.Context, image string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ref, ok := m.images[image]; ok {
		return ref, nil
	}
	base, ours, err := m.engine.NodeImage(ctx, image, m.options.Report)
	switch {
	case err != nil:
		return "", fmt.Errorf("prepare machine image %s: %w", image, err)
	case !ours:
		return "", fmt.Errorf("prepare machine image %s: simulated machines run debian-12 or debian-13; use one of them for a rehearsal", image)
	}
	files, sum, err := buildContext(base)
	if err != nil {
		return "", fmt.Errorf("prepare machine image %s: %w", image, err)
	}
	ref := "ecluster-simnode:" + image + "-" + sum
	err = m.engine.Build(ctx, docker.BuildRequest{
		Ref: ref, Files: files,
		Args:   map[string]*string{"BASE": &base},
		Labels: map[string]string{labelImage: image},
		Report: m.options.Report,
	})
	if err != nil {
		return "", fmt.Errorf("prepare machine image %s: %w", image, err)
	}
	m.images[image] = ref
	return ref, nil
}

// buildContext is the recipe as the stream that a build reads, and a hash of
// all that decides what is inside the image.
func buildContext(base string) (*bytes.Buffer, string, error) {
	names, err := fs.Glob(recipe, "image/*")
	if err != nil {
		return nil, "", err
	}
	slices.Sort(names)
	inside := []byte(base)
	files := make([]file, 0, len(names))
	for _, name := range names {
		data, err := recipe.ReadFile(name)
		if err != nil {
			return nil, "", err
		}
		inside = fmt.Appendf(inside, "\x00%s\x00%d\x00%s", name, len(data), data)
		files = append(files, file{name: name[len("image/"):], mode: 0o644, data: data})
	}
	sum := sha256.Sum256(inside)
	stream, err := tarOf(files...)
	return stream, hex.EncodeToString(sum[:6]), err
}
