// Command ecluster-sim serves a simulated cloud, for tests in other processes
// and for trying things out: a driver, or any other program that speaks the
// cloud's protocol, is pointed at its url.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/aws"
	"github.com/ecluster/ecluster/internal/sim/azure"
	"github.com/ecluster/ecluster/internal/sim/google"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	program := program{clouds: map[string]newCloud{
		"google": func(o sim.Options) (sim.Cloud, error) { return google.New(o) },
		"aws":    func(o sim.Options) (sim.Cloud, error) { return aws.New(o) },
		"azure":  func(o sim.Options) (sim.Cloud, error) { return azure.New(o) },
	}}
	cmd := program.command()
	cmd.SetOut(os.Stdout)
	cmd.SetErr(os.Stderr)
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "ecluster-sim:", err)
		return 1
	}
	return 0
}
