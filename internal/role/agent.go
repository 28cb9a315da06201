package role

import (
	"embed"
	"io/fs"
)

// agentFS is what runs on a node: run.sh and what it needs.
//
//go:embed agent/*.sh
var agentFS embed.FS

// agentFiles returns the runner's files by name.
func agentFiles() map[string][]byte {
	out := map[string][]byte{}
	entries, _ := fs.ReadDir(agentFS, "agent")
	for _, e := range entries {
		data, _ := fs.ReadFile(agentFS, "agent/"+e.Name()) // embedded: it is there
		out[e.Name()] = data
	}
	return out
}

// stepSide are the runner's files that can change what a step does; a change
// in any of them makes every step run again.
var stepSide = [...]string{"lib.sh", "os-debian.sh", "os-redhat.sh", "step.sh", "mounts.sh", "disks.sh"}

// runFolders are where the runner keeps what belongs to one run. They come
// with the bundle, which costs less than a mkdir on each node.
var runFolders = [...]string{"facts", "exec", "said"}
