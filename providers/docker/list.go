package docker

import (
	"context"
	"net/netip"
	"runtime"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// List implements providers.Driver with one call to the engine.
func (d *Driver) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	containers, err := d.containers(ctx, "list", id)
	if err != nil {
		return nil, err
	}
	list := make([]cluster.Instance, 0, len(containers))
	for _, c := range containers {
		list = append(list, d.instance(id, c))
	}
	return list, nil
}

// containers returns every container of the cluster, in any state.
func (d *Driver) containers(ctx context.Context, op string, id cluster.ID) ([]container.Summary, error) {
	if err := requireID(op, id); err != nil {
		return nil, err
	}
	list, err := d.cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: clusterFilter(id)})
	return list.Items, d.fail(ctx, op, "", err)
}

func (d *Driver) instance(id cluster.ID, c container.Summary) cluster.Instance {
	created := time.Unix(c.Created, 0)
	state, reason := stateOf(c)
	if state == cluster.InstanceRunning && cutOff(id, c) {
		state, reason = cluster.InstanceStopped, "cut off the network of its cluster"
	}
	inst := cluster.Instance{
		ID:      instanceID(c.ID),
		Node:    cluster.NodeName(c.Labels[providers.TagNode]),
		Group:   cluster.GroupName(c.Labels[providers.TagGroup]),
		Attempt: c.Labels[providers.TagAttempt],
		State:   state,
		Reason:  reason,
		Created: created,
	}
	inst.Shape.CPUs, _ = strconv.Atoi(c.Labels[labelCPUs])
	if n, err := strconv.ParseInt(c.Labels[labelMemory], 10, 64); err == nil {
		inst.Shape.Memory = cluster.Bytes(n)
	}
	if c.NetworkSettings != nil {
		if ep := c.NetworkSettings.Networks[resourceName(id, "")]; ep != nil && ep.IPAddress.IsValid() {
			inst.PrivateIP = ep.IPAddress.String()
		}
	}
	inst.Endpoints = d.endpoints(inst.PrivateIP, c.Ports)
	return inst
}

// cutOff reports whether somebody took a container off the cluster's network.
func cutOff(id cluster.ID, c container.Summary) bool {
	return c.NetworkSettings == nil || c.NetworkSettings.Networks[resourceName(id, "")] == nil
}

// endpoints lists where sshd may be reached, best first: the container's own
// address where its network is this machine's, else the published port.
func (d *Driver) endpoints(private string, ports []container.PortSummary) []cluster.Endpoint {
	var direct, published []cluster.Endpoint
	if private != "" {
		direct = append(direct, cluster.Endpoint{Host: private, Port: 22})
	}
	for _, p := range ports {
		if p.PrivatePort != 22 || p.PublicPort == 0 || !isIPv4(p.IP) {
			continue
		}
		host := remoteHost(d.host)
		if host == "" {
			host = p.IP.String()
		}
		published = append(published, cluster.Endpoint{Host: host, Port: int(p.PublicPort)})
	}
	if d.bridgeIsHere() {
		return append(direct, published...)
	}
	return append(published, direct...)
}

// isIPv4 skips the second entry that an engine makes for IPv6.
func isIPv4(a netip.Addr) bool { return a.Is4() || a.Is4In6() }

// bridgeIsHere reports whether addresses of containers can be expected to be
// reachable; it is a guess where the engine has not been asked.
func (d *Driver) bridgeIsHere() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.facts == nil {
		return socketPath(d.host) != "" && runtime.GOOS == "linux"
	}
	return d.facts.local
}

// stateOf translates the state of a container. Launch starts what it creates
// before it returns, so one that was only created is what a killed launch left.
func stateOf(c container.Summary) (cluster.InstanceState, string) {
	switch c.State {
	case container.StateRunning:
		return cluster.InstanceRunning, ""
	case container.StateCreated:
		return cluster.InstanceError, "created but never started: its launch was interrupted"
	case container.StateRestarting:
		return cluster.InstancePending, c.Status
	case container.StatePaused:
		return cluster.InstanceStopped, "frozen by docker pause"
	case container.StateExited:
		return cluster.InstanceStopped, c.Status
	case container.StateRemoving:
		return cluster.InstanceStopping, c.Status
	case container.StateDead:
		return cluster.InstanceError, "the engine could not remove it: " + c.Status
	}
	return cluster.InstanceError, "unknown state " + string(c.State)
}
