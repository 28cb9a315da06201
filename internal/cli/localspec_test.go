package cli_test

import (
	"io/fs"
	"testing/fstest"

	"github.com/ecluster/ecluster/configs"
)

// localSpec is the part of the embedded specs that needs no cloud: the SDKs
// stay out of these tests.
func localSpec() fs.FS {
	data, err := configs.FS.ReadFile("local.hcl")
	if err != nil {
		panic(err) // it is embedded
	}
	return fstest.MapFS{"local.hcl": {Data: data}}
}
