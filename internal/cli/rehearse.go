package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/rehearsal"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) rehearse() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "rehearse TEMPLATE",
		Short: "Run the whole life of a spec against a simulated cloud, for nothing",
		Long: "Starts the cluster on a simulated cloud whose machines are containers on this\n" +
			"machine, runs a job, takes a spot machine back, resizes, stops, and tells what the\n" +
			"real run would create. It needs a Docker engine, and neither account nor credentials.\n" +
			"The simulated cloud speaks the real one's protocol and refuses what its published\n" +
			"schema forbids; prices, quotas and what is in stock are not the real ones. What only\n" +
			"your account has, and what a container can't do, is replaced and named: images and\n" +
			"networks of your own, NFS (SSH in its place), GPUs (device files).",
		Example: "  ecluster rehearse gce\n  ecluster rehearse aws --limit 4",
		Args:    c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			wanted, _, err := c.desired(args[0], "")
			if err != nil {
				return err
			}
			sink := c.sink()
			report, err := rehearsal.Run(cmd.Context(), rehearsal.Options{
				Spec: wanted, Simulators: c.Simulators, Machines: c.SimMachines,
				Engine: c.engineOptions(sink), Limit: limit,
				Told: func(act string) {
					sink.Emit(event.Notice{Level: event.Info, Message: "rehearse: " + act})
				},
			})
			err = errors.Join(err, sink.Close())
			if report == nil {
				return err
			}
			return errors.Join(c.showRehearsal(report), err)
		},
		ValidArgsFunction: c.completeTemplates,
	}
	c.specFlags(cmd)
	cmd.Flags().IntVar(&limit, "limit", 2, "the most nodes of a group that boot on this machine: `N`")
	return cmd
}

func (c *command) showRehearsal(r *rehearsal.Report) error {
	return ui.Value(c.Streams, c.format, r, func(p ui.Page) error {
		acts := ui.Table{Header: []string{"ACT", "TIME", "RESULT"}, Right: []string{"TIME"}}
		for _, a := range r.Acts {
			result := a.Result
			if a.Error != "" {
				result = "failed"
			}
			acts.Add(a.Name, a.Took.Round(100*time.Millisecond).String(), result)
		}
		groups := ui.Table{Header: []string{"GROUP", "NODES", "MACHINE TYPE", "IMAGE", "SPOT"}, Right: []string{"NODES"}}
		for _, g := range r.Groups {
			spot := ""
			if g.Spot {
				spot = "spot"
			}
			groups.Add(string(g.Name), fmt.Sprint(g.Count), g.MachineType, g.Image, spot)
		}
		made := ui.Table{Header: []string{"RESOURCE", "COUNT", "WHAT"}, Right: []string{"COUNT"}}
		for _, k := range r.Creates {
			made.Add(k.Kind, fmt.Sprint(k.Count), strings.Join(k.Details, "; "))
		}
		asked := ui.Table{Header: []string{"REQUEST", "COUNT"}, Right: []string{"COUNT"}}
		for _, q := range r.Requests {
			asked.Add(q.Op, fmt.Sprint(q.Count))
		}
		err := p.Table(acts)
		if len(r.StandIns) > 0 {
			others := ui.Table{Header: []string{"NOT REHEARSED", "INSTEAD"}}
			for _, s := range r.StandIns {
				others.Add(s.What, s.Instead)
			}
			err = errors.Join(err, p.Linef(""), p.Table(others))
		}
		err = errors.Join(err,
			p.Linef("\nThe real run on provider %q would launch:", r.Provider), p.Table(groups),
			p.Linef("\nThe rehearsal, with at most a few nodes of each group, created (and removed):"), p.Table(made),
			p.Linef("\nand asked the simulated cloud:"), p.Table(asked),
		)
		for _, o := range r.Objections {
			err = errors.Join(err, p.Linef("the cloud's schema objects: %s", o))
		}
		return err
	})
}
