package terraform

import (
	"context"
	"strings"

	"github.com/ecluster/ecluster/providers"
)

// Identity implements providers.Identifier. Terraform can't tell where its
// providers lead to, but most of them take that from the environment: while
// these variables are as they were, they lead to the same place. With another
// cloud behind it, Terraform would find every machine deleted.
func (d *Driver) Identity(context.Context) (providers.Identity, error) {
	id, words := []string{"terraform"}, "what Terraform's providers lead to"
	for _, name := range leading {
		if value := d.env[name]; value != "" {
			id = append(id, name+"="+value)
		}
	}
	if len(id) > 1 {
		words += " with " + strings.Join(id[1:], " ")
	}
	return providers.Identity{ID: strings.Join(id, " "), Words: words}, nil
}

// leading are the environment variables by which well-known providers choose
// an account, a project or a region. None of them is a secret.
var leading = []string{
	"DOCKER_HOST", "DOCKER_CONTEXT",
	"OS_CLOUD", "OS_AUTH_URL", "OS_PROJECT_ID", "OS_PROJECT_NAME", "OS_TENANT_NAME", "OS_REGION_NAME",
	"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
	"GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GOOGLE_REGION", "GOOGLE_ZONE",
	"ARM_SUBSCRIPTION_ID", "ARM_TENANT_ID",
	"PROXMOX_VE_ENDPOINT", "VSPHERE_SERVER", "LIBVIRT_DEFAULT_URI",
}
