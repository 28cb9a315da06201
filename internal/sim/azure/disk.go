package azure

import (
	"net/http"
	"strings"
)

const largestDisk = 32767 // GiB

// prepareDisk checks a managed disk.
func prepareDisk(c *Cloud, ch *change) *failure {
	r := ch.r
	if f := checkZones(r); f != nil {
		return f
	}
	setDefault(r.doc, "Standard_LRS", "sku", "name")
	size := intAt(r.doc, "properties", "diskSizeGB")
	switch option := textAt(r.doc, "properties", "creationData", "createOption"); {
	case strings.EqualFold(option, "Empty") && size == 0:
		return malformed("InvalidParameter", "Required parameter 'disk.diskSizeGB' is missing (null).").on("disk.diskSizeGB")
	case strings.EqualFold(option, "FromImage"):
		return c.diskFromImage(r)
	case strings.EqualFold(option, "Copy"):
		return c.copyOf(r)
	}
	if size < 0 || size > largestDisk {
		return malformed("InvalidParameter", "The value '%d' of parameter 'disk.diskSizeGB' is out of range. Value '%d' must be between '1' and '%d' inclusive.", size, size, largestDisk).on("disk.diskSizeGB")
	}
	if ch.old != nil && size > 0 && size < intAt(ch.old.doc, "properties", "diskSizeGB") {
		return refuse(http.StatusBadRequest, "OperationNotAllowed", "The new disk size %d GB is smaller than the existing size: disks can only grow.", size)
	}
	return nil
}

// diskFromImage gives a disk the system of an image of the Marketplace.
func (c *Cloud) diskFromImage(r *resource) *failure {
	id := textAt(r.doc, "properties", "creationData", "imageReference", "id")
	for i := range c.images {
		m := &c.images[i]
		if containsFold(id, "/publishers/"+m.publisher+"/") && containsFold(id, "/offers/"+m.offer+"/skus/"+m.sku+"/versions/"+m.version) {
			r.image = m
			setDefault(r.doc, float64(m.diskGB), "properties", "diskSizeGB")
			return nil
		}
	}
	return refuse(http.StatusNotFound, "PlatformImageNotFound", "The platform image '%s' is not available. Verify that all fields in the image reference are correct.", id)
}

// copyOf gives a disk or a snapshot what is on another.
func (c *Cloud) copyOf(r *resource) *failure {
	id := textAt(r.doc, "properties", "creationData", "sourceResourceId")
	from := c.find(id)
	if from == nil || from.kind.typ != diskType && from.kind.typ != snapshotType {
		return refuse(http.StatusNotFound, "ResourceNotFound", "The source '%s' of the copy was not found.", id)
	}
	r.image = from.image
	setDefault(r.doc, at(from.doc, "properties", "diskSizeGB"), "properties", "diskSizeGB")
	setDefault(r.doc, at(from.doc, "properties", "osType"), "properties", "osType")
	return nil
}

// prepareSnapshot checks a snapshot: a copy of a disk.
func prepareSnapshot(c *Cloud, ch *change) *failure {
	setDefault(ch.r.doc, "Standard_LRS", "sku", "name")
	if option := textAt(ch.r.doc, "properties", "creationData", "createOption"); !strings.EqualFold(option, "Copy") {
		return malformed("InvalidParameter", "The value '%s' of parameter 'creationData.createOption' is not supported for snapshots here: Copy.", option).on("creationData.createOption")
	}
	return c.copyOf(ch.r)
}

func showSnapshot(_ *Cloud, r *resource, out tree) {
	set(out, stamp(r.made), "properties", "timeCreated")
	if r.image != nil {
		setDefault(out, r.image.generation, "properties", "hyperVGeneration")
	}
}

func showDisk(c *Cloud, r *resource, out tree) {
	state := "Unattached"
	if owner := c.ownerOf(r); owner != nil {
		out["managedBy"] = owner.id
		state = "Attached"
		if owner.vm.power == deallocated {
			state = "Reserved"
		}
	}
	set(out, state, "properties", "diskState")
	set(out, stamp(r.made), "properties", "timeCreated")
	set(out, fakeUUID("disk", r.key), "properties", "uniqueId")
	if r.image != nil {
		setDefault(out, r.image.generation, "properties", "hyperVGeneration")
	}
}

func busyDisk(c *Cloud, r *resource) *failure {
	if owner := c.ownerOf(r); owner != nil {
		return refuse(http.StatusConflict, "OperationNotAllowed", "Disk %s is attached to VM %s.", r.name, owner.id)
	}
	return nil
}

// prepareImage checks a managed image: of a generalized machine, or of a disk.
func prepareImage(c *Cloud, ch *change) *failure {
	r := ch.r
	if id := textAt(r.doc, "properties", "sourceVirtualMachine", "id"); id != "" {
		return c.imageOfMachine(r, id)
	}
	disk := treeAt(r.doc, "properties", "storageProfile", "osDisk")
	if disk == nil {
		return malformed("InvalidParameter", "Either 'sourceVirtualMachine' or 'storageProfile.osDisk' must be given.").on("storageProfile")
	}
	id, typ := textAt(disk, "managedDisk", "id"), diskType
	if id == "" {
		id, typ = textAt(disk, "snapshot", "id"), snapshotType
	}
	if id == "" {
		return required("osDisk.managedDisk.id")
	}
	from, f := c.reference(r, id, typ)
	if f != nil {
		return f
	}
	if from.image != nil && from.image.arch == arm64 {
		return malformed("OperationNotAllowed", "Managed images can't be made of Arm64 disks: use an Azure Compute Gallery.")
	}
	r.image = from.image
	setDefault(disk, at(from.doc, "properties", "diskSizeGB"), "diskSizeGB")
	if r.image != nil {
		setDefault(r.doc, r.image.generation, "properties", "hyperVGeneration")
	}
	return nil
}

func (c *Cloud) imageOfMachine(r *resource, id string) *failure {
	from, f := c.reference(r, id, machineType)
	if f != nil {
		return refuse(http.StatusNotFound, "NotFound", "The entity was not found in this Azure location: %s", id)
	}
	if !from.vm.generalized {
		return refuse(http.StatusConflict, "OperationNotAllowed",
			"The VM '%s' must be generalized: an image can only be created of a virtual machine that was deallocated and marked as generalized.", from.name)
	}
	r.image = from.vm.image
	generation := "V2"
	if from.vm.image != nil {
		generation = from.vm.image.generation
	}
	setDefault(r.doc, generation, "properties", "hyperVGeneration")
	set(r.doc, tree{
		"osDisk": tree{
			"osType": "Linux", "osState": "Generalized", "diskSizeGB": float64(from.vm.diskGB), "caching": "ReadWrite",
			"storageAccountType": "Premium_LRS", "managedDisk": tree{"id": from.vm.disk},
		},
		"dataDisks": []any{}, "zoneResilient": boolAt(r.doc, "properties", "storageProfile", "zoneResilient"),
	}, "properties", "storageProfile")
	return nil
}

// showMembers shows which machines are in a set or a placement group.
func showMembers(c *Cloud, r *resource, out tree) {
	list := []any{}
	for _, id := range c.viasOf(r) {
		list = append(list, tree{"id": id})
	}
	set(out, list, "properties", "virtualMachines")
	if r.kind.typ == proximityType {
		setDefault(out, "Standard", "properties", "proximityPlacementGroupType")
	}
}

func busyMembers(c *Cloud, r *resource) *failure {
	if users := c.viasOf(r); len(users) > 0 {
		what := "Availability set"
		if r.kind.typ == proximityType {
			what = "Proximity placement group"
		}
		return refuse(http.StatusConflict, "OperationNotAllowed",
			"%s '%s' cannot be deleted because it is in use by the following resources: %s. Please delete them or remove them from it first.",
			what, r.name, strings.Join(users, ", "))
	}
	return nil
}

func showIdentity(_ *Cloud, r *resource, out tree) {
	set(out, fakeUUID("principal", r.key), "properties", "principalId")
	set(out, fakeUUID("client", r.key), "properties", "clientId")
	set(out, tenant, "properties", "tenantId")
}
