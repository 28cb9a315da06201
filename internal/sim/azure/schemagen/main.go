// Command schemagen distils what Azure publishes about its API in the official
// Go SDK (operations, paths, versions, types, required and read-only
// properties, enumerations) into the file that the simulated Azure embeds:
//
//	go run ./internal/sim/azure/schemagen -o internal/sim/azure/schema.json.gz
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

const root = "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/"

// modules are where operations come from; clients are those whose operations
// are kept, all when empty.
var modules = []struct {
	path    string
	clients string
}{
	{"compute/armcompute/v8", ""},
	{"network/armnetwork/v9", "ApplicationSecurityGroupsClient DefaultSecurityRulesClient InterfaceIPConfigurationsClient " +
		"InterfaceLoadBalancersClient InterfacesClient LoadBalancersClient NatGatewaysClient PublicIPAddressesClient " +
		"PublicIPPrefixesClient RouteTablesClient RoutesClient SecurityGroupsClient SecurityRulesClient ServiceTagsClient " +
		"SubnetsClient UsagesClient VirtualNetworkPeeringsClient VirtualNetworksClient"},
	{"resources/armresources/v3", "Client ProvidersClient ResourceGroupsClient TagsClient"},
	{"resources/armsubscriptions", "Client"},
}

func main() {
	out := flag.String("o", "schema.json.gz", "the file to write")
	flag.Parse()
	if err := run(*out); err != nil {
		panic(err)
	}
}

func run(out string) error {
	s := schema{Modules: map[string]string{}, Types: map[string]map[string]field{}, Enums: map[string][]string{}}
	for _, m := range modules {
		info, err := exec.Command("go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", root+m.path).Output()
		if err != nil {
			return fmt.Errorf("find %s: %w", m.path, err)
		}
		version, dir, _ := strings.Cut(strings.TrimSpace(string(info)), " ")
		s.Modules[root+m.path] = version
		p, err := parse(dir)
		if err != nil {
			return fmt.Errorf("parse %s: %w", m.path, err)
		}
		p.addTo(&s, strings.Fields(m.clients))
	}
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(data); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, packed.Bytes(), 0o644)
}
