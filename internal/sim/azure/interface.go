package azure

import (
	"net/http"
	"strconv"
	"strings"
)

// prepareInterface checks a network interface.
func prepareInterface(c *Cloud, ch *change) *failure {
	return c.checkInterface(ch.q, ch.r, ch.old)
}

// checkInterface also notes what the interface refers to, and that it goes on
// belonging to its machine.
func (c *Cloud) checkInterface(q *request, r, old *resource) *failure {
	configs := treesAt(r.doc, "properties", "ipConfigurations")
	if len(configs) == 0 {
		return malformed("NicMustHaveAtLeastOneIpConfiguration", "Network interface %s must have at least one IP configuration.", r.id)
	}
	if f := c.room("NetworkInterfaces", interfaceType, old, 1); f != nil {
		return f
	}
	for i, config := range configs {
		name := textAt(config, "name")
		if !wordName.MatchString(name) {
			return malformed("InvalidResourceName", "Resource name %s is invalid. The name must have %s.", name, words80)
		}
		via := r.id + "/ipConfigurations/" + name
		if f := c.checkSubnetUse(q, r, old, via, textAt(config, "properties", "subnet", "id")); f != nil {
			return f
		}
		if id := textAt(config, "properties", "publicIPAddress", "id"); id != "" {
			if f := c.checkAddressUse(q, r, via, id); f != nil {
				return f
			}
		}
		setDefault(config, "Dynamic", "properties", "privateIPAllocationMethod")
		setDefault(config, i == 0, "properties", "primary")
	}
	if id := textAt(r.doc, "properties", "networkSecurityGroup", "id"); id != "" {
		to, f := c.reference(r, id, securityType)
		if f != nil {
			return f
		}
		if f := c.linked(q, securityType+"/join/action", to.id); f != nil {
			return f
		}
		r.uses = append(r.uses, use{key: to.key, via: r.id})
	}
	return nil
}

func (c *Cloud) checkSubnetUse(q *request, r, old *resource, via, id string) *failure {
	if id == "" {
		return malformed("SubnetRequired", "IP configuration %s must reference a subnet.", via)
	}
	subnet, f := c.reference(r, id, subnetType)
	if f != nil {
		return f
	}
	if f := c.linked(q, subnetType+"/join/action", subnet.id); f != nil {
		return f
	}
	network := c.resources[parentOf(subnet.key)]
	if at := textAt(network.doc, "location"); at != textAt(r.doc, "location") {
		return refuse(http.StatusBadRequest, "InvalidResourceReference",
			"Resource %s referenced by resource %s was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.", subnet.id, r.id)
	}
	if old == nil && len(c.users[subnet.key]) >= capacity(subnet) {
		return refuse(http.StatusBadRequest, "SubnetIsFull", "Subnet %s with address prefix %s does not have enough capacity for 1 IP addresses.",
			subnet.name, textAt(subnet.doc, "properties", "addressPrefix"))
	}
	r.uses = append(r.uses, use{key: subnet.key, via: via})
	return nil
}

func (c *Cloud) checkAddressUse(q *request, r *resource, via, id string) *failure {
	address, f := c.reference(r, id, addressType)
	if f != nil {
		return f
	}
	if f := c.linked(q, addressType+"/join/action", address.id); f != nil {
		return f
	}
	for user, other := range c.users[address.key] {
		if user != r.key {
			return refuse(http.StatusBadRequest, "PublicIPAddressInUse",
				"Resource %s is referencing public IP address %s that is already allocated to resource %s.", via, address.id, other)
		}
	}
	r.uses = append(r.uses, use{key: address.key, via: via})
	return nil
}

// ownerOf is the machine that an interface or a disk belongs to, or nil.
func (c *Cloud) ownerOf(r *resource) *resource {
	for user := range c.users[r.key] {
		if o := c.resources[user]; o != nil && o.kind.typ == machineType {
			return o
		}
	}
	return nil
}

func showInterface(c *Cloud, r *resource, out tree) {
	owner := c.ownerOf(r)
	for _, config := range treesAt(out, "properties", "ipConfigurations") {
		config["id"] = r.id + "/ipConfigurations/" + textAt(config, "name")
		config["type"] = interfaceType + "/ipConfigurations"
		set(config, r.state, "properties", "provisioningState")
		if owner != nil && owner.vm.address.PrivateIP != "" {
			set(config, owner.vm.address.PrivateIP, "properties", "privateIPAddress")
		}
	}
	setDefault(out, false, "properties", "enableAcceleratedNetworking")
	setDefault(out, false, "properties", "enableIPForwarding")
	set(out, fakeUUID("nic", r.key), "properties", "resourceGuid")
	if owner != nil {
		set(out, tree{"id": owner.id}, "properties", "virtualMachine")
		set(out, true, "properties", "primary")
	}
}

func busyInterface(c *Cloud, r *resource) *failure {
	if owner := c.ownerOf(r); owner != nil {
		return refuse(http.StatusBadRequest, "NicInUse",
			"Network Interface %s is used by existing resource %s. In order to delete the network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
			r.id, owner.id)
	}
	return nil
}

// prepareAddress checks a public IP address.
func prepareAddress(c *Cloud, ch *change) *failure {
	r := ch.r
	if f := checkZones(r); f != nil {
		return f
	}
	setDefault(r.doc, "Standard", "sku", "name")
	setDefault(r.doc, "Regional", "sku", "tier")
	setDefault(r.doc, "IPv4", "properties", "publicIPAddressVersion")
	setDefault(r.doc, "Dynamic", "properties", "publicIPAllocationMethod")
	setDefault(r.doc, float64(4), "properties", "idleTimeoutInMinutes")
	if f := checkAddressKind(r); f != nil {
		return f
	}
	return c.addressRoom(ch.old, 1)
}

func checkAddressKind(r *resource) *failure {
	if strings.EqualFold(textAt(r.doc, "sku", "name"), "Basic") {
		return refuse(http.StatusBadRequest, "IPv4BasicSkuPublicIpCountLimitReached",
			"Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this region. Basic SKU public IP addresses were retired; use Standard.")
	}
	if !strings.EqualFold(textAt(r.doc, "properties", "publicIPAllocationMethod"), "Static") {
		return malformed("PublicIPAndSkuAllocationMethodMismatch", "Standard sku publicIp %s must have AllocationMethod set to Static.", r.id)
	}
	return nil
}

// addressRoom refuses when n more public addresses are over the quota.
func (c *Cloud) addressRoom(old *resource, n int) *failure {
	for _, name := range []string{"StandardSkuPublicIpAddresses", "IPv4StandardSkuPublicIpAddresses", "PublicIPAddresses"} {
		limit, limited := c.options.Quota[name]
		if limited && old == nil && len(c.of(addressType, ""))+n > limit {
			return refuse(http.StatusBadRequest, "PublicIPCountLimitReached",
				"Cannot create more than %d public IP addresses for this subscription in this region.", limit)
		}
	}
	return nil
}

// room refuses what would be over a quota of the network provider.
func (c *Cloud) room(name, typ string, old *resource, n int) *failure {
	limit, limited := c.options.Quota[name]
	if !limited || old != nil || len(c.of(typ, ""))+n <= limit {
		return nil
	}
	return refuse(http.StatusBadRequest, strings.TrimSuffix(name, "s")+"CountLimitReached",
		"Cannot create more than %d %s for this subscription in this region.", limit, name)
}

func showAddress(c *Cloud, r *resource, out tree) {
	set(out, fakeUUID("address", r.key), "properties", "resourceGuid")
	for user, via := range c.users[r.key] {
		holder := c.resources[user]
		if holder.kind.typ == natType {
			set(out, tree{"id": holder.id}, "properties", "natGateway")
			continue
		}
		set(out, tree{"id": via}, "properties", "ipConfiguration")
		if owner := c.ownerOf(holder); owner != nil {
			if ip := owner.vm.address.PublicIP; ip != "" {
				set(out, ip, "properties", "ipAddress")
			}
			return
		}
	}
	n, _ := strconv.ParseUint(hash(r.key)[:4], 16, 16)
	set(out, "198.51.100."+strconv.Itoa(1+int(n)%254), "properties", "ipAddress")
}

func busyAddress(c *Cloud, r *resource) *failure {
	if users := c.viasOf(r); len(users) > 0 {
		return refuse(http.StatusBadRequest, "PublicIPAddressCannotBeDeleted",
			"Public IP address %s can not be deleted since it is still allocated to resource %s. In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see aka.ms/deletepublicip.",
			r.id, users[0])
	}
	return nil
}

// prepareNAT checks a NAT gateway.
func prepareNAT(c *Cloud, ch *change) *failure {
	r := ch.r
	if f := checkZones(r); f != nil {
		return f
	}
	if textAt(r.doc, "sku", "name") == "" {
		return malformed("NatGatewaySkuNotSpecified", "The NAT gateway %s must have a SKU.", r.id)
	}
	for _, a := range treesAt(r.doc, "properties", "publicIpAddresses") {
		if f := c.checkAddressUse(ch.q, r, r.id, textAt(a, "id")); f != nil {
			return f
		}
	}
	setDefault(r.doc, float64(4), "properties", "idleTimeoutInMinutes")
	return nil
}

func showNAT(c *Cloud, r *resource, out tree) {
	set(out, fakeUUID("nat", r.key), "properties", "resourceGuid")
	if users := c.viasOf(r); len(users) > 0 {
		list := make([]any, len(users))
		for i, id := range users {
			list[i] = tree{"id": id}
		}
		set(out, list, "properties", "subnets")
	}
}

func busyNAT(c *Cloud, r *resource) *failure {
	if users := c.viasOf(r); len(users) > 0 {
		return refuse(http.StatusBadRequest, "InUseNatGatewayCannotBeDeleted",
			"NAT gateway %s is in use by %s and cannot be deleted. Dissociate it from its subnets first.", r.id, strings.Join(users, ", "))
	}
	return nil
}
