package docker

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	_ "embed" // the recipe of the node image
	"encoding/hex"
	"io"
	"strings"
)

//go:embed image/Dockerfile
var dockerfile string

//go:embed image/provision.sh
var provisionScript string

//go:embed image/packages
var packageList string

// recipe is a node image that can be made here: what it is called in a spec,
// which base it has, and the Debian suite it comes from.
type recipe struct {
	alias string // "debian-13"
	base  string // "debian:13"
	suite string // "trixie"
}

const defaultImage = "debian-13"

// recipeFor returns the recipe that an image of a spec stands for, and false
// for an image that is used as it is. The bare Debian images are no nodes (no
// systemd, no sshd): who asks for one gets the node made from it.
func recipeFor(image string) (recipe, bool) {
	switch image {
	case "", "debian-13", "debian:13", "debian:trixie":
		return recipe{alias: "debian-13", base: "debian:13", suite: "trixie"}, true
	case "debian-12", "debian:12", "debian:bookworm":
		return recipe{alias: "debian-12", base: "debian:12", suite: "bookworm"}, true
	}
	return recipe{}, false
}

// ref is the name of the finished image on the engine. Its tag holds a hash of
// everything that decides what is inside.
func (r recipe) ref(mirror string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{dockerfile, provisionScript, packageList, r.base, r.suite, mirror}, "\x00")))
	return "ecluster-node:" + r.alias + "-" + hex.EncodeToString(sum[:6])
}

// imageRef returns the name by which the engine knows the image of a spec,
// once it is prepared.
func (d *Driver) imageRef(image string) string {
	if r, ok := recipeFor(image); ok {
		return r.ref(d.mirror)
	}
	return image
}

func packages() []string { return strings.Fields(packageList) }

// buildContext is the recipe as the tar stream that a Docker build reads.
func buildContext() (io.Reader, error) {
	var buf bytes.Buffer
	err := writeTar(&buf,
		tarFile{name: "Dockerfile", mode: 0o644, data: dockerfile},
		tarFile{name: "provision.sh", mode: 0o755, data: provisionScript},
		tarFile{name: "packages", mode: 0o644, data: packageList},
	)
	return &buf, err
}

// tarFile is one entry of a tar stream, owned by root; a folder when its name
// ends in a slash.
type tarFile struct {
	name string
	mode int64
	data string
}

func writeTar(w io.Writer, files ...tarFile) error {
	tw := tar.NewWriter(w)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.data)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if strings.HasSuffix(f.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		if _, err := io.WriteString(tw, f.data); err != nil {
			return err
		}
	}
	return tw.Close()
}
