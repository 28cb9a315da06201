package cli

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  c.args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			v := map[string]string{"version": c.Version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
			return ui.Value(c.Streams, c.format, v, func(p ui.Page) error {
				return p.Linef("ecluster %s (%s, %s)", v["version"], v["go"], v["platform"])
			})
		},
	}
}
