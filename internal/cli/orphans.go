package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/ui"
)

// orphanList is the result of `list --orphans`.
type orphanList []engine.Orphan

// Records implements ui.Tabular.
func (l orphanList) Records() ui.Table {
	t := ui.Table{Header: []string{"id", "name", "provider", "machines", "resources"}}
	for _, o := range l {
		t.Add(string(o.ID), string(o.Name), o.Provider, fmt.Sprint(o.Machines), strings.Join(o.Resources, " "))
	}
	return t
}

// listOrphans shows the clusters of which only the clouds know. It asks the
// providers of the templates, of the recorded clusters, and this machine.
func (c *command) listOrphans(ctx context.Context, templates []string) error {
	var where []cluster.ProviderSpec
	for _, t := range templates {
		wanted, _, err := c.desired(t, "")
		if err != nil {
			return err
		}
		where = append(where, wanted.Provider)
	}
	if _, has := c.plugins["docker"]; has && len(templates) == 0 {
		where = append(where, cluster.ProviderSpec{Kind: "docker", Alias: "docker"})
	}
	orphans, err := c.quiet().Orphans(ctx, where)
	complete := err == nil
	shown := ui.Value(c.Streams, c.format, orphanList(orphans), func(p ui.Page) error {
		if len(orphans) == 0 && complete {
			return p.Prosef("No provider that was asked has anything that no record here knows.")
		}
		if len(orphans) == 0 {
			return nil // the error says who could not be asked
		}
		t := ui.Table{Header: []string{"ID", "NAME", "PROVIDER", "MACHINES", "AND"}, Right: []string{"MACHINES"}, Optional: []string{"PROVIDER", "NAME"}, Flexible: "AND"}
		for _, o := range orphans {
			t.Add(string(o.ID), string(o.Name), o.Provider, fmt.Sprint(o.Machines), strings.Join(o.Resources, ", "))
		}
		return errors.Join(p.Table(t), p.Prosef("\nNo record here knows them; somebody else in the account may. "+
			"'ecluster stop --orphan ID TEMPLATE' deletes one, with the provider of that template."))
	})
	return errors.Join(shown, err)
}

// stopOrphan deletes what is left of a cluster that has no record.
func (c *command) stopOrphan(ctx context.Context, id cluster.ID, template string, yes bool) error {
	wanted, _, err := c.desired(template, "")
	if err != nil {
		return err
	}
	if !yes {
		question := fmt.Sprintf("Delete all that the provider %q has of cluster %s, files included. Go on?", wanted.Provider.Kind, id)
		if err := c.confirm(ctx, question); err != nil {
			return err
		}
	}
	sink := c.sink()
	err = c.engine(sink).RemoveOrphan(ctx, wanted.Provider, id)
	return errors.Join(err, sink.Close())
}
