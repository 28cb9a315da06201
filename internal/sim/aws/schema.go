package aws

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the schema travels inside the binary
	"encoding/json"
	"fmt"
)

// The services on the one endpoint.
const (
	ec2           = "ec2"
	sts           = "sts"
	serviceQuotas = "servicequotas"
	pricing       = "pricing"
)

//go:embed schema.json.gz
var schemaFile []byte

// model is the published schema of one service, as schemagen trims it.
type model struct {
	Metadata struct {
		APIVersion   string `json:"apiVersion"`
		Namespace    string `json:"xmlNamespace"`
		TargetPrefix string `json:"targetPrefix"`
	} `json:"metadata"`
	Operations map[string]operation `json:"operations"`
	Shapes     map[string]*shape    `json:"shapes"`
}

// operation has no shapes when only its name was kept.
type operation struct {
	Input  *reference `json:"input"`
	Output *reference `json:"output"`
}

type reference struct {
	Shape         string `json:"shape"`
	LocationName  string `json:"locationName"`
	QueryName     string `json:"queryName"`
	ResultWrapper string `json:"resultWrapper"`
}

type shape struct {
	Type     string                `json:"type"`
	Members  map[string]*reference `json:"members"`
	Member   *reference            `json:"member"`
	Required []string              `json:"required"`
	Enum     []string              `json:"enum"`
	Min      *float64              `json:"min"`
	Max      *float64              `json:"max"`
	Pattern  string                `json:"pattern"`
}

// The types of shapes that are treated apart.
const (
	typeStructure = "structure"
	typeList      = "list"
	typeInteger   = "integer"
	typeLong      = "long"
	typeDouble    = "double"
	typeFloat     = "float"
	typeBoolean   = "boolean"
	typeTimestamp = "timestamp"
	typeString    = "string"
)

// readSchema returns the models of all services.
func readSchema() (map[string]*model, error) {
	z, err := gzip.NewReader(bytes.NewReader(schemaFile))
	if err != nil {
		return nil, fmt.Errorf("read schema of AWS: %w", err)
	}
	models := map[string]*model{}
	if err := json.NewDecoder(z).Decode(&models); err != nil {
		return nil, fmt.Errorf("read schema of AWS: %w", err)
	}
	return models, nil
}

// queryName is under which name a member of a structure travels in a query of
// EC2: its first letter is always a capital one.
func (r *reference) queryName(member string) string {
	name := member
	switch {
	case r.QueryName != "":
		return r.QueryName
	case r.LocationName != "":
		name = r.LocationName
	}
	return upperFirst(name)
}

func upperFirst(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// xmlName is the element in which a member of a structure is answered.
func (r *reference) xmlName(member string) string {
	if r.LocationName != "" {
		return r.LocationName
	}
	return member
}
