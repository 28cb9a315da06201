package docker

import (
	"context"
	"errors"
	"fmt"

	"github.com/ecluster/ecluster/providers"
)

var _ providers.Examiner = (*Driver)(nil)

// Examine implements providers.Examiner.
func (d *Driver) Examine(ctx context.Context) (string, []providers.Finding, error) {
	facts, err := d.engine(ctx, "ask the engine")
	if trouble := (*engineError)(nil); errors.As(err, &trouble) {
		return "", []providers.Finding{{Fatal: true, Summary: trouble.summary, Detail: "To go on, " + trouble.advice + "."}}, nil
	}
	if err != nil {
		return "", nil, err
	}
	words := fmt.Sprintf("Docker %s on %s (%s), %d CPUs, %s", facts.version, facts.name, d.host, facts.size.CPUs, facts.size.Memory)
	if free, known := freeDisk(facts.root); facts.local && known {
		words += fmt.Sprintf(", %s of disk free", free)
	}
	return words, checkHost(facts, 1), nil
}
