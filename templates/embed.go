// Package templates holds the text of the specs that ecluster init writes for
// the user to edit. internal/starter fills it in.
package templates

import "embed"

// FS has spec.hcl.tmpl, the whole of a spec, and its parts beside it.
//
//go:embed *.hcl.tmpl
var FS embed.FS
