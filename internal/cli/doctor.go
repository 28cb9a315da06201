package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/doctor"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/ui"
)

// doctorPatience is how long one check may take; they all run at once.
const doctorPatience = 5 * time.Second

func (c *command) doctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor [PROVIDER...]",
		Short: "Look whether everything is there that clusters need, and say what to do",
		Long: "Looks at the folder of records, the Docker engine, QEMU, the credentials of each\n" +
			"cloud, the network and the clock, and says for each trouble what to do. It changes\n" +
			"nothing and takes a few seconds. It ends with 0 when nothing that is needed fails:\n" +
			"the records, and one place where clusters can be; named providers must all work.",
		Example: "  ecluster doctor\n  ecluster doctor aws",
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, kind := range args {
				if _, has := c.plugins[kind]; !has {
					return &usageError{cmd, fmt.Errorf("there is no provider %q. %s", kind, schema.DidYouMean(kind, c.kinds()))}
				}
			}
			findings := c.newDoctor().Examine(cmd.Context(), args)
			if errors.Is(context.Cause(cmd.Context()), ErrInterrupted) {
				return ErrInterrupted
			}
			result := diagnosis{Healthy: doctor.Healthy(findings), Checks: findings}
			if err := ui.Value(c.Streams, c.format, result, func(p ui.Page) error { return doctorPage(p, findings) }); err != nil {
				return err
			}
			if !result.Healthy {
				return shownError{errors.New("something that is needed does not work")}
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return c.kinds(), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// diagnosis is all that doctor found.
type diagnosis struct {
	Healthy bool             `json:"healthy"`
	Checks  []doctor.Finding `json:"checks"`
}

func (c *command) newDoctor() doctor.Doctor {
	d := doctor.Doctor{
		Home: c.home, Version: c.Version, Place: c.place(), Plugins: c.plugins,
		Client:  &http.Client{Transport: http.DefaultTransport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		Servers: doctor.Servers(), SeenFrom: c.seenFrom,
		Run: func(ctx context.Context, program string, args ...string) ([]byte, error) {
			return exec.CommandContext(ctx, program, args...).Output()
		},
		Now: time.Now, Patience: doctorPatience,
	}
	if err := c.config.needed(); err != nil {
		d.Config = err
	}
	return d
}

// kinds are those of all providers.
func (c *command) kinds() []string {
	var kinds []string
	for _, p := range c.Plugins {
		kinds = append(kinds, p.Kind)
	}
	slices.Sort(kinds)
	return kinds
}

func doctorPage(p ui.Page, findings []doctor.Finding) error {
	marks := map[doctor.Level]string{doctor.OK: "ok", doctor.Warning: "warn", doctor.Failure: "FAIL", doctor.Unused: "-"}
	for _, f := range findings {
		text := []string{f.Message}
		if f.Fix != "" && f.Level != doctor.Unused {
			text = append(text, f.Fix)
		}
		if err := p.Item(fmt.Sprintf("%-4s  %-9s  ", marks[f.Level], f.Check), text...); err != nil {
			return err
		}
	}
	return nil
}
