package google

import (
	"fmt"
	"net/http"
	"slices"
)

const (
	runLimitLeast = 30
	runLimitMost  = 120 * 24 * 3600
)

// checkInstance checks everything but the disks of an instance that is asked
// for, and fills in what the cloud adds.
func (c *Cloud) checkInstance(r *request, o object, zone string) (machineType, *apiError) {
	url := text(o, "machineType")
	if url == "" {
		return machineType{}, required("resource.machineType")
	}
	t, e := c.checkMachineType(url, zone)
	if e != nil {
		return t, e
	}
	o["machineType"] = baseURL + collections["machineTypes"].path(Project, r.where(), t.name)
	if e := checkLabels("resource.labels", o); e != nil {
		return t, e
	}
	if e := checkMetadata("resource.metadata", child(o, "metadata")); e != nil {
		return t, e
	}
	if e := checkTags("resource.tags", child(o, "tags")); e != nil {
		return t, e
	}
	if host := text(o, "hostname"); host != "" && !hostName.MatchString(host) {
		return t, invalid("resource.hostname", host, "Must be a fully qualified domain name.")
	}
	if e := c.checkAccelerators(o, zone, t); e != nil {
		return t, e
	}
	if e := checkScheduling(child(o, "scheduling"), t.gpus > 0 || len(items(o, "guestAccelerators")) > 0); e != nil {
		return t, e
	}
	if e := checkAccounts(o); e != nil {
		return t, e
	}
	if e := c.checkInterfaces(o, regionOf(zone)); e != nil {
		return t, e
	}
	return t, c.checkPolicies(o, regionOf(zone), t)
}

func (c *Cloud) checkMachineType(url, zone string) (machineType, *apiError) {
	rest := short(url)
	name := last(rest)
	tail := "zones/" + zone + "/machineTypes/" + name
	if rest != tail && rest != "projects/"+Project+"/"+tail && rest != "projects/"+ProjectNumber+"/"+tail {
		return machineType{}, invalid("resource.machineType", url, "The URL is malformed.")
	}
	t, has := c.machineType(zone, name)
	if !has {
		return t, absent("resource.machineType", url, fmt.Sprintf("Machine type with name '%s' does not exist in zone '%s'.", name, zone))
	}
	return t, nil
}

func (c *Cloud) checkAccelerators(o object, zone string, t machineType) *apiError {
	accelerators := items(o, "guestAccelerators")
	if len(accelerators) > 1 {
		return invalid("resource.guestAccelerators", "", "At most one type of accelerator can be attached.")
	}
	for i, v := range accelerators {
		field := fmt.Sprintf("resource.guestAccelerators[%d].", i)
		a, _ := v.(object)
		url := text(a, "acceleratorType")
		rec := c.refer("acceleratorTypes", "zones/"+zone, url)
		if rec == nil || rec.where != "zones/"+zone {
			return absent(field+"acceleratorType", url, fmt.Sprintf("Accelerator type with name '%s' does not exist in zone '%s'.", last(url), zone))
		}
		n, _ := number(a, "acceleratorCount")
		if most := acceleratorTypes()[rec.name]; n < 1 || int(n) > most || !slices.Contains([]int64{1, 2, 4, 8, 16}, n) {
			return invalid(field+"acceleratorCount", fmt.Sprint(n), fmt.Sprintf("Number of accelerator cards attached to an instance must be one of [1, 2, 4, 8, 16], and at most %d for %s.", most, rec.name))
		}
		if t.gpus > 0 && rec.name != t.gpu {
			return absent(field+"acceleratorType", url, fmt.Sprintf("Machine type %s comes with %s.", t.name, t.gpu))
		}
		if t.gpus == 0 && t.family() != "n1" {
			return absent(field+"acceleratorType", url, fmt.Sprintf("[%s] features are not compatible for creating instance of machine type %s.", rec.name, t.name))
		}
		a["acceleratorType"] = rec.url()
	}
	if t.gpus > 0 && len(accelerators) == 1 {
		delete(o, "guestAccelerators") // they come with the machine type; asked for twice they are still the same
	}
	return nil
}

// checkScheduling knows which combinations make sense.
func checkScheduling(s object, gpu bool) *apiError {
	spot := isSpot(object{"scheduling": s})
	flexible := text(s, "provisioningModel") == "FLEX_START"
	restart, hasRestart := truth(s, "automaticRestart")
	maintenance := text(s, "onHostMaintenance")
	limit, hasLimit := number(s, "maxRunDuration", "seconds")
	_, hasEnd := s["terminationTime"]
	switch {
	case spot && restart:
		return invalid("resource.scheduling.preemptible", "true", "Scheduling must have preemptible be false when AutomaticRestart is true.")
	case spot && maintenance == "MIGRATE":
		return invalid("resource.scheduling.onHostMaintenance", maintenance, "Preemptible instances must terminate on host maintenance.")
	case gpu && maintenance != "TERMINATE" && !spot:
		return invalid("resource.scheduling.onHostMaintenance", maintenance, "Instances with guest accelerators do not support live migration.")
	case dig(s, "maxRunDuration") != nil && (!hasLimit || limit < runLimitLeast || limit > runLimitMost):
		return invalid("resource.scheduling.maxRunDuration", fmt.Sprint(limit), fmt.Sprintf("Must be between %d and %d seconds.", runLimitLeast, runLimitMost))
	case hasLimit && hasEnd:
		return invalid("resource.scheduling.terminationTime", "", "Only one of maxRunDuration and terminationTime may be specified.")
	case (hasLimit || hasEnd) && text(s, "instanceTerminationAction") == "":
		return required("resource.scheduling.instanceTerminationAction")
	case text(s, "instanceTerminationAction") != "" && !spot && !hasLimit && !hasEnd && !flexible:
		return invalid("resource.scheduling.instanceTerminationAction", text(s, "instanceTerminationAction"),
			"Instance termination action can only be specified for Spot VMs or VMs with a limited run time.")
	}
	if !hasRestart {
		s["automaticRestart"] = !spot
	}
	if maintenance == "" {
		s["onHostMaintenance"] = "MIGRATE"
		if spot {
			s["onHostMaintenance"] = "TERMINATE"
		}
	}
	s["preemptible"] = spot
	setDefault(s, "provisioningModel", "STANDARD")
	if spot {
		s["provisioningModel"] = "SPOT"
		setDefault(s, "instanceTerminationAction", "STOP")
	}
	return nil
}

func checkAccounts(o object) *apiError {
	accounts := items(o, "serviceAccounts")
	if len(accounts) > 1 {
		return invalid("resource.serviceAccounts", "", "At most one service account can be attached to an instance.")
	}
	for _, a := range accounts {
		email := text(a, "email")
		if !account.MatchString(email) {
			return invalid("resource.serviceAccounts[0].email", email, "The email address is malformed.")
		}
		if len(items(a, "scopes")) == 0 {
			return invalid("resource.serviceAccounts[0].scopes", "", "At least one scope must be specified.")
		}
	}
	return nil
}

// permitParts checks the permissions that parts of an instance ask for.
func (c *Cloud) permitParts(o object, zone, path string) *apiError {
	needs := []struct {
		permission, path string
		when             bool
	}{
		{"compute.disks.create", "projects/" + Project + "/zones/" + zone + "/disks/" + text(o, "name"), true},
		{"compute.subnetworks.use", short(text(items(o, "networkInterfaces")[0], "subnetwork")), true},
		{"compute.subnetworks.useExternalIp", short(text(items(o, "networkInterfaces")[0], "subnetwork")), len(items(items(o, "networkInterfaces")[0], "accessConfigs")) > 0},
		{"compute.instances.setMetadata", path, len(items(o, "metadata", "items")) > 0},
		{"compute.instances.setLabels", path, dig(o, "labels") != nil},
		{"compute.instances.setTags", path, len(items(o, "tags", "items")) > 0},
		{"compute.instances.setServiceAccount", path, len(items(o, "serviceAccounts")) > 0},
		{"compute.resourcePolicies.use", path, len(items(o, "resourcePolicies")) > 0},
	}
	for _, need := range needs {
		if need.when {
			if e := c.permit(need.permission, need.path); e != nil {
				return e
			}
		}
	}
	if accounts := items(o, "serviceAccounts"); len(accounts) > 0 && c.permit("iam.serviceAccounts.actAs", "") != nil {
		return &apiError{status: http.StatusBadRequest, reason: "SERVICE_ACCOUNT_ACCESS_DENIED", message: fmt.Sprintf(
			"The user does not have access to service account '%s'.  User: '%s'.  Ask a project owner to grant you the iam.serviceAccountUser role on the service account",
			text(accounts[0], "email"), user)}
	}
	return nil
}
