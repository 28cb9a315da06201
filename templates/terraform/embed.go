// Package terraform holds the Terraform modules that come with ecluster, one
// folder a module. docs/providers/terraform.md says what a module must offer.
package terraform

import "embed"

// FS has one folder a module at its root.
//
//go:embed docker openstack
var FS embed.FS
