// Package configs holds the specs that work as they are. They are found when
// neither -c nor the current folder nor $ECLUSTER_HOME has a spec; each file is
// a spec of its own. Beside them lies the catalogue of what images are called
// on each cloud. No code belongs here.
package configs

import "embed"

// FS has the specs at its root.
//
//go:embed *.hcl
var FS embed.FS

// Catalog has what the aliases of images mean on each cloud, under catalog/.
//
//go:embed catalog/*.hcl
var Catalog embed.FS
