package google

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/ecluster/ecluster/internal/sim"
)

// publicImages are what everybody may boot: of each family the newest, an
// older one, and where it says so none that is still good.
type publicImages struct {
	project, family, name string // of the newest; %s is the date
	arm                   bool
	gb                    int
	cloudInit             bool
	obsolete              bool
}

func imageTable() []publicImages {
	return []publicImages{
		{project: "debian-cloud", family: "debian-13", name: "debian-13-trixie-v%s", gb: 10},
		{project: "debian-cloud", family: "debian-13-arm64", name: "debian-13-trixie-arm64-v%s", gb: 10, arm: true},
		{project: "debian-cloud", family: "debian-12", name: "debian-12-bookworm-v%s", gb: 10},
		{project: "debian-cloud", family: "debian-12-arm64", name: "debian-12-bookworm-arm64-v%s", gb: 10, arm: true},
		{project: "debian-cloud", family: "debian-10", name: "debian-10-buster-v%s", gb: 10, obsolete: true},
		{project: "ubuntu-os-cloud", family: "ubuntu-2404-lts-amd64", name: "ubuntu-2404-noble-amd64-v%s", gb: 10, cloudInit: true},
		{project: "ubuntu-os-cloud", family: "ubuntu-2404-lts-arm64", name: "ubuntu-2404-noble-arm64-v%s", gb: 10, arm: true, cloudInit: true},
		{project: "rocky-linux-cloud", family: "rocky-linux-9", name: "rocky-linux-9-v%s", gb: 20},
		{project: "rocky-linux-cloud", family: "rocky-linux-9-arm64", name: "rocky-linux-9-arm64-v%s", gb: 20, arm: true},
		{
			project: "ubuntu-os-accelerator-images", family: "ubuntu-accelerator-2404-amd64-with-nvidia-580",
			name: "ubuntu-accelerator-2404-amd64-with-nvidia-580-v%s", gb: 40, cloudInit: true,
		},
	}
}

// machineImage is what simulated machines run, whatever image was asked for:
// the nodes that there are run Debian.
const machineImage = "debian-13"

func imageProjects() []string {
	seen := map[string]bool{}
	var out []string
	for _, i := range imageTable() {
		if !seen[i.project] {
			seen[i.project] = true
			out = append(out, i.project)
		}
	}
	return out
}

// furnishImages makes the public images.
func (c *Cloud) furnishImages() {
	for _, p := range imageTable() {
		for _, date := range []string{"20261013", "20260915"} {
			o := object{
				"family": p.family, "status": "READY", "diskSizeGb": fmt.Sprint(p.gb), "archiveSizeBytes": "1073741824",
				"architecture": "X86_64", "sourceType": "RAW", "description": p.family + ", built on " + date, "labelFingerprint": fingerprint(p.family),
				"guestOsFeatures":   []any{object{"type": "UEFI_COMPATIBLE"}, object{"type": "VIRTIO_SCSI_MULTIQUEUE"}, object{"type": "GVNIC"}},
				"licenses":          []any{baseURL + "projects/" + p.project + "/global/licenses/" + p.family},
				"creationTimestamp": fmt.Sprintf("%s-%s-%sT04:10:20.123-07:00", date[:4], date[4:6], date[6:]),
			}
			if p.arm {
				o["architecture"] = "ARM64"
			}
			name := fmt.Sprintf(p.name, date)
			switch {
			case p.obsolete:
				o["deprecated"] = object{"state": "OBSOLETE"}
			case date == "20260915":
				o["deprecated"] = object{"state": "DEPRECATED", "replacement": baseURL + "projects/" + p.project + "/global/images/" + fmt.Sprintf(p.name, "20261013")}
			}
			c.add(collections["images"], p.project, "global", name, o).builtin = true
		}
	}
}

// hasCloudInit tells by the licenses of an image or a disk whether it runs
// cloud-init: they go from an image to its disks and to the images of those.
func hasCloudInit(o object) bool {
	for _, v := range items(o, "licenses") {
		url, _ := v.(string)
		for _, p := range imageTable() {
			if strings.HasSuffix(url, "projects/"+p.project+"/global/licenses/"+p.family) {
				return p.cloudInit
			}
		}
	}
	return false
}

// image resolves the URL of an image or of a family of images.
func (c *Cloud) image(url string) (*record, *apiError) {
	path := "projects/" + Project + "/" + strings.TrimPrefix(url, "/")
	if i := strings.Index(url, "projects/"); i >= 0 {
		path = url[i:]
	}
	parts := strings.Split(path, "/")
	if len(parts) < 5 || parts[2] != "global" || parts[3] != "images" {
		return nil, invalid("resource.disks[0].initializeParams.sourceImage", url, "The URL is malformed.")
	}
	if len(parts) == 6 && parts[4] == "family" {
		if rec := c.newest(parts[1], parts[5]); rec != nil {
			return rec, nil
		}
		return nil, notFound(path)
	}
	rec := c.records["images"][path]
	switch {
	case rec == nil || rec.leaving:
		return nil, notFound(path)
	case rec.pending:
		return nil, notReady(path)
	case text(rec.obj, "deprecated", "state") == "OBSOLETE":
		return nil, &apiError{status: http.StatusBadRequest, reason: "resourceNotReady", message: fmt.Sprintf("The image '%s' is obsolete.", path)}
	}
	return rec, nil
}

// newest is the image of a family that is not deprecated, or nil.
func (c *Cloud) newest(project, family string) *record {
	var best *record
	for _, rec := range c.records["images"] {
		if rec.project != project || text(rec.obj, "family") != family || rec.pending || dig(rec.obj, "deprecated") != nil {
			continue
		}
		if best == nil || text(rec.obj, "creationTimestamp")+rec.name > text(best.obj, "creationTimestamp")+best.name {
			best = rec
		}
	}
	return best
}

func imageFromFamily(c *Cloud, r *request) (any, error) {
	rec := c.newest(r.project(), r.params["family"])
	if rec == nil {
		return nil, notFound("projects/" + r.project() + "/global/images/family/" + r.params["family"])
	}
	return rec.obj, nil
}

func prepareImage(c *Cloud, r *request, o object) *apiError {
	n := 0
	for _, source := range []string{"sourceDisk", "sourceImage", "sourceSnapshot", "rawDisk"} {
		if _, has := o[source]; has {
			n++
		}
	}
	if n != 1 {
		return invalid("resource", "", "Exactly one source of the image must be specified.")
	}
	if family := text(o, "family"); family != "" && !dnsLabel.MatchString(family) {
		return invalid("resource.family", family, "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'")
	}
	switch {
	case text(o, "sourceDisk") != "":
		disk, e := c.referTo("disks", "", "resource.sourceDisk", text(o, "sourceDisk"))
		if e != nil {
			return e
		}
		force := r.query.Get("forceCreate") == "true"
		if vm := c.refer("instances", "", firstUser(c, disk)); vm != nil && text(vm.obj, "status") != "TERMINATED" && !force {
			return inUse("disk", disk.path, vm.path)
		}
		o["sourceDisk"], o["sourceDiskId"], o["diskSizeGb"] = disk.url(), disk.obj["id"], disk.obj["sizeGb"]
		inherit(o, disk.obj)
	case text(o, "sourceImage") != "":
		image, e := c.image(text(o, "sourceImage"))
		if e != nil {
			return e
		}
		o["sourceImage"], o["sourceImageId"], o["diskSizeGb"] = image.url(), image.obj["id"], image.obj["diskSizeGb"]
		inherit(o, image.obj)
	default:
		return unimplemented("images of snapshots and of raw disks")
	}
	o["status"], o["sourceType"], o["archiveSizeBytes"] = "PENDING", "RAW", "1073741824"
	return nil
}

func imageReady(*Cloud, *record) object { return object{"status": "READY"} }

// bootOf is what the image and the metadata of an instance mean for its
// machine.
func (c *Cloud) bootOf(rec *record) sim.Boot {
	v := rec.vm
	b := sim.Boot{ID: v.id, Image: machineImage, Hostname: rec.name, Labels: map[string]string{}}
	if host := text(rec.obj, "hostname"); host != "" {
		b.Hostname = host
	}
	for key, value := range child(with(rec.obj, nil), "labels") {
		b.Labels[key], _ = value.(string)
	}
	for _, nic := range items(rec.obj, "networkInterfaces") {
		b.Network = last(text(nic, "network"))
		break
	}
	userData := metadataValue(rec.obj, "user-data")
	if v.cloudInit && userData != "" {
		b.UserData = []byte(userData)
		return b
	}
	b.Agent = &sim.Agent{StartupScript: metadataValue(rec.obj, "startup-script")}
	if on(metadataValue(rec.obj, "enable-oslogin")) {
		return b // users come from elsewhere then
	}
	for line := range strings.Lines(metadataValue(rec.obj, "ssh-keys")) {
		name, key, is := strings.Cut(strings.TrimSpace(line), ":")
		if is && name != "" {
			b.Agent.Users = append(b.Agent.Users, sim.AgentUser{Name: name, AuthorizedKey: strings.TrimSpace(key)})
		}
	}
	return b
}
