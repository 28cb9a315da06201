package main

import (
	"context"

	"github.com/ecluster/ecluster/internal/rehearsal"
	"github.com/ecluster/ecluster/internal/sim"
	simaws "github.com/ecluster/ecluster/internal/sim/aws"
	simazure "github.com/ecluster/ecluster/internal/sim/azure"
	simdocker "github.com/ecluster/ecluster/internal/sim/docker"
	simgoogle "github.com/ecluster/ecluster/internal/sim/google"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/aws"
	"github.com/ecluster/ecluster/providers/azure"
	"github.com/ecluster/ecluster/providers/docker"
	"github.com/ecluster/ecluster/providers/google"
	"github.com/ecluster/ecluster/providers/qemu"
	"github.com/ecluster/ecluster/providers/terraform"
)

// plugins are the clouds that this program knows: the place to add one.
func plugins() []providers.Plugin {
	return []providers.Plugin{docker.Plugin(), google.Plugin(), aws.Plugin(), azure.Plugin(), terraform.Plugin(), qemu.Plugin()}
}

// simulators are the simulated clouds that rehearse knows, by provider.
func simulators() map[string]rehearsal.Simulator {
	return map[string]rehearsal.Simulator{
		"google": func(o sim.Options) (sim.Cloud, error) { return simgoogle.New(o) },
		"aws":    func(o sim.Options) (sim.Cloud, error) { return simaws.New(o) },
		"azure":  func(o sim.Options) (sim.Cloud, error) { return simazure.New(o) },
	}
}

// stage is where rehearsals take place: containers of this machine's engine.
func stage(ctx context.Context, q rehearsal.Requisites, report func(task, message string)) (sim.Machines, func(context.Context) error, error) {
	machines, err := simdocker.Open(ctx, simdocker.Options{
		World: q.World, Report: report,
		GPUs: q.GPUs, Devices: q.Devices,
	})
	if err != nil {
		return nil, nil, err
	}
	if err := machines.Prepare(ctx); err != nil {
		return nil, nil, err
	}
	return machines, machines.Close, nil
}
