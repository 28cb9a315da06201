package providers

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ecluster/ecluster/internal/cluster"
)

// waitingBatches is how many batches may wait to be sent again beside those
// whose call is out; it bounds what a throttling cloud gets when it recovers.
const waitingBatches = 3

// LaunchPlan is any number of machines of one cluster.
type LaunchPlan struct {
	ID     cluster.ID
	Name   cluster.Name
	Nodes  []NodeRequest // launched in this order
	Access Access
	// Expires is when the machines must be gone by themselves; zero is never.
	Expires time.Time
	// BatchSize overrides Options.BatchSize where it is not 0.
	BatchSize int
}

// Attempt is one launch call as it is remembered: the intention.
type Attempt struct {
	Token string
	Nodes []cluster.NodeName
	Since time.Time // when it was first sent, or later
	// Known is when the cloud had said what became of it; zero while nobody
	// knows. Its machines exist, and may still be missing in listings.
	Known time.Time
}

// LaunchHooks is told what becomes of a launch. Its methods may be called
// concurrently for different batches, and must return soon.
type LaunchHooks interface {
	// Intend is called before any call with this token leaves, and returns
	// when the intention is on disk. An error keeps the call from leaving and
	// no further batch is begun.
	Intend(ctx context.Context, token string, nodes []cluster.NodeName) error
	// Launched says that the cloud accepted the node's machine.
	Launched(node cluster.NodeName, instance cluster.InstanceID)
	// Refused says that there will be no machine for the node.
	Refused(node cluster.NodeName, err *Error)
	// Settled says that no machine of this attempt can appear any more that
	// was not reported: the intention may be forgotten. An error ends the
	// launch as one of Intend does.
	Settled(ctx context.Context, token string) error
}

// Launch asks the cloud for all nodes of a plan, in batches of nodes of one
// group. Each node is reported to h once, as soon as its outcome is known, and
// a nil error means that every node was. An error says why some were not: ctx
// ended, or a hook failed. An attempt that was then left unsettled is for
// Settle or Destroy.
func (c *Cloud) Launch(ctx context.Context, p LaunchPlan, h LaunchHooks) error {
	g, issue := errgroup.WithContext(ctx)
	l := &launch{
		c: c, plan: p, hooks: h,
		calls: make(chan struct{}, c.o.MaxInFlight),
		open:  make(chan struct{}, c.o.MaxInFlight+waitingBatches),
	}
	for _, nodes := range batches(p.Nodes, positive(p.BatchSize, c.o.BatchSize)) {
		// Both slots are taken here, so that batches leave in order; a batch
		// gives its call slot back while it waits to be sent again, and both
		// when the cloud has answered for each of its nodes.
		if l.enter(issue) != nil {
			g.Go(func() error { return &Error{Op: "launch", Kind: Canceled, Err: context.Cause(issue)} })
			break
		}
		g.Go(func() error { return l.batch(ctx, issue, nodes) })
	}
	return g.Wait()
}

// batches cuts nodes into runs of one group and image, each at most size long.
func batches(nodes []NodeRequest, size int) [][]NodeRequest {
	var out [][]NodeRequest
	start := 0
	for i := 1; i <= len(nodes); i++ {
		if i < len(nodes) && i-start < size &&
			nodes[i].Group.Name == nodes[start].Group.Name && nodes[i].Image == nodes[start].Image {
			continue
		}
		out = append(out, nodes[start:i:i])
		start = i
	}
	return out
}

func acquire(ctx context.Context, slots chan struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func release(slots chan struct{}) { <-slots }

// token returns a new launch token: 26 of [a-z2-7].
func (c *Cloud) token() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(c.o.Random, b[:]); err != nil {
		return "", fmt.Errorf("launch: make a token: %w", err)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])), nil
}

func names(nodes []NodeRequest) []cluster.NodeName {
	out := make([]cluster.NodeName, len(nodes))
	for i, n := range nodes {
		out[i] = n.Name
	}
	return out
}
