package azure

import (
	"net/http"
	"strconv"
	"strings"
)

// makeDisks makes the disks that a machine is created with.
func (c *Cloud) makeDisks(ch *change) *failure {
	r := ch.r
	system := treeAt(r.doc, "properties", "storageProfile", "osDisk")
	kinds := []tree{system}
	kinds = append(kinds, treesAt(r.doc, "properties", "storageProfile", "dataDisks")...)
	if n := len(kinds) - 1; n > r.vm.size.disks {
		return refuse(http.StatusConflict, "OperationNotAllowed", "The maximum number of data disks allowed to be attached to a VM of this size is %d.", r.vm.size.disks)
	}
	luns := map[int]bool{}
	for i, d := range kinds {
		if i > 0 {
			if luns[intAt(d, "lun")] {
				return malformed("InvalidParameter", "A disk at LUN %d already exists.", intAt(d, "lun")).on("dataDisk.lun")
			}
			luns[intAt(d, "lun")] = true
		}
		if f := c.makeDisk(ch, d, i); f != nil {
			return f
		}
	}
	setDefault(system, "Linux", "osType")
	r.vm.disk = textAt(system, "managedDisk", "id")
	return nil
}

func (c *Cloud) makeDisk(ch *change, d tree, i int) *failure {
	r := ch.r
	setDefault(d, "Detach", "deleteOption")
	if strings.EqualFold(textAt(d, "createOption"), "Attach") {
		disk, f := c.reference(r, textAt(d, "managedDisk", "id"), diskType)
		if f != nil {
			return f
		}
		if f := busyDisk(c, disk); f != nil {
			return f
		}
		r.uses = append(r.uses, use{key: disk.key, via: r.id})
		return nil
	}
	name := textAt(d, "name")
	if name == "" {
		word := "_OsDisk_1_"
		if i > 0 {
			word = "_disk" + strconv.Itoa(i+1) + "_"
		}
		name = r.name + word + hash(r.key, c.options.Now().String(), strconv.Itoa(i))[:32]
	}
	if !diskName.MatchString(name) {
		return malformed("InvalidParameter", "The disk name '%s' is invalid: 1 to 80 letters, digits, underscores, periods and hyphens.", name).on("disk.name")
	}
	id := c.inGroup(r, diskType, name)
	if c.find(id) != nil {
		return refuse(http.StatusConflict, "ConflictingUserInput", "Disk %s already exists in resource group %s. Only CreateOption.Attach is supported.", name, strings.ToUpper(last(r.group)))
	}
	size := intAt(d, "diskSizeGB")
	if i == 0 {
		size = r.vm.diskGB
	}
	if size == 0 {
		return required("dataDisk.diskSizeGB")
	}
	setDefault(d, "Standard_LRS", "managedDisk", "storageAccountType")
	d["name"], d["diskSizeGB"] = name, float64(size)
	set(d, id, "managedDisk", "id")
	disk := &resource{
		kind: c.kinds[lower(diskType)], id: id, key: lower(id), name: name, group: r.group,
		doc: tree{
			"location": r.doc["location"], "sku": tree{"name": textAt(d, "managedDisk", "storageAccountType")},
			"properties": tree{"diskSizeGB": float64(size), "osType": "Linux", "creationData": tree{"createOption": d["createOption"]}},
		},
	}
	if i == 0 {
		disk.image = r.vm.image
	} else {
		delete(treeAt(disk.doc, "properties"), "osType")
	}
	for _, inherited := range []string{"tags", "zones"} { // as Azure does with disks that come with a machine
		if v := r.doc[inherited]; v != nil {
			disk.doc[inherited] = cloneValue(v)
		}
	}
	ch.parts = append(ch.parts, disk)
	r.uses = append(r.uses, use{key: disk.key, via: r.id})
	return nil
}

// inGroup is the ID of a resource in the group of another.
func (c *Cloud) inGroup(r *resource, typ, name string) string {
	return r.id[:strings.Index(lower(r.id), "/providers/")] + "/providers/" + typ + "/" + name
}

// makeInterfaces attaches the network interfaces that a request names, and
// makes those that it describes.
func (c *Cloud) makeInterfaces(ch *change) *failure {
	r := ch.r
	network := treeAt(r.doc, "properties", "networkProfile")
	configs, named := treesAt(network, "networkInterfaceConfigurations"), treesAt(network, "networkInterfaces")
	switch n := len(configs) + len(named); {
	case n == 0:
		return required("networkProfile.networkInterfaces")
	case len(configs) > 0 && len(named) > 0:
		return malformed("InvalidParameter", "'networkInterfaces' and 'networkInterfaceConfigurations' can't be used together.").on("networkProfile")
	case n > r.vm.size.nics:
		return refuse(http.StatusBadRequest, "NetworkInterfaceCountExceeded",
			"The number of network interfaces for virtual machine %s exceeds the maximum allowed for the virtual machine size %s. The number of network interfaces is %d and the maximum allowed is %d.", r.name, r.vm.size.name, n, r.vm.size.nics)
	case len(configs) > 0 && textAt(network, "networkApiVersion") == "":
		return required("networkProfile.networkApiVersion")
	}
	refs := []any{}
	for _, n := range named {
		nic, f := c.attach(ch.q, r, n)
		if f != nil {
			return f
		}
		refs = append(refs, n)
		r.vm.network = networkOf(nic)
	}
	for i, config := range configs {
		nic, f := c.makeInterface(ch, config)
		if f != nil {
			return f
		}
		ref := tree{"id": nic.id, "properties": tree{"primary": i == 0, "deleteOption": "Detach"}}
		if option := textAt(config, "properties", "deleteOption"); option != "" {
			set(ref, option, "properties", "deleteOption")
		}
		refs = append(refs, ref)
		r.vm.network = networkOf(nic)
		r.uses = append(r.uses, use{key: nic.key, via: r.id})
	}
	set(r.doc, tree{"networkInterfaces": refs}, "properties", "networkProfile")
	return nil
}

// networkOf is the key of the virtual network of an interface.
func networkOf(nic *resource) string {
	for _, u := range nic.uses {
		if strings.Contains(u.key, "/subnets/") {
			return parentOf(u.key)
		}
	}
	return ""
}

func (c *Cloud) attach(q *request, r *resource, ref tree) (*resource, *failure) {
	nic, f := c.reference(r, textAt(ref, "id"), interfaceType)
	if f != nil {
		return nil, f
	}
	if f := c.linked(q, interfaceType+"/join/action", nic.id); f != nil {
		return nil, f
	}
	if f := busyInterface(c, nic); f != nil {
		return nil, f
	}
	if f := fastEnough(r.vm, boolAt(nic.doc, "properties", "enableAcceleratedNetworking")); f != nil {
		return nil, f
	}
	r.uses = append(r.uses, use{key: nic.key, via: r.id})
	return nic, nil
}

func fastEnough(vm *machine, accelerated bool) *failure {
	if !accelerated || vm.size.accelerated {
		return nil
	}
	return refuse(http.StatusBadRequest, "VMSizeIsNotPermittedToEnableAcceleratedNetworking",
		"VM Size '%s' is not permitted to enable accelerated networking. See https://aka.ms/AcceleratedNetworking for the sizes that are.", vm.size.name)
}

// suffix is what Azure adds to the names of what comes with a machine.
func (c *Cloud) suffix(r *resource, name string) string {
	c.serial++
	return name + "-" + hash(r.key, name, strconv.Itoa(c.serial))[:8]
}

// makeInterface makes the interface of an inline configuration, with the
// public addresses that it describes.
func (c *Cloud) makeInterface(ch *change, config tree) (*resource, *failure) {
	r := ch.r
	if f := fastEnough(r.vm, boolAt(config, "properties", "enableAcceleratedNetworking")); f != nil {
		return nil, f
	}
	name := c.suffix(r, textAt(config, "name"))
	if !wordName.MatchString(name) {
		return nil, malformed("InvalidResourceName", "Resource name %s is invalid. The name must have %s.", name, words80)
	}
	id := c.inGroup(r, interfaceType, name)
	nic := &resource{
		kind: c.kinds[lower(interfaceType)], id: id, key: lower(id), name: name, group: r.group,
		doc: tree{"location": r.doc["location"], "properties": clone(treeAt(config, "properties"))},
	}
	if tags := config["tags"]; tags != nil {
		nic.doc["tags"] = cloneValue(tags)
	}
	delete(treeAt(nic.doc, "properties"), "deleteOption")
	delete(treeAt(nic.doc, "properties"), "primary")
	var described []tree
	for _, ip := range treesAt(nic.doc, "properties", "ipConfigurations") {
		p := treeAt(ip, "properties")
		described = append(described, treeAt(p, "publicIPAddressConfiguration"))
		delete(p, "publicIPAddressConfiguration")
	}
	if f := c.checkInterface(ch.q, nic, nil); f != nil {
		return nil, f
	}
	for i, ip := range treesAt(nic.doc, "properties", "ipConfigurations") {
		if described[i] == nil {
			continue
		}
		address, f := c.makeAddress(ch, described[i])
		if f != nil {
			return nil, f
		}
		set(ip, tree{"id": address.id}, "properties", "publicIPAddress")
		nic.uses = append(nic.uses, use{key: address.key, via: nic.id + "/ipConfigurations/" + textAt(ip, "name")})
	}
	ch.parts = append(ch.parts, nic)
	return nic, nil
}

func (c *Cloud) makeAddress(ch *change, config tree) (*resource, *failure) {
	r := ch.r
	name := c.suffix(r, textAt(config, "name"))
	id := c.inGroup(r, addressType, name)
	address := &resource{
		kind: c.kinds[lower(addressType)], id: id, key: lower(id), name: name, group: r.group,
		doc: tree{"location": r.doc["location"], "sku": tree{"name": "Standard", "tier": "Regional"}, "properties": tree{}},
	}
	if sku := treeAt(config, "sku"); sku != nil {
		address.doc["sku"] = clone(sku)
	}
	if props := treeAt(config, "properties"); props != nil {
		address.doc["properties"] = clone(props)
	}
	for from, v := range map[string]any{"tags": config["tags"], "zones": r.doc["zones"]} {
		if v != nil {
			address.doc[from] = cloneValue(v)
		}
	}
	setDefault(address.doc, "Static", "properties", "publicIPAllocationMethod")
	setDefault(address.doc, "IPv4", "properties", "publicIPAddressVersion")
	setDefault(address.doc, float64(4), "properties", "idleTimeoutInMinutes")
	if f := checkAddressKind(address); f != nil {
		return nil, f
	}
	if f := c.addressRoom(nil, 1); f != nil {
		return nil, f
	}
	ch.parts = append(ch.parts, address)
	return address, nil
}
