package cli

import (
	"github.com/spf13/cobra"

	"github.com/ecluster/ecluster/internal/ui"
)

func (c *command) validate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate [FILE|FOLDER]",
		Short: "Check a spec without talking to anybody",
		Args:  c.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				c.specPath = args[0]
			}
			file, err := c.load()
			if err != nil {
				return err
			}
			specs, diags := file.ResolveAll()
			if diags.HasErrors() {
				return &specError{diags: diags, file: file}
			}
			if err := c.warn(diags, file); err != nil {
				return err
			}
			result := map[string]any{"valid": true, "clusters": len(specs), "from": file.Where()}
			return ui.Value(c.Streams, c.format, result, func(p ui.Page) error {
				for _, s := range specs {
					nodes := 0
					for _, g := range s.Groups {
						nodes += g.Count
					}
					if err := p.Linef("cluster %q is valid: %s in %s on %s", s.Name, counted(nodes, "node"), counted(len(s.Groups), "group"), s.Provider.Kind); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	c.specFlags(cmd)
	return cmd
}
