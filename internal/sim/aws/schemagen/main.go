// Command schemagen writes the schemas that the simulated AWS judges requests
// by: the models that AWS published with its SDK for Go, version 1, trimmed to
// what a client of ours could need, in one compressed file.
//
//	go mod download -json github.com/aws/aws-sdk-go@v1.55.8   # prints Dir
//	go run ./internal/sim/aws/schemagen DIR internal/sim/aws/schema.json.gz
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// models are the services that the simulator offers, and which of their
// operations keep their shapes; of the others only the name is kept.
var models = []struct {
	service, path string
	keep          *regexp.Regexp
}{
	{"ec2", "ec2/2016-11-15", regexp.MustCompile(`^(Run|Start|Stop|Reboot|Terminate|Monitor|Unmonitor)Instances$` +
		`|^(Create|Delete|Describe)Tags$|^GetConsoleOutput$|^GetInstanceTypesFromInstanceRequirements$` +
		`|^(Describe|Modify)(Instance|Instances|InstanceStatus|InstanceTypes|InstanceTypeOfferings|InstanceAttribute|InstanceMetadataOptions|InstanceCreditSpecifications)$` +
		`|^(Create|Copy|Deregister|Register|Describe|Enable|Disable)(Image|Images|ImageAttribute|ImageDeprecation)$` +
		`|^(Create|Copy|Delete|Describe|Attach|Detach|Modify)(Snapshot|Snapshots|Volume|Volumes|VolumeStatus)$` +
		`|^Describe(AvailabilityZones|Regions|AccountAttributes|SpotPriceHistory|VpcAttribute|VpcPeeringConnections|NatGateways|CapacityReservations|LaunchTemplates|DhcpOptions|NetworkAcls)$` +
		`|^(Describe|Cancel|Request)SpotInstance(Requests|s)$` +
		`|^(Create|Delete|Describe|Modify)(Default)?(Vpc|Vpcs|VpcAttribute|Subnet|Subnets|SubnetAttribute|VpcEndpoints?)$` +
		`|^(Create|Delete|Describe|Attach|Detach)InternetGateways?$` +
		`|^(Create|Delete|Describe|Associate|Disassociate|Replace)(RouteTables?|Route|RouteTableAssociation)$` +
		`|^(Create|Delete|Describe|Modify)SecurityGroups?(Rules|References)?$` +
		`|^(Authorize|Revoke)SecurityGroup(Ingress|Egress)$` +
		`|^(Create|Delete|Describe|Attach|Detach|Modify)NetworkInterfaces?(Attribute)?$` +
		`|^(Create|Delete|Describe)PlacementGroups?$` +
		`|^(Create|Delete|Describe|Import)KeyPairs?$` +
		`|^(Describe|Allocate|Release|Associate|Disassociate)Address(es)?$`)},
	{"sts", "sts/2011-06-15", regexp.MustCompile(`^(GetCallerIdentity|AssumeRole)$`)},
	{"servicequotas", "service-quotas/2019-06-24", regexp.MustCompile(`^(GetServiceQuota|ListServiceQuotas)$`)},
	{"pricing", "pricing/2017-10-15", regexp.MustCompile(`^GetProducts$`)},
}

// stale are enumerations that have grown since the model was published.
var stale = []string{"InstanceType"}

type model struct {
	Metadata   map[string]any       `json:"metadata"`
	Operations map[string]operation `json:"operations"`
	Shapes     map[string]shape     `json:"shapes"`
}

type operation struct {
	Input  *reference `json:"input,omitempty"`
	Output *reference `json:"output,omitempty"`
}

type reference struct {
	Shape         string `json:"shape"`
	LocationName  string `json:"locationName,omitempty"`
	QueryName     string `json:"queryName,omitempty"`
	ResultWrapper string `json:"resultWrapper,omitempty"`
	Flattened     bool   `json:"flattened,omitempty"`
}

type shape struct {
	Type     string               `json:"type"`
	Members  map[string]reference `json:"members,omitempty"`
	Member   *reference           `json:"member,omitempty"`
	Required []string             `json:"required,omitempty"`
	Enum     []string             `json:"enum,omitempty"`
	Min      *float64             `json:"min,omitempty"`
	Max      *float64             `json:"max,omitempty"`
	Pattern  string               `json:"pattern,omitempty"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		panic(err)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: schemagen DIR OUT")
	}
	all := map[string]model{}
	for _, m := range models {
		data, err := os.ReadFile(filepath.Join(args[0], "models/apis", m.path, "api-2.json"))
		if err != nil {
			return fmt.Errorf("read model of %s: %w", m.service, err)
		}
		var full model
		if err := json.Unmarshal(data, &full); err != nil {
			return fmt.Errorf("read model of %s: %w", m.service, err)
		}
		all[m.service] = trim(full, m.keep)
	}
	data, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("write schema: %w", err)
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(data)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return fmt.Errorf("compress schema: %w", err)
	}
	return os.WriteFile(args[1], out.Bytes(), 0o644)
}

// trim keeps the names of all operations and the shapes of some.
func trim(full model, keep *regexp.Regexp) model {
	out := model{Metadata: full.Metadata, Operations: map[string]operation{}, Shapes: map[string]shape{}}
	var take func(name string)
	take = func(name string) {
		if _, have := out.Shapes[name]; have {
			return
		}
		s := full.Shapes[name]
		if slices.Contains(stale, name) {
			s.Enum = nil
		}
		out.Shapes[name] = s
		for _, m := range s.Members {
			take(m.Shape)
		}
		if s.Member != nil {
			take(s.Member.Shape)
		}
	}
	for name, op := range full.Operations {
		if !keep.MatchString(name) {
			out.Operations[name] = operation{}
			continue
		}
		out.Operations[name] = op
		for _, r := range []*reference{op.Input, op.Output} {
			if r != nil {
				take(r.Shape)
			}
		}
	}
	return out
}
