package docker

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

const (
	minMemory      = 128 * cluster.MiB // systemd, sshd and one login fit into this
	defaultShmSize = "1GB"
)

func settingsSchema() schema.Schema {
	return schema.Schema{
		Doc: "A Docker engine (20.10 or later). Without settings it is the one that the docker command would use.",
		Attrs: []schema.Attr{
			{
				Name: "host", Type: cty.String, Trusted: true,
				Doc: `Where the engine listens, as in DOCKER_HOST: "unix:///var/run/docker.sock". Default: DOCKER_HOST, the current Docker context, or the standard socket.`,
			},
			{
				Name: "image_mirror", Type: cty.String, Trusted: true,
				Doc: `Debian mirror for a node image that has to be built. Default: "http://deb.debian.org/debian".`,
			},
		},
	}
}

func groupSchema() schema.Schema {
	return schema.Schema{
		Doc: "The size of a container. Without limits a node sees the whole machine.",
		Attrs: []schema.Attr{
			{
				Name: "cpus", Type: cty.Number, Check: checkCPUs,
				Doc: "Limit of processor time, in processors; the node offers the whole ones (at least 1) to jobs.",
			},
			{
				Name: "memory", Type: cty.String, Check: checkMemory,
				Doc: `Limit of memory, such as "2GB"; it is also what the node offers to jobs.`,
			},
			{
				Name: "shm_size", Type: cty.String, Default: defaultShmSize, Check: checkBytes,
				Doc: "Size of /dev/shm, through which the processes of an MPI job exchange data.",
			},
		},
	}
}

func checkCPUs(v any) error {
	if n := (schema.Values{"n": v}).Float("n"); n < 0.1 {
		return fmt.Errorf("must be at least 0.1, not %g", n)
	}
	return nil
}

func checkBytes(v any) error {
	s, _ := v.(string)
	_, err := cluster.ParseBytes(s)
	return err
}

func checkMemory(v any) error {
	if err := checkBytes(v); err != nil {
		return err
	}
	if b := (schema.Values{"m": v}).Bytes("m"); b < minMemory {
		return fmt.Errorf("must be at least %s for a node to boot, not %s", minMemory, b)
	}
	return nil
}

// limits are the decoded attributes of a group; zero means no limit.
type limits struct {
	cpus   float64
	memory cluster.Bytes
	shm    cluster.Bytes
}

func limitsOf(g cluster.Group) limits {
	v := schema.Values(g.Settings)
	l := limits{cpus: v.Float("cpus"), memory: v.Bytes("memory"), shm: v.Bytes("shm_size")}
	if l.shm == 0 {
		l.shm = schema.Values{"s": defaultShmSize}.Bytes("s")
	}
	return l
}

// shape is what a node of these limits offers on an engine of that size.
func (l limits) shape(engine cluster.Shape) cluster.Shape {
	s := engine
	if l.cpus > 0 {
		s.CPUs = max(1, int(l.cpus))
	}
	if l.memory > 0 {
		s.Memory = l.memory
	}
	return s
}
