package qemu

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// diskForNode is about what a machine with a scheduler takes of the disk.
const diskForNode = 1500 * cluster.MiB

// Check implements providers.Driver.
func (d *Driver) Check(ctx context.Context, req providers.CheckRequest) ([]providers.Finding, error) {
	if ctx.Err() != nil {
		return nil, fail(ctx, "check", "", ctx.Err())
	}
	findings := d.checkHost(ctx, req)
	var images []string
	var groups []cluster.GroupName
	for _, n := range req.Nodes {
		if !slices.Contains(images, n.Image) {
			images = append(images, n.Image)
			if f := d.checkImage(n.Image); f != nil {
				f.Group = n.Group.Name
				findings = append(findings, *f)
			}
		}
		if !slices.Contains(groups, n.Group.Name) {
			groups = append(groups, n.Group.Name)
			findings = append(findings, checkGroup(n.Group)...)
		}
	}
	return findings, nil
}

// checkHost looks at this computer.
func (d *Driver) checkHost(ctx context.Context, req providers.CheckRequest) []providers.Finding {
	var findings []providers.Finding
	add := func(fatal bool, summary, detail string) {
		findings = append(findings, providers.Finding{Fatal: fatal, Summary: summary, Detail: detail})
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		add(true, "virtual machines are made on Linux on amd64 only, and this is "+runtime.GOOS+" on "+runtime.GOARCH, "Use another provider, such as docker.")
		return findings
	}
	if missing := missingTools(d.runners()); len(missing) > 0 {
		add(true, strings.Join(missing, " and ")+" is not installed", "Run `sudo apt-get install "+debianPackages(missing)+"`, or what installs QEMU on this system.")
	} else if version := d.tooOld(ctx); version != "" {
		add(true, fmt.Sprintf("this is QEMU %s, which is too old", version), fmt.Sprintf("Install QEMU %d.%d or later.", leastMajor, leastMinor))
	}
	if d.accel == accelKVM && !kvmOpens() {
		add(true, "this user can't use KVM", "See that /dev/kvm exists and that you may open it (group kvm), or set accel = \"auto\".")
	}
	for _, n := range req.Nodes {
		if d.checkPath(req.ID, n.Name) != nil {
			add(true, "the folder of the machines has too long a name", capital(d.pathTooLong())+".")
			break
		}
	}
	if len(req.Nodes) > maxNodes {
		add(true, fmt.Sprintf("a cluster has at most %d virtual machines", maxNodes), "Lower count.")
	}
	var memory cluster.Bytes
	for _, n := range req.Nodes {
		memory += sizeOf(n.Group).memory
	}
	if have := hostMemory(); have > 0 && memory > have {
		add(false, fmt.Sprintf("the %d machines may use %s of memory and this computer has %s", len(req.Nodes), memory, have),
			"Some may be killed when all are busy; lower memory or start fewer.")
	}
	if free, known := freeDisk(d.dir); known && free < cluster.Bytes(len(req.Nodes))*diskForNode {
		add(false, fmt.Sprintf("only %s of disk space are left for %d machines in %s", free, len(req.Nodes), d.dir),
			fmt.Sprintf("A machine takes up to about %s at first, and more as its disk fills.", diskForNode))
	}
	return findings
}

// checkImage finds out that an image is neither there nor can be had.
func (d *Driver) checkImage(name string) *providers.Finding {
	r, ours := recipeFor(name)
	if ours {
		if missing := missingTools(builders()); len(missing) > 0 && !exists(d.folder(r)) {
			return &providers.Finding{
				Fatal: true, Attr: "image",
				Summary: fmt.Sprintf("the image %s can't be built: %s is not installed", r.alias, strings.Join(missing, " and ")),
				Detail:  "Run `sudo apt-get install " + debianPackages(missing) + "`.",
			}
		}
		return nil
	}
	if _, err := d.image(name); err != nil {
		return &providers.Finding{
			Fatal: true, Attr: "image",
			Summary: fmt.Sprintf("there is no image %q", name),
			Detail:  fmt.Sprintf("Use %q or \"debian-12\", which are built here, or the absolute path of a disk image with cloud-init (%v).", defaultImage, err),
		}
	}
	return nil
}

// checkGroup finds what a group asks for that virtual machines don't have.
func checkGroup(g cluster.Group) []providers.Finding {
	var findings []providers.Finding
	add := func(fatal bool, attr, summary, detail string) {
		findings = append(findings, providers.Finding{Fatal: fatal, Group: g.Name, Attr: attr, Summary: summary, Detail: detail})
	}
	if cpus := sizeOf(g).cpus; cpus > runtime.NumCPU() {
		add(false, "cpus", fmt.Sprintf("a machine of %d processors is slow: this computer has %d", cpus, runtime.NumCPU()), "Lower cpus.")
	}
	if g.GPU != nil {
		add(true, "gpu", "virtual machines get no GPU from ecluster", "Remove the gpu block, or use another provider.")
	}
	if g.MachineType != "" {
		add(false, "machine_type", "machine_type means nothing for virtual machines and is ignored", "Remove it; cpus and memory say how large a machine is.")
	}
	if g.Spot {
		add(false, "spot", "spot means nothing for virtual machines and is ignored", "Remove it.")
	}
	return findings
}

// nearest is the deepest folder of a path that exists.
func nearest(path string) string {
	for !exists(path) && path != filepath.Dir(path) {
		path = filepath.Dir(path)
	}
	return path
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// hostMemory is how much this computer has; 0 when it does not say.
func hostMemory() cluster.Bytes {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kib int64
	if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kib); err != nil {
		return 0
	}
	return cluster.Bytes(kib) * cluster.KiB
}
