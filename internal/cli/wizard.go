package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/credentials"
	"github.com/ecluster/ecluster/internal/starter"
	"github.com/ecluster/ecluster/internal/ui"
)

// wizard asks what a spec should be like, one thing after the other; each
// question offers what was found here, or what is usual.
type wizard struct {
	*ui.Asker
	c     starter.Choice
	cloud starter.Cloud
}

func (c *command) askChoice(ctx context.Context, to string) (_ starter.Choice, err error) {
	asker, err := ui.NewAsker(ctx, c.Streams)
	if err != nil {
		return starter.Choice{}, err
	}
	defer func() { err = errors.Join(err, asker.Close()) }()
	w := wizard{Asker: asker}
	if err := w.Say(fmt.Sprintf("A few questions, then %s is written. Enter takes what is in brackets;\n"+
		"Ctrl-C ends it, and nothing is written.\n", to)); err != nil {
		return w.c, err
	}
	if err := w.askCloud(ctx, c.place().Look()); err != nil {
		return w.c, unfinished(err)
	}
	for _, ask := range []func(context.Context) error{
		w.askScheduler, w.askNodes, w.askMachine, w.askGPU, w.askSpot, w.askMPI, w.askHome, w.askTTL, w.askName,
	} {
		if err := ask(ctx); err != nil {
			return w.c, unfinished(err)
		}
	}
	return w.c, w.Say("")
}

// unfinished says that nothing was written.
func unfinished(err error) error {
	if errors.Is(err, ErrInterrupted) {
		return fmt.Errorf("%w: nothing was written", ErrInterrupted)
	}
	return fmt.Errorf("init: %w; nothing was written", err)
}

// place is this machine, as the clouds' own programs would find it.
func (c *command) place() credentials.Place {
	home, _ := os.UserHomeDir() // empty where there is none
	return credentials.Place{Env: c.LookupEnv, Home: home, LookPath: func(program string) bool {
		_, err := exec.LookPath(program)
		return err == nil
	}}
}

// askCloud offers first what can be used from here.
func (w *wizard) askCloud(ctx context.Context, signs []credentials.Sign) error {
	var found, others []ui.Option
	for _, cloud := range starter.Clouds() {
		if sign, ok := credentials.Of(signs, cloud.Provider); ok {
			found = append(found, ui.Option{Name: cloud.Name, Text: fmt.Sprintf("%s; found %s", cloud.Title, sign.Where)})
		} else {
			others = append(others, ui.Option{Name: cloud.Name, Text: cloud.Title + "; no sign of it here"})
		}
	}
	options := slices.Concat(found, others)
	name, err := w.Choose(ctx, "Where should the cluster be?", options, options[0].Name)
	w.c.Cloud = name
	w.cloud, _ = starter.FindCloud(name)
	return err
}

func (w *wizard) askScheduler(ctx context.Context) (err error) {
	w.c.Scheduler, err = w.Choose(ctx, "\nWhich scheduler?", []ui.Option{
		{Name: starter.Slurm, Text: "SLURM: sbatch, srun, squeue"},
		{Name: starter.GridEngine, Text: "Grid Engine: qsub, qstat"},
		{Name: starter.HTCondor, Text: "HTCondor: condor_submit, for many independent jobs"},
		{Name: starter.None, Text: "nodes and an account, nothing else"},
	}, starter.Slurm)
	return err
}

func (w *wizard) askNodes(ctx context.Context) error {
	answer, err := w.Ask(ctx, "\nHow many compute nodes?", "2", func(answer string) string {
		n, err := strconv.Atoi(answer)
		if err != nil || n == 0 {
			return fmt.Sprintf("%q is no number of nodes.", answer)
		}
		return w.refused(starter.Choice{Nodes: n})
	})
	w.c.Nodes, _ = strconv.Atoi(answer) // checked
	return err
}

func (w *wizard) askMachine(ctx context.Context) (err error) {
	if w.cloud.Machine == "" {
		return nil
	}
	w.c.MachineType, err = w.Ask(ctx, "Their machine type?", w.cloud.Machine, func(answer string) string {
		return w.refused(starter.Choice{MachineType: answer})
	})
	return err
}

func (w *wizard) askGPU(ctx context.Context) (err error) {
	if len(w.cloud.GPUs) == 0 {
		return nil
	}
	question := fmt.Sprintf("A group with GPUs (%s; or a100:8 for eight)?", strings.Join(w.cloud.GPUNames(), ", "))
	w.c.GPU, err = w.Ask(ctx, question, starter.None, func(answer string) string {
		return w.refused(starter.Choice{GPU: answer})
	})
	return err
}

func (w *wizard) askSpot(ctx context.Context) (err error) {
	if !w.cloud.Spot {
		return nil
	}
	w.c.Spot, err = w.Confirm(ctx, "Spot machines, which are cheap and may be taken back at any time?", false)
	return err
}

func (w *wizard) askMPI(ctx context.Context) (err error) {
	w.c.MPI, err = w.Confirm(ctx, "MPI, for programs that run on several nodes at once?", false)
	return err
}

func (w *wizard) askHome(ctx context.Context) error {
	shared, err := w.Confirm(ctx, "One home that all nodes see?", true)
	if w.c.Home = starter.None; shared {
		w.c.Home = w.cloud.Homes[0]
	}
	return err
}

func (w *wizard) askTTL(ctx context.Context) (err error) {
	if w.cloud.TTL == "" || !w.cloud.Costs {
		return nil
	}
	w.c.TTL, err = w.Ask(ctx, "After which time do the machines go by themselves (12h, 72h, none)?", "12h", func(answer string) string {
		return w.refused(starter.Choice{TTL: answer})
	})
	return err
}

func (w *wizard) askName(ctx context.Context) (err error) {
	w.c.Name, err = w.Ask(ctx, "What is the cluster called?", "mycluster", func(answer string) string {
		return w.refused(starter.Choice{Name: answer})
	})
	return err
}

// refused says why one answer can't be had on the chosen cloud, if so.
func (w *wizard) refused(answer starter.Choice) string {
	answer.Cloud = w.cloud.Name
	_, err := answer.Complete()
	if bad, ok := errors.AsType[*starter.ChoiceError](err); ok {
		return upperFirst(bad.Why)
	}
	return ""
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
