package google

import (
	"context"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// consoleSize is how much of the console's end is of use.
const consoleSize = 256 << 10

// Console implements providers.ConsoleReader.
func (d *Driver) Console(ctx context.Context, id cluster.ID, instance cluster.InstanceID) ([]byte, error) {
	const op = "read the console"
	a, err := d.client(ctx)
	if err != nil {
		return nil, d.fail(ctx, op, "", err)
	}
	zone, name, ok := splitID(instance)
	if !ok || !strings.HasPrefix(name, prefix(id)) {
		return nil, &providers.Error{Op: op, Kind: providers.NotFound, Err: errNoMachine}
	}
	out, err := a.Instances.GetSerialPortOutput(a.project, zone, name).Port(1).Context(ctx).Do()
	if isKind(err, providers.Conflict) || isKind(err, providers.Invalid) { // not while it does not run
		return nil, nil
	}
	if err != nil {
		return nil, d.fail(ctx, op, "", err)
	}
	text := out.Contents
	return []byte(text[max(0, len(text)-consoleSize):]), nil
}

// HostKeys implements providers.HostKeyEvidence: Google's guest agent publishes
// the keys as guest attributes, which only the machine itself can write.
func (d *Driver) HostKeys(ctx context.Context, id cluster.ID, instance cluster.InstanceID) ([]string, error) {
	const op = "read the host keys"
	a, err := d.client(ctx)
	if err != nil {
		return nil, d.fail(ctx, op, "", err)
	}
	zone, name, ok := splitID(instance)
	if !ok || !strings.HasPrefix(name, prefix(id)) {
		return nil, &providers.Error{Op: op, Kind: providers.NotFound, Err: errNoMachine}
	}
	found, err := a.Instances.GetGuestAttributes(a.project, zone, name).QueryPath("hostkeys/").Context(ctx).Do()
	if isKind(err, providers.NotFound) { // nothing is published yet
		return nil, nil
	}
	if err != nil {
		return nil, d.fail(ctx, op, "", err)
	}
	var keys []string
	if found.QueryValue != nil {
		for _, e := range found.QueryValue.Items {
			if e.Namespace == "hostkeys" && e.Value != "" {
				keys = append(keys, e.Key+" "+strings.TrimSpace(e.Value))
			}
		}
	}
	return keys, nil
}
