package azure_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/azure"
)

const (
	root     = "/subscriptions/" + azure.Subscription
	computeV = "?api-version=2026-04-01"
	networkV = "?api-version=2025-05-01"
	groupV   = "?api-version=2025-04-01"
	vmPath   = root + "/resourceGroups/cluster/providers/Microsoft.Compute/virtualMachines/"
	netPath  = root + "/resourceGroups/cluster/providers/Microsoft.Network/"
)

// edited is the JSON of a sound machine after edit changed it.
func edited(t *testing.T, edit func(m map[string]any)) string {
	t.Helper()
	data, err := json.Marshal(machine("compute001"))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	edit(m)
	data, err = json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// put sets a property, or removes it when v is nil.
func put(path string, v any) func(map[string]any) {
	return func(m map[string]any) {
		names := strings.Split(path, ".")
		var here any = m
		for _, n := range names[:len(names)-1] {
			switch h := here.(type) {
			case map[string]any:
				here = h[n]
			case []any:
				here = h[0]
			}
		}
		object := here.(map[string]any)
		if v == nil {
			delete(object, names[len(names)-1])
			return
		}
		object[names[len(names)-1]] = v
	}
}

func manyTags(n int) map[string]any {
	out := map[string]any{}
	for i := range n {
		out[fmt.Sprint("tag", i)] = "x"
	}
	return out
}

// TestMalformedMachine sends one machine for each way to get it wrong.
func TestMalformedMachine(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.expected = true
	r.foundation()
	const (
		config = "properties.networkProfile.networkInterfaceConfigurations"
		linux  = "properties.osProfile.linuxConfiguration"
	)
	tests := []struct {
		name string
		edit func(map[string]any)
		code string
		says string
	}{
		{"unknown property at the top", put("colour", "red"), "BadRequest", "Could not find member 'colour' on object of type 'VirtualMachine'"},
		{"unknown property below", put("properties.hardwareProfile.vmsize2", "x"), "BadRequest", "Could not find member 'vmsize2' on object of type 'HardwareProfile'"},
		{"unknown property in a list", put(config+".0.subnet", "x"), "BadRequest", "Could not find member 'subnet'"},
		{"text for an object", put("properties.osProfile", "linux"), "BadRequest", "Error converting"},
		{"number for text", put("properties.osProfile.computerName", 7), "BadRequest", "Error converting"},
		{"text for a number", put("properties.storageProfile.osDisk.diskSizeGB", "50"), "BadRequest", "Error converting"},
		{"fraction for a whole number", put("properties.storageProfile.osDisk.diskSizeGB", 50.5), "BadRequest", "Error converting"},
		{"text for yes or no", put(linux+".disablePasswordAuthentication", "true"), "BadRequest", "Error converting"},
		{"object for a list", put("zones", map[string]any{}), "BadRequest", "Error converting"},
		{"number for a tag", put("tags.n", 3), "BadRequest", "Error converting"},
		{"unknown value", put("properties.storageProfile.osDisk.caching", "Sometimes"), "InvalidParameter", "is not allowed. Allowed values are: None, ReadOnly, ReadWrite"},
		{"no location", put("location", nil), "InvalidParameter", "Required parameter 'location' is missing"},
		{"no create option", put("properties.storageProfile.osDisk.createOption", nil), "InvalidParameter", "createOption"},
		{"no name of a configuration", put(config+".0.name", nil), "InvalidParameter", "name"},
		{"no size", put("properties.hardwareProfile.vmSize", nil), "InvalidParameter", "hardwareProfile.vmSize"},
		{"no system", put("properties.osProfile", nil), "InvalidParameter", "osProfile"},
		{"no network", put("properties.networkProfile.networkInterfaceConfigurations", nil), "InvalidParameter", "networkInterfaces"},
		{"no version of the network's API", put("properties.networkProfile.networkApiVersion", nil), "InvalidParameter", "networkApiVersion"},
		{"unknown location", put("location", "moonbase"), "LocationNotAvailableForResourceType", "moonbase"},
		{"unknown size", put("properties.hardwareProfile.vmSize", "Standard_Z1"), "InvalidParameter", "The value Standard_Z1 provided for the VM size is not valid"},
		{"unknown zone", put("zones", []string{"9"}), "InvalidAvailabilityZone", "'1,2,3'"},
		{"two zones", put("zones", []string{"1", "2"}), "InvalidParameter", "one zone"},
		{"too many tags", put("tags", manyTags(51)), "InvalidTagCount", "exceeds the limit of '50'"},
		{"tag name too long", put("tags", map[string]any{strings.Repeat("n", 513): "x"}), "InvalidTagNameLength", "512"},
		{"tag name with a slash", put("tags", map[string]any{"a/b": "x"}), "InvalidTagNameCharacters", "a/b"},
		{"tag name reserved", put("tags", map[string]any{"azure-x": "x"}), "ReservedTagName", "azure"},
		{"tag value too long", put("tags.long", strings.Repeat("v", 257)), "InvalidTagValueLength", "256"},
		{"tag twice", put("tags", map[string]any{"A": "x", "a": "y"}), "DuplicateTagName", "without regard to case"},
		{"custom data are no base64", put("properties.osProfile.customData", "#cloud-config"), "InvalidParameter", "Base64"},
		{"custom data too long", put("properties.osProfile.customData", base64.StdEncoding.EncodeToString(make([]byte, 65536))), "InvalidParameter", "maximum length of 87380"},
		{"host name too long", put("properties.osProfile.computerName", strings.Repeat("h", 65)), "InvalidParameter", "64 characters"},
		{"host name with an underscore", put("properties.osProfile.computerName", "a_b"), "InvalidParameter", "host name"},
		{"user root", put("properties.osProfile.adminUsername", "root"), "InvalidParameter", "Admin Username specified is not allowed"},
		{"no user", put("properties.osProfile.adminUsername", nil), "InvalidParameter", "adminUsername"},
		{"no key", put(linux+".ssh", nil), "InvalidParameter", "Authentication using either SSH"},
		{"no password", put(linux+".disablePasswordAuthentication", false), "InvalidParameter", "adminPassword"},
		{"key is no key", put(linux+".ssh.publicKeys.0.keyData", "ssh-ed25519 AAAA"), "InvalidParameter", "keyData is invalid"},
		{"key of a type that Azure lacks", put(linux+".ssh.publicKeys.0.keyData", "ecdsa-sha2-nistp256 AAAA"), "InvalidParameter", "keyData is invalid"},
		{"key elsewhere", put(linux+".ssh.publicKeys.0.path", "/root/.ssh/authorized_keys"), "InvalidParameter", "/home/ecluster/.ssh/authorized_keys"},
		{"eviction without spot", put("properties.evictionPolicy", "Delete"), "InvalidParameter", "Spot"},
		{"price without spot", put("properties.billingProfile", map[string]any{"maxPrice": 1.5}), "InvalidParameter", "Regular"},
		{"disk smaller than the image", put("properties.storageProfile.osDisk.diskSizeGB", 10), "ResizeDiskError", "30 GB"},
		{"disk too large", put("properties.storageProfile.osDisk.diskSizeGB", 5000), "InvalidParameter", "4095"},
		{"incomplete image", put("properties.storageProfile.imageReference.version", nil), "InvalidParameter", "imageReference.version"},
		{"two data disks at one place", put("properties.storageProfile.dataDisks", []any{
			map[string]any{"lun": 0, "createOption": "Empty", "diskSizeGB": 4}, map[string]any{"lun": 0, "createOption": "Empty", "diskSizeGB": 4},
		}), "InvalidParameter", "LUN 0"},
		{"data disk without a size", put("properties.storageProfile.dataDisks", []any{map[string]any{"lun": 0, "createOption": "Empty"}}), "InvalidParameter", "diskSizeGB"},
		{"no subnet", put(config+".0.properties.ipConfigurations.0.properties.subnet", nil), "SubnetRequired", "subnet"},
		{"subnet is no ID", put(config+".0.properties.ipConfigurations.0.properties.subnet", map[string]any{"id": "nodes"}), "LinkedInvalidPropertyId", "fully qualified"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := len(r.sim.Log().Problems())
			resp, data := r.raw(http.MethodPut, vmPath+"compute001"+computeV, edited(t, tt.edit))
			wantRefusal(t, resp, data, http.StatusBadRequest, tt.code, tt.says)
			if len(r.sim.Log().Problems()) != before+1 {
				t.Error("the log has no problem of it")
			}
		})
	}
	if n := r.kinds()["virtual-machine"]; n != 0 {
		t.Errorf("%d machines were made", n)
	}
}

func wantRefusal(t *testing.T, resp *http.Response, data []byte, status int, code, says string) {
	t.Helper()
	var answer struct {
		Error struct {
			Code    string
			Message string
			Details []struct{ Code, Message string }
		}
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		t.Fatalf("%s: %s", err, data)
	}
	if resp.StatusCode != status || answer.Error.Code != code || !strings.Contains(string(data), says) {
		t.Errorf("got %d %s, want %d %s with %q", resp.StatusCode, data, status, code, says)
	}
}

// TestMalformedRequest sends one request for each way to get the rest wrong.
func TestMalformedRequest(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.expected = true
	r.foundation()
	rule := `{"properties": {"access": "Allow", "direction": "Inbound", "priority": %s, "protocol": "Tcp", "sourceAddressPrefix": "%s", "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": "%s"}}`
	nic := `{"location": "westeurope", "properties": {"ipConfigurations": [%s]}}`
	tests := []struct {
		name, method, path, body string
		status                   int
		code, says               string
	}{
		{"no version", "GET", root + "/resourcegroups", "", 400, "MissingApiVersionParameter", "required"},
		{"another version", "GET", root + "/resourcegroups?api-version=2019-01-01", "", 400, "NoRegisteredProviderFound", "2025-04-01"},
		{"no such type", "GET", root + "/resourceGroups/cluster/providers/Microsoft.Compute/toasters/x" + computeV, "", 404, "InvalidResourceType", "toasters"},
		{"no such method", "POST", vmPath + "x" + computeV, "", 405, "MethodNotAllowed", "POST"},
		{"not simulated", "POST", vmPath + "x/redeploy" + computeV, "", 501, "NotImplemented", "BeginRedeploy"},
		{"unknown query parameter", "GET", root + "/resourcegroups" + groupV + "&colour=red", "", 400, "InvalidQueryParameter", "colour"},
		{"subscription is no ID", "GET", "/subscriptions/mine/resourcegroups" + groupV, "", 400, "InvalidSubscriptionId", "mine"},
		{"no JSON", "PUT", root + "/resourcegroups/g" + groupV, "{", 400, "InvalidRequestContent", "could not be deserialized"},
		{"no body", "PUT", root + "/resourcegroups/g" + groupV, "", 400, "InvalidRequestContent", "empty"},
		{"a list for a body", "PUT", root + "/resourcegroups/g" + groupV, "[]", 400, "InvalidRequestContent", "could not be deserialized"},
		{"a property twice", "PUT", root + "/resourcegroups/g" + groupV, `{"location": "westeurope", "location": "eastus"}`, 400, "InvalidRequestContent", "twice"},
		{"group with an unknown property", "PUT", root + "/resourcegroups/g" + groupV, `{"location": "westeurope", "size": 1}`, 400, "InvalidRequestContent", "Could not find member 'size'"},
		{"group without a location", "PUT", root + "/resourcegroups/g" + groupV, `{}`, 400, "InvalidParameter", "location"},
		{"group name too long", "PUT", root + "/resourcegroups/" + strings.Repeat("g", 91) + groupV, `{"location": "westeurope"}`, 400, "InvalidResourceName", "90"},
		{"group name ends in a period", "PUT", root + "/resourcegroups/g." + groupV, `{"location": "westeurope"}`, 400, "InvalidResourceName", "period"},
		{"machine name too long", "PUT", vmPath + strings.Repeat("m", 65) + computeV, edited(t, func(map[string]any) {}), 400, "InvalidResourceName", "64"},
		{"filter of groups", "GET", root + "/resourcegroups" + groupV + "&$filter=colour%20eq%20%27red%27", "", 400, "InvalidFilterInQueryString", "colour"},
		{"filter mixes tags and types", "GET", root + "/resources" + groupV + "&$filter=tagName%20eq%20%27a%27%20and%20resourceType%20eq%20%27b%27", "", 400, "InvalidFilterInQueryString", "stand alone"},
		{"filter of sizes", "GET", root + "/providers/Microsoft.Compute/skus?api-version=2021-07-01&$filter=name%20eq%20%27x%27", "", 400, "InvalidFilterInQueryString", "location"},
		{"states without a filter", "GET", root + "/providers/Microsoft.Compute/virtualMachines" + computeV + "&$expand=instanceView", "", 400, "InvalidParameter", "$expand"},
		{"skip token", "GET", root + "/resourcegroups" + groupV + "&$skiptoken=%2A", "", 400, "InvalidSkipToken", "*"},

		{"network with an unknown property", "PUT", netPath + "virtualNetworks/n" + networkV, `{"location": "westeurope", "properties": {"cidr": "10.0.0.0/8"}}`, 400, "InvalidRequestFormat", "Could not find member 'cidr'"},
		{"network without addresses", "PUT", netPath + "virtualNetworks/n" + networkV, `{"location": "westeurope", "properties": {}}`, 400, "MissingAddressPrefix", "no address prefix"},
		{"network of no addresses", "PUT", netPath + "virtualNetworks/n" + networkV, `{"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0"]}}}`, 400, "InvalidAddressPrefixFormat", "CIDR"},
		{"network of crooked addresses", "PUT", netPath + "virtualNetworks/n" + networkV, `{"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.1/8"]}}}`, 400, "InvalidCIDRNotation", "10.0.0.0/8"},
		{"subnet outside", "PUT", netPath + "virtualNetworks/net/subnets/s" + networkV, `{"properties": {"addressPrefix": "192.168.0.0/24"}}`, 400, "NetcfgSubnetRangeOutsideVnet", "outside"},
		{"subnet overlaps", "PUT", netPath + "virtualNetworks/net/subnets/s" + networkV, `{"properties": {"addressPrefix": "10.1.2.0/24"}}`, 400, "NetcfgSubnetRangesOverlap", "'nodes'"},
		{"subnet of no network", "PUT", netPath + "virtualNetworks/none/subnets/s" + networkV, `{"properties": {"addressPrefix": "10.1.2.0/24"}}`, 404, "ParentResourceNotFound", "none"},
		{"rule without a priority", "PUT", netPath + "networkSecurityGroups/wall/securityRules/r" + networkV, `{"properties": {"access": "Allow", "direction": "Inbound", "protocol": "Tcp"}}`, 400, "InvalidParameter", "properties.priority"},
		{"rule without ports", "PUT", netPath + "networkSecurityGroups/wall/securityRules/r" + networkV, `{"properties": {"access": "Allow", "direction": "Inbound", "priority": 200, "protocol": "Tcp"}}`, 400, "SecurityRuleParameterMissing", "sourcePortRange"},
		{"rule of a bad priority", "PUT", netPath + "networkSecurityGroups/wall/securityRules/r" + networkV, fmt.Sprintf(rule, "99", "*", "22"), 400, "SecurityRuleInvalidPriority", "100-4096"},
		{"rule of a taken priority", "PUT", netPath + "networkSecurityGroups/wall/securityRules/r" + networkV, fmt.Sprintf(rule, "100", "*", "22"), 400, "SecurityRuleConflict", "ssh"},
		{"rule of a bad port", "PUT", netPath + "networkSecurityGroups/wall/securityRules/r" + networkV, fmt.Sprintf(rule, "200", "*", "70000"), 400, "SecurityRuleInvalidPortRange", "70000"},
		{"rule of a bad address", "PUT", netPath + "networkSecurityGroups/wall/securityRules/r" + networkV, fmt.Sprintf(rule, "200", "192.0.2.1/24", "22"), 400, "SecurityRuleInvalidAddressPrefix", "192.0.2.1/24"},
		{"rule of a bad protocol", "PUT", netPath + "networkSecurityGroups/wall/securityRules/r" + networkV, strings.Replace(fmt.Sprintf(rule, "200", "*", "22"), "Tcp", "Carrier", 1), 400, "InvalidParameter", "Carrier"},
		{"interface without a configuration", "PUT", netPath + "networkInterfaces/n" + networkV, fmt.Sprintf(nic, ""), 400, "NicMustHaveAtLeastOneIpConfiguration", "at least one"},
		{"interface without a subnet", "PUT", netPath + "networkInterfaces/n" + networkV, fmt.Sprintf(nic, `{"name": "ip", "properties": {}}`), 400, "SubnetRequired", "subnet"},
		{"interface in no subnet", "PUT", netPath + "networkInterfaces/n" + networkV, fmt.Sprintf(nic, `{"name": "ip", "properties": {"subnet": {"id": "`+subnet+`x"}}}`), 400, "InvalidResourceReference", "nodesx"},
		{"interface name too long", "PUT", netPath + "networkInterfaces/" + strings.Repeat("n", 81) + networkV, fmt.Sprintf(nic, ""), 400, "InvalidResourceName", "80"},
		{"address that changes", "PUT", netPath + "publicIPAddresses/a" + networkV, `{"location": "westeurope", "sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Dynamic"}}`, 400, "PublicIPAndSkuAllocationMethodMismatch", "Static"},
		{"address of the retired kind", "PUT", netPath + "publicIPAddresses/a" + networkV, `{"location": "westeurope", "sku": {"name": "Basic"}}`, 400, "IPv4BasicSkuPublicIpCountLimitReached", "Basic"},
		{"disk without a size", "PUT", root + "/resourceGroups/cluster/providers/Microsoft.Compute/disks/d?api-version=2026-03-02", `{"location": "westeurope", "properties": {"creationData": {"createOption": "Empty"}}}`, 400, "InvalidParameter", "diskSizeGB"},
		{"group that is not there", "GET", root + "/resourceGroups/none/providers/Microsoft.Compute/virtualMachines" + computeV, "", 404, "ResourceGroupNotFound", "'none'"},
		{"machine that is not there", "GET", vmPath + "none" + computeV, "", 404, "ResourceNotFound", "Microsoft.Compute/virtualMachines/none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, data := r.raw(tt.method, tt.path, tt.body)
			wantRefusal(t, resp, data, tt.status, tt.code, tt.says)
		})
	}
}
