package qemu

import (
	"context"
	"crypto/sha256"
	_ "embed" // the recipe of the images
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

const defaultImage = "debian-13"

// image is what machines start from.
type image struct {
	disk   string // the file that the machine's own disk lies over
	format string // of that file: "raw", "qcow2"
	// kernel and initrd are handed to QEMU; empty for a disk that has a boot
	// loader.
	kernel, initrd string
	size           cluster.Bytes // of the disk, as the machine sees it
}

// leastGB is the smallest disk that the image fits into.
func (i image) leastGB() int { return int((i.size + cluster.GiB - 1) / cluster.GiB) }

// recipe is an image that can be made here.
type recipe struct {
	alias string // "debian-13"
	suite string // "trixie"
}

// recipeFor returns the recipe that an image of a spec stands for, and false
// for a file that is used as it is.
func recipeFor(name string) (recipe, bool) {
	switch name {
	case "", "debian-13":
		return recipe{"debian-13", "trixie"}, true
	case "debian-12":
		return recipe{"debian-12", "bookworm"}, true
	}
	return recipe{}, false
}

//go:embed image/provision.sh
var provisionScript string

//go:embed image/disk.sh
var diskScript string

//go:embed image/cloud.cfg
var cloudConfig string

//go:embed image/initramfs
var initramfsModules string

//go:embed image/packages
var packageList string

// packageName is what may stand in the list of packages.
var packageName = regexp.MustCompile(`^[a-z0-9][a-z0-9.+-]+$`)

// allPackages are those of every image and those of the settings.
func (d *Driver) allPackages() []string {
	own := slices.Sorted(slices.Values(d.packages))
	return append(strings.Fields(packageList), slices.Compact(own)...)
}

// folder is where the image of a recipe lies once it is made. Its name holds a
// hash of everything that decides what is inside.
func (d *Driver) folder(r recipe) string {
	parts := append([]string{provisionScript, diskScript, cloudConfig, initramfsModules, r.suite, d.mirror}, d.allPackages()...)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return filepath.Join(d.images, r.alias+"-"+hex.EncodeToString(sum[:6]))
}

// image returns the image of a spec, which must be there: Prepare sees to that.
func (d *Driver) image(name string) (image, error) {
	r, ours := recipeFor(name)
	if ours {
		dir := d.folder(r)
		return found(image{
			disk: filepath.Join(dir, "root.raw"), format: "raw",
			kernel: filepath.Join(dir, "vmlinuz"), initrd: filepath.Join(dir, "initrd"),
		}, name)
	}
	if !filepath.IsAbs(name) {
		return image{}, &providers.Error{
			Op: "find image " + strconv.Quote(name), Kind: providers.NotFound,
			Err: fmt.Errorf("it is neither %q nor %q, which can be built here, nor the absolute path of a disk image", defaultImage, "debian-12"),
		}
	}
	return found(image{disk: name}, name)
}

// found fills in what the file itself tells.
func found(i image, name string) (image, error) {
	info, err := os.Stat(i.disk)
	if err != nil {
		kind := classify(err)
		if errors.Is(err, os.ErrNotExist) {
			kind = providers.NotFound
		}
		return image{}, &providers.Error{Op: "find image " + strconv.Quote(name), Kind: kind, Err: err}
	}
	i.size = cluster.Bytes(info.Size())
	if i.format != "" {
		return i, nil
	}
	out, err := exec.Command("qemu-img", "info", "--output=json", i.disk).Output()
	var about struct {
		Format string `json:"format"`
		Size   int64  `json:"virtual-size"`
	}
	if err == nil {
		err = json.Unmarshal(out, &about)
	}
	if err != nil {
		return image{}, &providers.Error{Op: "read image " + strconv.Quote(name), Kind: providers.Invalid, Err: err}
	}
	i.format, i.size = about.Format, cluster.Bytes(about.Size)
	return i, nil
}

const taskImage = "build machine image"

// ensureImage makes an image where it is not there yet.
func (d *Driver) ensureImage(ctx context.Context, name string, report func(task, message string)) error {
	r, ours := recipeFor(name)
	if !ours || exists(d.folder(r)) {
		_, err := d.image(name)
		return err
	}
	if err := os.MkdirAll(d.images, 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(d.folder(r)+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if errors.Is(tryLock(lock), errBusy) {
		report(taskImage, "waiting for another ecluster that builds the same image")
		if err := retry(ctx, buildTime, errBusy, func() error { return tryLock(lock) }); err != nil {
			return err
		}
	}
	if exists(d.folder(r)) {
		return nil
	}
	return d.build(ctx, r, report)
}

// buildTime is more than any build takes.
const buildTime = 2 * time.Hour
