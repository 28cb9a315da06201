// Command nodeimage makes sure that the engine has the images of local nodes
// and of simulated machines, so that tests that start some find them. Its
// arguments are images beside the default one, as a spec names them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	simdocker "github.com/ecluster/ecluster/internal/sim/docker"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/docker"
)

func main() {
	if err := prepare(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "nodeimage:", err)
		os.Exit(1)
	}
}

// prepare lets the driver prepare a cluster that never gets a node.
func prepare(ctx context.Context, others []string) error {
	groups := []cluster.Group{{Name: "node"}}
	for _, image := range others {
		groups = append(groups, cluster.Group{Name: "node", Image: image})
	}
	driver, err := docker.Open(schema.Values{})
	if err != nil {
		return err
	}
	id := cluster.ID(fmt.Sprintf("image%d", os.Getpid()))
	err = driver.Prepare(ctx, providers.PrepareRequest{
		ID: id, Name: "node-image", Groups: groups, Progress: report,
	})
	err = errors.Join(err, driver.Cleanup(context.WithoutCancel(ctx), id, providers.Keep{}))
	if err != nil {
		return err
	}
	machines, err := simdocker.Open(ctx, simdocker.Options{World: string(id), Report: report})
	if err != nil {
		return err
	}
	return machines.Prepare(ctx)
}

func report(task, message string) { fmt.Fprintf(os.Stderr, "%s: %s\n", task, message) }
