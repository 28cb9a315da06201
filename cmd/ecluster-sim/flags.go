package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/docker"
	"github.com/ecluster/ecluster/internal/sim/local"
)

// flags are how the cloud behaves.
type flags struct {
	cloud, listen, machines, script string

	operationTime, bootTime, createLag, deleteLag, latency time.Duration
	stepTime, sshTime                                      time.Duration

	pageSize             int
	quota, stock, denied []string
}

func (f *flags) add(set *pflag.FlagSet, clouds []string) {
	set.StringVar(&f.cloud, "cloud", "", "which cloud: "+strings.Join(clouds, ", "))
	set.StringVar(&f.listen, "listen", "127.0.0.1:0", "where to serve it; port 0 is any free one")
	set.StringVar(&f.machines, "machines", "none", "what stands behind its instances: docker (containers with cloud-init), local (SSH servers in this process that pretend), none")
	set.StringVar(&f.script, "script", "", "file with what goes wrong: {\"faults\": [...], \"fates\": [...]}")
	set.DurationVar(&f.operationTime, "operation-time", 0, "how long operations take")
	set.DurationVar(&f.bootTime, "boot-time", 0, "how long machines take from then until they are shown as running")
	set.DurationVar(&f.createLag, "create-lag", 0, "for how long listings don't show what was made")
	set.DurationVar(&f.deleteLag, "delete-lag", 0, "for how long listings still show what was deleted")
	set.DurationVar(&f.latency, "latency", 0, "of each request")
	set.IntVar(&f.pageSize, "page-size", 0, "of listings; 0 is the cloud's own")
	set.StringArrayVar(&f.quota, "quota", nil, "NAME=N: a limit of the account, in the cloud's words; may be repeated")
	set.StringArrayVar(&f.stock, "stock", nil, "ZONE/TYPE=N: how many machines are left; may be repeated")
	set.StringArrayVar(&f.denied, "deny", nil, "a permission that the credentials lack, in the cloud's words; may be repeated")
	set.DurationVar(&f.stepTime, "step-time", 0, "with --machines local: how long each step of a set-up takes")
	set.DurationVar(&f.sshTime, "ssh-time", 0, "with --machines local: how long sshd takes to answer")
}

// options are those of the cloud, but for its machines.
func (f *flags) options() (sim.Options, error) {
	script, err := readScript(f.script)
	if err != nil {
		return sim.Options{}, err
	}
	quota, err := counts("quota", f.quota)
	if err != nil {
		return sim.Options{}, err
	}
	stock, err := counts("stock", f.stock)
	if err != nil {
		return sim.Options{}, err
	}
	return sim.Options{
		Script: script, OperationTime: f.operationTime, BootTime: f.bootTime,
		CreateLag: f.createLag, DeleteLag: f.deleteLag, Latency: f.latency, PageSize: f.pageSize,
		Quota: quota, Stock: stock, Denied: f.denied,
	}, nil
}

// counts reads NAME=N.
func counts(flag string, list []string) (map[string]int, error) {
	out := map[string]int{}
	for _, item := range list {
		name, number, found := strings.Cut(item, "=")
		n, err := strconv.Atoi(number)
		if !found || name == "" || err != nil || n < 0 {
			return nil, fmt.Errorf("--%s %q: write a name, an equals sign and a number", flag, item)
		}
		out[name] = n
	}
	return out, nil
}

// openMachines returns what stands behind the instances, and how to end it.
func (f *flags) openMachines(ctx context.Context, stderr io.Writer) (sim.Machines, func(context.Context) error, error) {
	switch f.machines {
	case "none":
		return sim.NewSilent(), func(context.Context) error { return nil }, nil
	case "local":
		m := local.New(local.Options{StepTime: f.stepTime, SSHTime: f.sshTime})
		return m, m.Close, nil
	case "docker":
		m, err := docker.Open(ctx, docker.Options{
			World:  "s" + strings.ToLower(rand.Text()[:10]),
			Report: func(task, message string) { _, _ = fmt.Fprintf(stderr, "%s: %s\n", task, message) },
		})
		if err == nil {
			err = m.Prepare(ctx)
		}
		if err != nil {
			return nil, nil, err
		}
		return m, m.Close, nil
	}
	return nil, nil, fmt.Errorf("--machines %q: there are docker, local and none", f.machines)
}
