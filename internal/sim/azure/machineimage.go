package azure

import (
	"net/http"
	"strings"
)

// checkImage finds what a machine boots from, and whether it can.
func (c *Cloud) checkImage(ch *change) *failure {
	r, vm := ch.r, ch.r.vm
	ref := treeAt(r.doc, "properties", "storageProfile", "imageReference")
	disk := treeAt(r.doc, "properties", "storageProfile", "osDisk")
	vm.diskGB = intAt(disk, "diskSizeGB")
	if strings.EqualFold(textAt(disk, "createOption"), "Attach") {
		return c.attachSystem(r, disk)
	}
	if !strings.EqualFold(textAt(disk, "createOption"), "FromImage") || ref == nil {
		return required("imageReference")
	}
	smallest := 0
	if id := textAt(ref, "id"); id != "" {
		own := c.find(id)
		if own == nil || own.kind.typ != imageType {
			return refuse(http.StatusNotFound, "NotFound", "The Image '%s' cannot be found in '%s' region.", id, textAt(r.doc, "location"))
		}
		if own.image != nil {
			if f := checkPlan(r, own.image); f != nil {
				return f
			}
		}
		vm.image, smallest = own.image, intAt(own.doc, "properties", "storageProfile", "osDisk", "diskSizeGB")
	} else {
		m, f := c.platformImage(ref)
		if f != nil {
			return f
		}
		if f := checkPlan(r, m); f != nil {
			return f
		}
		vm.image, smallest = m, m.diskGB
	}
	if f := fits(vm); f != nil {
		return f
	}
	if vm.diskGB == 0 {
		vm.diskGB = smallest
	}
	if vm.diskGB < smallest {
		return malformed("ResizeDiskError", "The specified disk size %d GB is smaller than the size of the corresponding disk in the VM image: %d GB. This is not allowed. Please choose equal or greater size or do not specify an explicit size.", vm.diskGB, smallest).on("osDisk.diskSizeGB")
	}
	return checkStorage(vm, disk)
}

// attachSystem boots a machine from a disk that exists.
func (c *Cloud) attachSystem(r *resource, disk tree) *failure {
	from, f := c.reference(r, textAt(disk, "managedDisk", "id"), diskType)
	if f != nil {
		return f
	}
	if f := busyDisk(c, from); f != nil {
		return f
	}
	r.vm.image, r.vm.diskGB = from.image, intAt(from.doc, "properties", "diskSizeGB")
	return fits(r.vm)
}

// platformImage finds an image of the Marketplace.
func (c *Cloud) platformImage(ref tree) (*image, *failure) {
	publisher, offer, sku, version := textAt(ref, "publisher"), textAt(ref, "offer"), textAt(ref, "sku"), textAt(ref, "version")
	for name, v := range map[string]string{"publisher": publisher, "offer": offer, "sku": sku, "version": version} {
		if v == "" {
			return nil, required("imageReference." + name)
		}
	}
	var found *image
	for i := range c.images {
		m := &c.images[i]
		if !m.is(publisher, offer, sku) {
			continue
		}
		if strings.EqualFold(version, m.version) || strings.EqualFold(version, "latest") && !m.deprecated {
			found = m // the newest comes last
		}
	}
	if found == nil {
		return nil, refuse(http.StatusNotFound, "PlatformImageNotFound",
			"The platform image '%s:%s:%s:%s' is not available. Verify that all fields in the storage profile are correct. For more details about storage profile information, please refer to https://aka.ms/storageprofile",
			publisher, offer, sku, version)
	}
	if found.deprecated {
		return nil, refuse(http.StatusBadRequest, "ImageVersionDeprecated",
			"VM Image from publisher: %s with - Offer: %s, Sku: %s, Version: %s is deprecated.", publisher, offer, sku, version)
	}
	return found, nil
}

// checkPlan wants the purchase plan of images that have one.
func checkPlan(r *resource, m *image) *failure {
	plan := treeAt(r.doc, "plan")
	switch {
	case m.plan && plan == nil:
		return refuse(http.StatusBadRequest, "VMMarketplaceInvalidInput",
			"Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace image requires Plan information in the request. VM: '%s'.", r.id)
	case !m.plan && plan != nil:
		return refuse(http.StatusBadRequest, "VMMarketplaceInvalidInput",
			"Unable to deploy from the Marketplace image: the image has no plan, and the request must have no Plan information. VM: '%s'.", r.id)
	case m.plan && (!strings.EqualFold(textAt(plan, "name"), m.sku) || !strings.EqualFold(textAt(plan, "product"), m.offer) || !strings.EqualFold(textAt(plan, "publisher"), m.publisher)):
		return refuse(http.StatusBadRequest, "VMMarketplaceInvalidInput",
			"The purchase plan of the request does not match that of the image: name '%s', product '%s', publisher '%s'. VM: '%s'.", m.sku, m.offer, m.publisher, r.id)
	}
	return nil
}

// fits holds the image against the size.
func fits(vm *machine) *failure {
	m := vm.image
	switch {
	case m == nil:
		return nil
	case m.arch != vm.size.arch:
		return refuse(http.StatusBadRequest, "BadRequest",
			"Cannot create a VM of size '%s' because this VM size only supports a CPU Architecture of '%s', but an image or disk with CPU Architecture '%s' was given. Please check that the CPU Architecture of the image or disk is compatible with that of the VM size.",
			vm.size.name, vm.size.arch, m.arch)
	case !contains(vm.size.generations(), m.generation):
		return refuse(http.StatusBadRequest, "BadRequest",
			"The selected VM size '%s' cannot boot Hypervisor Generation '%s'. If this was a Create operation please check that the Hypervisor Generation of the Image matches the Hypervisor Generation of the selected VM Size.",
			vm.size.name, strings.TrimPrefix(m.generation, "V"))
	}
	return nil
}

const largestSystemDisk = 4095

// checkStorage checks the system disk against the size.
func checkStorage(vm *machine, disk tree) *failure {
	if vm.diskGB > largestSystemDisk {
		return malformed("InvalidParameter", "The value '%d' of parameter 'osDisk.diskSizeGB' is out of range: at most %d GB.", vm.diskGB, largestSystemDisk).on("osDisk.diskSizeGB")
	}
	if kind := textAt(disk, "managedDisk", "storageAccountType"); strings.HasPrefix(lower(kind), "premium") && !vm.size.premium {
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"Requested operation cannot be performed because the VM size %s does not support the storage account type %s of disk '%s'. Consider updating the VM to a size that supports Premium storage.",
			vm.size.name, kind, textAt(disk, "name"))
	}
	if at(disk, "diffDiskSettings") == nil {
		return nil
	}
	if !vm.size.ephemeral {
		return refuse(http.StatusBadRequest, "NotSupported", "OS disk of Ephemeral VM with size greater than 0 GB is not allowed for VM size %s.", vm.size.name)
	}
	if !strings.EqualFold(textAt(disk, "caching"), "ReadOnly") {
		return malformed("InvalidParameter", "OS disk of an Ephemeral VM needs caching 'ReadOnly'.").on("osDisk.caching")
	}
	disk["deleteOption"] = "Delete"
	return nil
}
