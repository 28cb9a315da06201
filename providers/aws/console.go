package aws

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var (
	_ providers.ConsoleReader   = (*Driver)(nil)
	_ providers.HostKeyEvidence = (*Driver)(nil)
)

// Console implements providers.ConsoleReader.
func (d *Driver) Console(ctx context.Context, id cluster.ID, instance cluster.InstanceID) ([]byte, error) {
	existing, err := d.instances(ctx, "read console", id)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(existing, isInstance(instance)) {
		return nil, &providers.Error{Op: "read console", Kind: providers.NotFound, Err: fmt.Errorf("the cluster has no machine %s", instance)}
	}
	out, err := d.ec2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: aws.String(string(instance)), Latest: aws.Bool(true)})
	if parse(err).code == "UnsupportedOperation" { // of machines before Nitro EC2 has only what they said at boot
		out, err = d.ec2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: aws.String(string(instance))})
	}
	if err != nil {
		return nil, d.fail(ctx, "read console", err)
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
	if err != nil {
		return nil, &providers.Error{Op: "read console", Kind: providers.Transient, Err: fmt.Errorf("decode console output of %s: %w", instance, err)}
	}
	return text, nil
}

// HostKeys implements providers.HostKeyEvidence: cloud-init writes the public
// keys to the console.
func (d *Driver) HostKeys(ctx context.Context, id cluster.ID, instance cluster.InstanceID) ([]string, error) {
	text, err := d.Console(ctx, id, instance)
	if err != nil {
		return nil, err
	}
	return hostKeysIn(string(text)), nil
}

// Between these lines cloud-init writes one key a line.
const (
	keysBegin = "-----BEGIN SSH HOST KEY KEYS-----"
	keysEnd   = "-----END SSH HOST KEY KEYS-----"
)

// hostKeysIn returns the keys of the last boot that a console shows whole.
// Lines may have a prefix, as the kernel's or cloud-init's own.
func hostKeysIn(console string) []string {
	begin := strings.LastIndex(console, keysBegin)
	if begin < 0 {
		return nil
	}
	block, _, whole := strings.Cut(console[begin+len(keysBegin):], keysEnd)
	if !whole {
		before := console[:begin] // the latest block is still being written
		return hostKeysIn(before)
	}
	var keys []string
	for line := range strings.Lines(block) {
		words := strings.Fields(line)
		i := slices.IndexFunc(words, func(w string) bool {
			return strings.HasPrefix(w, "ssh-") || strings.HasPrefix(w, "ecdsa-sha2-")
		})
		if i >= 0 && i+1 < len(words) {
			keys = append(keys, words[i]+" "+words[i+1])
		}
	}
	return keys
}
