package azure

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

//go:generate go run ./schemagen -o schema.json.gz

//go:embed schema.json.gz
var packed []byte

// schema is what the official SDK says of the API (schemagen writes it).
type schema struct {
	Modules map[string]string           `json:"modules"`
	Ops     []*operation                `json:"ops"`
	Types   map[string]map[string]field `json:"types"`
	Enums   map[string][]string         `json:"enums"`

	byShape map[string]*operation
}

// operation is one thing that a client can ask for.
type operation struct {
	Name    string   `json:"n"` // as the SDK's fakes name it: "VirtualMachinesClient.BeginDelete"
	Method  string   `json:"m"`
	Path    string   `json:"p"`
	Version string   `json:"v"`
	Body    string   `json:"b"` // type, or ""
	Query   []string `json:"q"`
	Status  []string `json:"s"` // of success: "OK", "Created"; none for generic types
}

// field is one property of a type.
type field struct {
	Type     string `json:"t"`
	Required bool   `json:"r"`
	ReadOnly bool   `json:"ro"`
}

// generic are the resource types that have no client of their own in the SDKs
// of the schema; clients reach them through armresources.Client, with the
// version of the provider.
func generic() []*operation {
	var out []*operation
	for _, k := range kinds() {
		if k.version == "" {
			continue
		}
		const group = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/"
		for method, name := range map[string]string{
			"PUT": "Client.BeginCreateOrUpdateByID", "GET": "Client.GetByID", "DELETE": "Client.BeginDeleteByID",
		} {
			op := &operation{Name: name, Method: method, Path: group + k.typ + "/{name}", Version: k.version}
			if method == "PUT" {
				op.Body = "armresources.GenericResource"
			}
			out = append(out, op)
		}
	}
	return append(out, &operation{
		Name: "Client.GetByID", Method: "GET", Version: "2021-01-01",
		Path: "/subscriptions/{subscriptionId}/providers/" + ordering + "/offerTypes/{type}/publishers/{publisher}/offers/{offer}/plans/{plan}/agreements/{agreement}",
	})
}

func loadSchema() (*schema, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("read the schema of Azure: %w", err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("read the schema of Azure: %w", err)
	}
	s := &schema{byShape: map[string]*operation{}}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("read the schema of Azure: %w", err)
	}
	for _, op := range slices.Concat(s.Ops, generic()) {
		key := op.Method + " " + shapeOf(split(op.Path))
		if s.byShape[key] == nil {
			s.byShape[key] = op
		}
	}
	return s, nil
}

// find returns the operation of a request, or nil.
func (s *schema) find(method string, segments []string) *operation {
	return s.byShape[method+" "+shapeOf(segments)]
}

// known says whether any operation has this path.
func (s *schema) known(segments []string) bool {
	shape := shapeOf(segments)
	for _, method := range []string{"GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"} {
		if s.byShape[method+" "+shape] != nil {
			return true
		}
	}
	return false
}

// answers picks the first status that the operation has for a success; 200
// when it has none of them.
func (op *operation) answers(preferred ...int) int {
	for _, status := range preferred {
		if len(op.Status) == 0 || slices.Contains(op.Status, strings.ReplaceAll(http.StatusText(status), " ", "")) {
			return status
		}
	}
	return http.StatusOK
}

func split(path string) []string {
	return strings.Split(strings.Trim(path, "/"), "/")
}

// shapeOf writes a path with * for its variable parts, in small letters: paths
// of Azure are indifferent to case.
func shapeOf(segments []string) string {
	out := make([]string, len(segments))
	for i, s := range segments {
		out[i] = strings.ToLower(s)
		if variable(segments, i) {
			out[i] = "*"
		}
	}
	return strings.Join(out, "/")
}

// variable says whether a segment is a name: subscriptions/*/resourceGroups/*/
// providers/Namespace/type/*/type/*/action, and providers/* where nothing
// but an action on the provider itself follows.
func variable(segments []string, i int) bool {
	p := slices.IndexFunc(segments, func(s string) bool { return strings.EqualFold(s, "providers") })
	switch {
	case p < 0 || i < p:
		return i%2 == 1
	case i == p:
		return false
	case i == p+1:
		return aboutProvider(segments[p+2:])
	}
	return (i-p)%2 == 1
}

func aboutProvider(rest []string) bool {
	return len(rest) == 0 ||
		len(rest) == 1 && slices.Contains([]string{"register", "unregister", "providerpermissions"}, strings.ToLower(rest[0]))
}
