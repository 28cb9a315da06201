// Package roles holds the roles that are part of the program, one folder each
// (CONTRIBUTING.md says how to add one). No code belongs here: internal/role
// loads them.
package roles

import "embed"

// FS has the folders of the roles at its root. The pattern takes every folder
// there is; this file is among what it takes and is no role, as it is no folder.
//
//go:embed *
var FS embed.FS
