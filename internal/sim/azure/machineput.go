package azure

import (
	"encoding/json"
	"net/http"
	"strings"
)

// prepareMachine checks a virtual machine and makes what comes with it.
func prepareMachine(c *Cloud, ch *change) *failure {
	wish, err := json.Marshal(ch.r.doc)
	if err != nil {
		return malformed("InvalidRequestContent", "%s", err)
	}
	ch.r.wish = hash(string(wish))
	if ch.old != nil {
		return c.changeMachine(ch)
	}
	doc := ch.r.doc
	for _, path := range [][]string{{"hardwareProfile", "vmSize"}, {"storageProfile"}, {"storageProfile", "osDisk"}, {"networkProfile"}} {
		if at(doc, append([]string{"properties"}, path...)...) == nil {
			return required(strings.Join(path, "."))
		}
	}
	vm := &machine{node: ch.r.name}
	ch.r.vm = vm
	if len(ch.q.nodes) > 0 {
		vm.node = ch.q.nodes[0]
	}
	for _, check := range []func(*change) *failure{
		c.checkSize, checkSystem, c.checkImage, checkSpot, c.checkGroups, c.checkQuota, c.makeDisks, c.makeInterfaces, c.checkStock,
	} {
		if f := check(ch); f != nil {
			return f
		}
	}
	return nil
}

func required(name string) *failure {
	return malformed("InvalidParameter", "Required parameter '%s' is missing (null).", name).on(name)
}

// fixed are the properties that a machine keeps for life.
var fixed = []string{
	"osProfile.customData", "osProfile.adminUsername", "osProfile.adminPassword", "osProfile.computerName",
	"osProfile.linuxConfiguration.ssh.publicKeys", "storageProfile.imageReference", "priority", "availabilitySet.id",
}

// changeMachine applies a PUT to a machine that exists: the same one again
// changes nothing.
func (c *Cloud) changeMachine(ch *change) *failure {
	old, asked := ch.old, ch.r.doc
	for _, name := range fixed {
		path := append([]string{"properties"}, strings.Split(name, ".")...)
		now, was := at(asked, path...), at(old.doc, path...)
		if now != nil && !same(now, was) && ch.r.wish != old.wish {
			return refuse(http.StatusConflict, "PropertyChangeNotAllowed", "Changing property '%s' is not allowed.", name).on(name)
		}
	}
	if zones := asked["zones"]; zones != nil && !same(zones, old.doc["zones"]) {
		return refuse(http.StatusConflict, "PropertyChangeNotAllowed", "Changing property 'zones' is not allowed.").on("zones")
	}
	doc := clone(old.doc)
	for _, name := range []string{"tags", "identity"} {
		if v := asked[name]; v != nil {
			doc[name] = v
		}
	}
	for _, name := range []string{"diagnosticsProfile", "billingProfile", "evictionPolicy", "userData"} {
		if v := at(asked, "properties", name); v != nil {
			set(doc, v, "properties", name)
		}
	}
	ch.r.uses, ch.r.wish = old.uses, old.wish
	if name := textAt(asked, "properties", "hardwareProfile", "vmSize"); name != "" && !strings.EqualFold(name, old.vm.size.name) {
		if f := c.checkSize(ch); f != nil {
			return f
		}
		set(doc, name, "properties", "hardwareProfile", "vmSize")
	}
	ch.r.doc = doc
	return nil
}

func same(a, b any) bool {
	x, _ := json.Marshal(a) // of maps, lists and plain values: can't fail
	y, _ := json.Marshal(b)
	return strings.EqualFold(string(x), string(y))
}

// checkSize finds the machine's size and zone.
func (c *Cloud) checkSize(ch *change) *failure {
	r := ch.r
	if f := checkZones(r); f != nil {
		return f
	}
	name, location := textAt(r.doc, "properties", "hardwareProfile", "vmSize"), textAt(r.doc, "location")
	s, exists := c.sizes[lower(name)]
	if !exists || !s.offered(location) {
		return malformed("InvalidParameter", "The value %s provided for the VM size is not valid. The valid sizes in the current region are: %s.", name, c.sizeNames(location)).on("vmSize")
	}
	zone := ""
	if zones, _ := r.doc["zones"].([]any); len(zones) > 1 {
		return malformed("InvalidParameter", "A virtual machine can be in one zone only.").on("zones")
	} else if len(zones) == 1 {
		zone, _ = zones[0].(string)
	}
	if s.restricted(location) || zone != "" && !contains(s.zones(location), zone) {
		return unavailable(s.name, location)
	}
	r.vm.size, r.vm.zone = s, zone
	return nil
}

func unavailable(name, location string) *failure {
	return refuse(http.StatusConflict, "SkuNotAvailable",
		"The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: %s' is currently not available in location '%s'. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details.",
		name, location)
}

// checkSpot checks what goes with the priority.
func checkSpot(ch *change) *failure {
	p := treeAt(ch.r.doc, "properties")
	priority := textAt(p, "priority")
	spot := strings.EqualFold(priority, "Spot") || strings.EqualFold(priority, "Low")
	price, priced := at(p, "billingProfile", "maxPrice").(float64)
	switch {
	case !spot && textAt(p, "evictionPolicy") != "":
		return malformed("InvalidParameter", "Eviction policy can be set only on Azure Spot Virtual Machines. For more information, see http://aka.ms/AzureSpot/errormessages.").on("evictionPolicy")
	case !spot && priced:
		return malformed("InvalidParameter", "Billing Profile property cannot be set for Virtual Machine with priority 'Regular'.").on("billingProfile")
	case priced && price <= 0 && price != -1:
		return malformed("InvalidParameter", "Max price must be -1 or greater than 0, not %v.", price).on("billingProfile.maxPrice")
	case spot && !ch.r.vm.size.spot:
		return malformed("InvalidParameter", "The VM size '%s' can't be used for Azure Spot Virtual Machines.", ch.r.vm.size.name).on("vmSize")
	case spot && textAt(p, "availabilitySet", "id") != "":
		return malformed("OperationNotAllowed", "Azure Spot Virtual Machine cannot be created in an availability set.")
	}
	if spot {
		ch.r.vm.spot = true
		setDefault(ch.r.doc, "Deallocate", "properties", "evictionPolicy")
		setDefault(ch.r.doc, float64(-1), "properties", "billingProfile", "maxPrice")
	}
	return nil
}

// checkGroups resolves placement and identity.
func (c *Cloud) checkGroups(ch *change) *failure {
	r := ch.r
	for name, typ := range map[string]string{"availabilitySet": availabilityType, "proximityPlacementGroup": proximityType} {
		id := textAt(r.doc, "properties", name, "id")
		if id == "" {
			continue
		}
		to, f := c.reference(r, id, typ)
		if f != nil {
			return f
		}
		if name == "availabilitySet" && r.vm.zone != "" {
			return malformed("BadRequest", "A virtual machine can't be in an availability set and in an availability zone.")
		}
		r.uses = append(r.uses, use{key: to.key, via: r.id})
	}
	for id := range treeAt(r.doc, "identity", "userAssignedIdentities") {
		to := c.find(id)
		if to == nil || to.kind.typ != identityType {
			return refuse(http.StatusBadRequest, "FailedIdentityOperation",
				"Identity operation for resource '%s' failed with error 'The Resource '%s' was not found.'.", r.id, id)
		}
		set(r.doc, tree{"principalId": fakeUUID("principal", to.key), "clientId": fakeUUID("client", to.key)}, "identity", "userAssignedIdentities", id)
	}
	return nil
}
