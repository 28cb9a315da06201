package azure

import (
	"net/http"
	"strings"
)

// showMachine hides what Azure never shows again and adds what it made up.
func showMachine(_ *Cloud, r *resource, out tree) {
	if os := treeAt(out, "properties", "osProfile"); os != nil {
		delete(os, "customData")
		delete(os, "adminPassword")
	}
	if props := treeAt(out, "properties"); props != nil {
		delete(props, "userData")
	}
	set(out, fakeUUID("vm", r.key, r.made.String()), "properties", "vmId")
	set(out, stamp(r.made), "properties", "timeCreated")
	if m := r.vm.image; m != nil && textAt(out, "properties", "storageProfile", "imageReference", "publisher") != "" {
		set(out, m.version, "properties", "storageProfile", "imageReference", "exactVersion")
	}
	if who := treeAt(out, "identity"); who != nil && containsFold(textAt(who, "type"), "SystemAssigned") {
		who["principalId"], who["tenantId"] = fakeUUID("principal", r.key), tenant
	}
	out["etag"] = `"` + itoa(r.etag) + `"`
}

// view is the run-time status of a machine.
func (vm *machine) view(c *Cloud, r *resource) tree {
	statuses := []any{provisioningStatus(r)}
	if vm.power != "" {
		statuses = append(statuses, tree{"code": "PowerState/" + vm.power, "level": "Info", "displayStatus": "VM " + vm.power})
	}
	out := tree{"statuses": statuses}
	if vm.power == runs {
		out["vmAgent"] = tree{
			"vmAgentVersion": "2.14.0.1",
			"statuses": []any{tree{
				"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready",
				"message": "Guest Agent is running", "time": stamp(c.options.Now()),
			}},
		}
		out["computerName"] = textAt(r.doc, "properties", "osProfile", "computerName")
	}
	if vm.generalized {
		out["statuses"] = append(statuses, tree{"code": "OSState/generalized", "level": "Info", "displayStatus": "VM generalized"})
	}
	return out
}

func provisioningStatus(r *resource) tree {
	if f := r.vm.fail; f != nil && r.state == broken {
		return tree{"code": "ProvisioningState/failed/" + f.Code, "level": "Error", "displayStatus": "Provisioning failed", "message": f.Message}
	}
	words := map[string]string{creating: "Creating", updating: "Updating", deleting: "Deleting", succeeded: "Provisioning succeeded", broken: "Provisioning failed"}
	level := "Info"
	if r.state == broken {
		level = "Error"
	}
	return tree{"code": "ProvisioningState/" + lower(r.state), "level": level, "displayStatus": words[r.state]}
}

func instanceView(c *Cloud, q *request) *reply {
	if f := c.around(q); f != nil {
		return failed(f)
	}
	r := c.resources[q.key]
	if r == nil {
		return failed(c.notFound(q))
	}
	return ok(r.vm.view(c, r))
}

// machineListing is how a listing shows machines. Run-time status is to be had
// for the whole subscription with statusOnly; $expand needs the $filter of a
// scale set, of which there are none.
func (c *Cloud) machineListing(q *request) (func(*resource) tree, *failure) {
	if q.query.Has("$expand") || q.query.Has("$filter") {
		return nil, malformed("InvalidParameter",
			"The $expand option on a list of virtual machines can only be used with a $filter on 'virtualMachineScaleSet/id', and the simulated Azure has no scale sets.")
	}
	switch status := q.query.Get("statusOnly"); {
	case strings.EqualFold(status, "true"):
		return func(r *resource) tree {
			out := tree{"id": r.id, "name": r.name, "type": r.kind.typ, "location": r.doc["location"], "properties": tree{
				"vmId": fakeUUID("vm", r.key, r.made.String()), "provisioningState": r.state,
				"hardwareProfile": tree{"vmSize": r.vm.size.name}, "instanceView": r.vm.view(c, r),
			}}
			if z := r.doc["zones"]; z != nil {
				out["zones"] = z
			}
			return out
		}, nil
	case status != "" && !strings.EqualFold(status, "false"):
		return nil, malformed("InvalidParameter", "The value '%s' of parameter 'statusOnly' is invalid: true or false.", status)
	}
	return c.show, nil
}

// listByLocation shows the machines of one location.
func listByLocation(c *Cloud, q *request) *reply {
	at := plainLocation(q.segments[len(q.segments)-2])
	return c.page(q, c.index[lower(machineType)], func(r *resource) bool { return textAt(r.doc, "location") == at }, c.show)
}

// console tells where a machine's serial log is; this cloud serves it itself.
func console(c *Cloud, q *request) *reply {
	r, f := c.target(q)
	if f != nil {
		return failed(f)
	}
	if !boolAt(r.doc, "properties", "diagnosticsProfile", "bootDiagnostics", "enabled") {
		return failed(refuse(http.StatusConflict, "OperationNotAllowed",
			"Boot diagnostics of VM '%s' are not enabled: enable them to read its serial log.", r.name))
	}
	blob := q.base + consolePath + "/" + r.vm.machine
	return ok(tree{"serialConsoleLogBlobUri": blob + "/serial.log", "consoleScreenshotBlobUri": blob + "/screenshot.bmp"})
}

// state is what an inventory says of a machine.
func (vm *machine) state(r *resource) string {
	if r.state == succeeded {
		return vm.power
	}
	return r.state
}

func (vm *machine) detail(r *resource) string {
	words := []string{vm.size.name}
	if vm.spot {
		words = append(words, "spot")
	}
	where := textAt(r.doc, "location")
	if vm.zone != "" {
		where += "-" + vm.zone
	}
	return strings.Join(append(words, where, last(r.group)), ", ")
}
