package qemu

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

// writeSeed writes what the machine is told at its first boot into a folder
// that QEMU shows it as a disk (cloud-init's NoCloud).
func writeSeed(m machine, req providers.LaunchRequest) error {
	user, err := bootdata.CloudInit(bootdata.Config{Access: req.Access, Expires: req.Expires})
	if err != nil {
		return invalid("launch", err)
	}
	meta, err := yaml.Marshal(yaml.MapSlice{
		{Key: "instance-id", Value: string(m.instance())},
		{Key: "local-hostname", Value: string(m.Node)},
	})
	if err != nil {
		return invalid("launch", err)
	}
	net, err := networkConfig(m.record)
	if err != nil {
		return invalid("launch", err)
	}
	if err := os.MkdirAll(m.path("seed"), 0o700); err != nil {
		return err
	}
	for name, text := range map[string][]byte{"user-data": user, "meta-data": meta, "network-config": net} {
		if err := os.WriteFile(filepath.Join(m.path("seed"), name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// networkConfig is for images that were not built here: those that were know
// what to do.
func networkConfig(r record) ([]byte, error) {
	card := func(mac string, more ...yaml.MapItem) yaml.MapSlice {
		return append(yaml.MapSlice{{Key: "match", Value: map[string]string{"macaddress": mac}}}, more...)
	}
	return yaml.Marshal(yaml.MapSlice{
		{Key: "version", Value: 2},
		{Key: "ethernets", Value: yaml.MapSlice{
			{Key: "outside", Value: card(r.macOutside(), yaml.MapItem{Key: "dhcp4", Value: true})},
			{Key: "inside", Value: card(r.macInside(), yaml.MapItem{Key: "addresses", Value: []string{fmt.Sprintf("%s/%d", r.Address, subnet.Bits())}})},
		}},
	})
}
