package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) bake() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "bake TEMPLATE",
		Short: "Freeze the install work of a spec into images, so that clusters start in seconds",
		Long: "Boots one node of each group, installs what its roles need, makes an image of\n" +
			"it and takes the node away again. The images hold no keys and know no cluster.\n" +
			"Put their names into the spec as the node groups' image.",
		Args: c.args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			wanted, _, err := c.desired(args[0], cluster.Name(name))
			if err != nil {
				return err
			}
			sink := c.sink()
			images, err := c.engine(sink).Bake(cmd.Context(), wanted)
			if err := errors.Join(err, sink.Close()); err != nil {
				return err
			}
			return ui.Value(c.Streams, c.format, images, func(p ui.Page) error {
				return p.Prosef("The images are made. In the spec:\n\n%s", engine.SpecLines(images))
			})
		},
		ValidArgsFunction: c.completeTemplates,
	}
	c.specFlags(cmd)
	cmd.Flags().StringVarP(&name, "name", "n", "", "`NAME` with which the images' names begin (default: the name of the template)")
	return cmd
}
