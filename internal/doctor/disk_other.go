//go:build !unix

package doctor

import "github.com/ecluster/ecluster/internal/cluster"

// freeDisk does not know.
func freeDisk(string) (cluster.Bytes, bool) { return 0, false }
