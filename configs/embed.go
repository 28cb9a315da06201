// Package configs holds the specs that work as they are. They are found when
// neither -c nor the current folder nor $ECLUSTER_HOME has a spec; each file is
// a spec of its own. No code belongs here.
package configs

import "embed"

// FS has the specs at its root.
//
//go:embed *.hcl
var FS embed.FS
