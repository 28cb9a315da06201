// Command ecluster makes, uses and throws away personal compute clusters.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/ecluster/ecluster/configs"
	"github.com/ecluster/ecluster/internal/cli"
	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/roles"
)

// version is set by the linker (Makefile).
var version = "devel"

func main() {
	os.Exit(run())
}

func run() int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel(cli.ErrInterrupted) // once: finish the step at hand, save, say how to go on
		<-signals
		os.Exit(cli.ExitInterrupted) // twice: out at once; what is on disk is true
	}()
	// Without this the end of `head` would end a command in the middle of its work.
	unread := make(chan os.Signal, 1)
	signal.Notify(unread, syscall.SIGPIPE)
	go func() {
		for range unread { // the other end of a connection may be meant as well
			if ui.Unread(os.Stdout) || ui.Unread(os.Stderr) {
				cancel(cli.ErrUnread)
				return
			}
		}
	}()

	app := cli.App{
		Version:     version,
		Plugins:     plugins(),
		Roles:       roles.FS,
		Configs:     configs.FS,
		Streams:     ui.Detect(os.Getenv, os.Stdin, os.Stdout, os.Stderr),
		LookupEnv:   os.LookupEnv,
		Simulators:  simulators(),
		SimMachines: stage,
	}
	return app.Main(ctx, os.Args[1:])
}
