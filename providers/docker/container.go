package docker

import (
	"net/netip"
	"slices"
	"strconv"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/providers"
)

// Labels beside the tags of package providers.
const (
	labelImage  = "ecluster-image"  // on images that were built here: the alias
	labelCPUs   = "ecluster-cpus"   // on nodes: what they offer to jobs
	labelMemory = "ecluster-memory" // the same, in bytes
)

// bootScript runs before systemd, in the container. systemd needs a cgroup
// tree of its own that it may write to:
//   - where the container sees cgroup v2 it is mounted read-only: make it
//     writable, or mount it anew where that is refused;
//   - where it sees the hierarchies of v1, take them away and mount v2.
//
// Sharing the tree of the host instead would mix the nodes' services.
const bootScript = `cg=/sys/fs/cgroup
if [ -e $cg/cgroup.controllers ]; then
	mount -o remount,rw,nosuid,nodev,noexec $cg && exec /sbin/init
fi
umount -R $cg
mount -t cgroup2 -o rw,nosuid,nodev,noexec cgroup2 $cg && exec /sbin/init
echo "this node can't have a writable cgroup2 file system" >&2
exit 70`

// stopSignal makes systemd shut down (RTMIN+3, see systemd(1)); by default the
// engine would wait for its timeout and kill it.
const stopSignal = "SIGRTMIN+3"

func sshPort() network.Port { return network.MustParsePort("22/tcp") }

// createOptions describes the container of one node.
func (d *Driver) createOptions(facts engineFacts, req providers.LaunchRequest, n providers.NodeRequest) client.ContainerCreateOptions {
	lim := limitsOf(n.Group)
	offered := lim.shape(facts.size)
	netName := resourceName(req.ID, "")
	config := systemConfig(d.imageRef(n.Image))
	config.Hostname = string(n.Name)
	config.ExposedPorts = network.PortSet{sshPort(): {}}
	config.Labels = map[string]string{
		providers.TagCluster: string(req.ID),
		providers.TagName:    string(req.Name),
		providers.TagNode:    string(n.Name),
		providers.TagGroup:   string(n.Group.Name),
		providers.TagAttempt: req.Token,
		labelCPUs:            strconv.Itoa(offered.CPUs),
		labelMemory:          strconv.FormatInt(int64(offered.Memory), 10),
	}
	return client.ContainerCreateOptions{
		Name:       resourceName(req.ID, string(n.Name)),
		Config:     config,
		HostConfig: d.hostConfig(facts, req, n, lim),
		NetworkingConfig: &network.NetworkingConfig{
			EndpointsConfig: map[string]*network.EndpointSettings{
				netName: {Aliases: []string{string(n.Name)}},
			},
		},
	}
}

func (d *Driver) hostConfig(facts engineFacts, req providers.LaunchRequest, n providers.NodeRequest, lim limits) *container.HostConfig {
	h := systemHost(facts)
	h.NetworkMode = container.NetworkMode(resourceName(req.ID, ""))
	h.ShmSize = int64(lim.shm)
	h.NanoCPUs, h.Memory = int64(lim.cpus*1e9), int64(lim.memory)
	if facts.swapLimit {
		h.MemorySwap = h.Memory // no swap: a job that needs more must fail, not crawl
	}
	for _, dev := range n.Group.Needs.Devices {
		h.Devices = append(h.Devices, container.DeviceMapping{PathOnHost: dev, PathInContainer: dev, CgroupPermissions: "rwm"})
	}
	for _, m := range n.Group.Needs.Mounts {
		h.Mounts = append(h.Mounts, mount.Mount{
			Type: mount.TypeVolume, Source: volumeName(req.ID, req.Name, m), Target: m.Path,
			// Nodes that boot together must not all fill the volume from the image.
			VolumeOptions: &mount.VolumeOptions{NoCopy: true},
		})
	}
	if gpu := n.Group.GPU; gpu != nil && !pretended(gpu) {
		h.DeviceRequests = []container.DeviceRequest{{Driver: "nvidia", Count: gpu.Count, Capabilities: [][]string{{"gpu"}}}}
	}
	if n.Frontend {
		h.PortBindings = network.PortMap{sshPort(): {{HostIP: publishOn(d.host)}}}
	}
	return h
}

// securityOptions lifts what keeps systemd from mounting and the services of a
// node from confining themselves. Options that the engine has no use for are
// left out: some engines refuse them.
func securityOptions(facts engineFacts) []string {
	opts := []string{"seccomp=unconfined"}
	if facts.appArmor {
		opts = append(opts, "apparmor=unconfined")
	}
	if facts.seLinux {
		opts = append(opts, "label=disable")
	}
	return slices.Clip(opts)
}

// publishOn is the address at which the engine publishes sshd of a frontend:
// its loopback, unless the engine is on another machine, from whose loopback
// this one could not be reached.
func publishOn(host string) netip.Addr {
	if remoteHost(host) != "" {
		return netip.IPv4Unspecified()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}
