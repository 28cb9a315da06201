package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

const (
	diskForNode = 600 * cluster.MiB // a node with a scheduler, a database and logs
	diskMinimum = 500 * cluster.MiB
	idleMemory  = 64 * cluster.MiB // of a node that has its roles and no job
)

// Check implements providers.Driver.
func (d *Driver) Check(ctx context.Context, req providers.CheckRequest) ([]providers.Finding, error) {
	facts, err := d.engine(ctx, "check")
	if trouble := (*engineError)(nil); errors.As(err, &trouble) {
		return []providers.Finding{{Fatal: true, Summary: trouble.summary, Detail: "To go on, " + trouble.advice + "."}}, nil
	}
	if err != nil {
		return nil, err
	}
	findings, err := d.checkImages(ctx, req)
	if err != nil {
		return nil, err
	}
	var seen []cluster.GroupName
	for _, n := range req.Nodes {
		if !slices.Contains(seen, n.Group.Name) {
			seen = append(seen, n.Group.Name)
			findings = append(findings, checkGroup(facts, n.Group)...)
		}
	}
	if req.TTL > 0 {
		findings = append(findings, providers.Finding{
			Summary: "nothing ends containers when limits.ttl is over",
			Detail:  "They run until `ecluster stop`; ttl is for virtual machines and clouds.",
		})
	}
	findings = append(findings, checkMemorySum(facts, req.Nodes)...)
	return append(findings, checkHost(facts, len(req.Nodes))...), nil
}

// checkImages finds the images that neither are there nor could be had.
func (d *Driver) checkImages(ctx context.Context, req providers.CheckRequest) ([]providers.Finding, error) {
	var findings []providers.Finding
	var seen []string
	for _, n := range req.Nodes {
		if slices.Contains(seen, n.Image) {
			continue
		}
		seen = append(seen, n.Image)
		f, err := d.checkImage(ctx, n.Image)
		if err != nil {
			return nil, err
		}
		if f != nil {
			f.Group = n.Group.Name
			findings = append(findings, *f)
		}
	}
	return findings, nil
}

func (d *Driver) checkImage(ctx context.Context, image string) (*providers.Finding, error) {
	r, buildable := recipeFor(image)
	wanted := []string{d.imageRef(image)}
	pullable := image
	if buildable {
		wanted = append(wanted, r.base)
		pullable = r.base
	}
	for _, ref := range wanted {
		if ok, err := d.hasImage(ctx, ref); ok || err != nil {
			return nil, err
		}
	}
	_, missing := locateDebstrap()
	if buildable && missing == nil {
		return nil, nil
	}
	asked, cancel := context.WithTimeout(ctx, pullSilence)
	defer cancel()
	_, err := d.cli.DistributionInspect(asked, pullable, client.DistributionInspectOptions{})
	if err == nil || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	f := &providers.Finding{Fatal: true, Attr: "image"}
	if buildable {
		f.Summary = fmt.Sprintf("the node image %s is not there and can't be made", r.alias)
		f.Detail = fmt.Sprintf("The registry did not offer %s (%v), and %v.", r.base, err, missing)
		return f, nil
	}
	f.Summary = fmt.Sprintf("the engine has no image %q and its registry does not offer it", image)
	f.Detail = fmt.Sprintf("The registry's answer: %v. Correct the name, load the image with `docker load`, or use %q, which can be built here.", err, defaultImage)
	return f, nil
}

// checkGroup compares what a group asks of each node with the engine.
func checkGroup(facts engineFacts, g cluster.Group) []providers.Finding {
	var findings []providers.Finding
	add := func(fatal bool, attr, summary, detail string) {
		findings = append(findings, providers.Finding{Fatal: fatal, Group: g.Name, Attr: attr, Summary: summary, Detail: detail})
	}
	lim := limitsOf(g)
	if lim.cpus > float64(facts.size.CPUs) {
		add(true, "cpus", fmt.Sprintf("a node can't have %g processors: the engine has %d", lim.cpus, facts.size.CPUs),
			fmt.Sprintf("Lower cpus to at most %d, or leave it out to let nodes use all.", facts.size.CPUs))
	}
	if lim.memory > facts.size.Memory {
		add(true, "memory", fmt.Sprintf("a node can't have %s of memory: the engine has %s", lim.memory, facts.size.Memory),
			"Lower memory, or leave it out to let nodes use all.")
	}
	if g.GPU != nil && !pretended(g.GPU) && !facts.gpuRuntime {
		add(true, "gpu", "the Docker engine has no GPU runtime",
			`Install the NVIDIA container toolkit, remove the gpu block, or write type = "fake" in it: nodes then have device files without a device, for rehearsals.`)
	}
	for attr, set := range map[string]bool{"machine_type": g.MachineType != "", "spot": g.Spot, "boot_disk": g.BootDisk != nil} {
		if set {
			add(false, attr, attr+" means nothing for containers and is ignored", "Remove it; cpus and memory limit a node.")
		}
	}
	for _, dev := range g.Needs.Devices {
		if _, err := os.Stat(dev); facts.filesHere() && errors.Is(err, os.ErrNotExist) {
			add(false, "", fmt.Sprintf("a role needs %s, which this machine does not have", dev),
				"Load the kernel module that provides it (for /dev/fuse: `sudo modprobe fuse`).")
		}
	}
	slices.SortStableFunc(findings, func(a, b providers.Finding) int { return strings.Compare(a.Attr, b.Attr) })
	return findings
}

// checkMemorySum warns when the nodes may together use more than there is.
func checkMemorySum(facts engineFacts, nodes []providers.NodeRequest) []providers.Finding {
	var sum cluster.Bytes
	for _, n := range nodes {
		sum += max(limitsOf(n.Group).memory, idleMemory)
	}
	if sum <= facts.size.Memory {
		return nil
	}
	return []providers.Finding{{
		Summary: fmt.Sprintf("the %d nodes may use %s of memory and the engine has %s", len(nodes), sum, facts.size.Memory),
		Detail:  "Jobs may be killed when all nodes are busy; lower memory or start fewer nodes.",
	}}
}

// checkHost looks at this machine, where the engine runs on it.
func checkHost(facts engineFacts, nodes int) []providers.Finding {
	if !facts.local || nodes == 0 {
		return nil
	}
	var findings []providers.Finding
	if free, known := freeDisk(facts.root); known && free < diskMinimum+cluster.Bytes(nodes)*diskForNode {
		findings = append(findings, providers.Finding{
			Fatal:   free < diskMinimum,
			Summary: fmt.Sprintf("only %s of disk space are left in %s for %d nodes", free, facts.root, nodes),
			Detail:  fmt.Sprintf("A node takes up to about %s; make room (`docker system df` shows what can go).", diskForNode),
		})
	}
	if inotifyShort(facts, nodes) && !mayRaiseInotifyLimit() {
		limit, _ := inotifyLimit()
		findings = append(findings, providers.Finding{
			Summary: fmt.Sprintf("the kernel's limit of %d inotify instances is enough for about %d nodes", limit, limit/inotifyPerNode),
			Detail:  fmt.Sprintf("Services of further nodes will not start. Run `sudo sysctl fs.inotify.max_user_instances=%d`.", inotifyEnough),
		})
	}
	return findings
}
