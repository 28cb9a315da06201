package google

import (
	"fmt"
	"strings"
)

// prepareDisk checks a disk that is made by itself.
func prepareDisk(c *Cloud, r *request, o object) *apiError {
	source := text(o, "sourceImage")
	if source == "" {
		source = r.query.Get("sourceImage")
	}
	size, hasSize := number(o, "sizeGb")
	if source != "" {
		image, e := c.image(source)
		if e != nil {
			return e
		}
		if e := c.fromImage(o, image, size, hasSize, "resource.sizeGb"); e != nil {
			return e
		}
	} else if !hasSize {
		return required("resource.sizeGb")
	}
	kind, e := c.diskType("resource.type", r.where(), text(o, "type"), "pd-standard")
	if e != nil {
		return e
	}
	if kind == "local-ssd" {
		return invalid("resource.type", text(o, "type"), "Local SSDs are made with their instance.")
	}
	o["type"] = baseURL + collections["diskTypes"].path(Project, r.where(), kind)
	return finishDisk(o)
}

func finishDisk(o object) *apiError {
	if size, has := number(o, "sizeGb"); has && (size < 1 || size > 65536) {
		return invalid("resource.sizeGb", fmt.Sprint(size), "Must be between 1 and 65536.")
	}
	setDefault(o, "physicalBlockSizeBytes", "4096")
	o["status"] = "CREATING"
	return nil
}

func diskReady(*Cloud, *record) object { return object{"status": "READY"} }

// fromImage fills in what a disk gets from its image.
func (c *Cloud) fromImage(o object, image *record, size int64, hasSize bool, field string) *apiError {
	least, _ := number(image.obj, "diskSizeGb")
	if hasSize && size < least {
		return invalid(field, fmt.Sprint(size), fmt.Sprintf("Requested disk size cannot be smaller than the image size (%d GB)", least))
	}
	if !hasSize {
		o["sizeGb"] = fmt.Sprint(least)
	}
	o["sourceImage"], o["sourceImageId"] = image.url(), image.obj["id"]
	inherit(o, image.obj)
	return nil
}

// inherit copies what an image and its disks have in common.
func inherit(o, from object) {
	for _, key := range []string{"architecture", "licenses", "guestOsFeatures"} {
		if v, has := from[key]; has {
			setDefault(o, key, v)
		}
	}
}

// diskType returns the name of a type of disk, or that of the default.
func (c *Cloud) diskType(field, where, url, otherwise string) (string, *apiError) {
	if url == "" {
		return otherwise, nil
	}
	if !strings.Contains(url, "/") {
		return "", invalid(field, url, "The URL is malformed.")
	}
	rec := c.refer("diskTypes", where, url)
	if rec == nil {
		return "", absent(field, url, "The referenced diskType resource cannot be found.")
	}
	return rec.name, nil
}

// attached is a disk of an instance that is asked for.
type attached struct {
	disk *record // that is there already
	make object  // or what to make; neither for local SSDs
	name string
}

// system is the disk itself.
func (a attached) system() object {
	if a.disk != nil {
		return a.disk.obj
	}
	return a.make
}

// checkDisks reads an instance's disks, the boot disk first. It changes
// nothing but the request.
func (c *Cloud) checkDisks(r *request, o object, t machineType) ([]attached, *apiError) {
	disks := items(o, "disks")
	if len(disks) == 0 {
		return nil, required("resource.disks")
	}
	var out []attached
	for i, v := range disks {
		d, _ := v.(object)
		field := fmt.Sprintf("resource.disks[%d]", i)
		if isBoot, _ := truth(d, "boot"); isBoot != (i == 0) {
			return nil, invalid(field+".boot", fmt.Sprint(isBoot), "The first disk, and no other, must be the boot disk.")
		}
		a, e := c.checkDisk(r, o, d, field, t)
		if e != nil {
			return nil, e
		}
		out = append(out, a)
		finishAttachment(d, i)
	}
	return out, nil
}

// finishAttachment fills in what the cloud says about a disk of an instance.
func finishAttachment(d object, i int) {
	delete(d, "initializeParams")
	d["kind"], d["index"] = "compute#attachedDisk", i
	setDefault(d, "type", "PERSISTENT")
	setDefault(d, "mode", "READ_WRITE")
	setDefault(d, "interface", "SCSI")
	setDefault(d, "autoDelete", false)
	setDefault(d, "boot", false)
	setDefault(d, "deviceName", fmt.Sprintf("persistent-disk-%d", i))
}

func (c *Cloud) checkDisk(r *request, o, d object, field string, t machineType) (attached, *apiError) {
	source, params := text(d, "source"), dig(d, "initializeParams")
	if (source == "") == (params == nil) {
		return attached{}, invalid(field, "", "Exactly one of source and initializeParams must be specified.")
	}
	if source != "" {
		disk, e := c.referTo("disks", r.where(), field+".source", source)
		if e != nil {
			return attached{}, e
		}
		if by := firstUser(c, disk); by != "" {
			return attached{}, inUse("disk", disk.path, by)
		}
		d["source"], d["diskSizeGb"] = disk.url(), disk.obj["sizeGb"]
		return attached{disk: disk, name: disk.name}, nil
	}
	kind, e := c.diskType(field+".initializeParams.diskType", r.where(), text(params, "diskType"), t.defaultDisk())
	if e != nil {
		return attached{}, e
	}
	size, hasSize := number(params, "diskSizeGb")
	if !hasSize {
		size, hasSize = number(d, "diskSizeGb")
	}
	if kind == "local-ssd" {
		return attached{}, checkLocalSSD(d, field, size, hasSize)
	}
	if text(d, "type") == "SCRATCH" {
		return attached{}, invalid(field+".type", "SCRATCH", "Scratch disks must be of type local-ssd.")
	}
	if !t.takes(kind) {
		return attached{}, absent(field+".initializeParams.diskType", text(params, "diskType"),
			fmt.Sprintf("[%s] features are not compatible for creating instance of machine type %s.", kind, t.name))
	}
	return c.checkNewDisk(r, o, d, field, kind, size, hasSize)
}

func (c *Cloud) checkNewDisk(r *request, o, d object, field, kind string, size int64, hasSize bool) (attached, *apiError) {
	params := dig(d, "initializeParams")
	if e := checkLabels(field+".initializeParams.labels", object{"labels": dig(params, "labels")}); e != nil {
		return attached{}, e
	}
	name := text(params, "diskName")
	if name == "" {
		name = text(o, "name")
		if n := strings.Trim(strings.TrimPrefix(field, "resource.disks"), "[]"); n != "0" {
			name += "-" + n
		}
	}
	path := collections["disks"].path(Project, r.where(), name)
	if c.records["disks"][path] != nil {
		return attached{}, alreadyExists(path)
	}
	made := object{"type": baseURL + collections["diskTypes"].path(Project, r.where(), kind)}
	if labels := dig(params, "labels"); labels != nil {
		made["labels"] = labels
	}
	if hasSize {
		made["sizeGb"] = fmt.Sprint(size)
	}
	if source := text(params, "sourceImage"); source != "" {
		image, e := c.image(source)
		if e != nil {
			return attached{}, e
		}
		if e := c.fromImage(made, image, size, hasSize, field+".initializeParams.diskSizeGb"); e != nil {
			return attached{}, e
		}
	} else {
		if boot, _ := truth(d, "boot"); boot {
			return attached{}, required(field + ".initializeParams.sourceImage")
		}
		if !hasSize {
			made["sizeGb"] = "500"
		}
	}
	if e := finishDisk(made); e != nil {
		return attached{}, e
	}
	d["source"], d["diskSizeGb"] = baseURL+path, made["sizeGb"]
	return attached{make: made, name: name}, nil
}

func checkLocalSSD(d object, field string, size int64, hasSize bool) *apiError {
	if text(d, "type") != "SCRATCH" {
		return invalid(field+".type", text(d, "type"), "Local SSDs must be SCRATCH.")
	}
	if auto, _ := truth(d, "autoDelete"); !auto {
		return invalid(field+".autoDelete", "false", "Scratch disks must be deleted with their instance.")
	}
	if hasSize && size != 375 && size != 3000 {
		return invalid(field+".initializeParams.diskSizeGb", fmt.Sprint(size), "A local SSD has 375 GB.")
	}
	setDefault(d, "interface", "SCSI")
	d["diskSizeGb"] = "375"
	return nil
}
