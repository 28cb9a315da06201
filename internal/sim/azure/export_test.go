package azure

import (
	"encoding/json"
	"testing"

	"github.com/ecluster/ecluster/internal/sim"
)

// Script is what goes wrong in the cloud.
func (c *Cloud) Script() *sim.Script { return c.options.Script }

// SchemaModules are the versions of the SDK that the schema is of.
func SchemaModules(t *testing.T) map[string]string {
	t.Helper()
	s, err := loadSchema()
	if err != nil {
		t.Fatal(err)
	}
	return s.Modules
}

// Violations is how many things the schema says against a body.
func Violations(t *testing.T, body, typ string) int {
	t.Helper()
	s, err := loadSchema()
	if err != nil {
		t.Fatal(err)
	}
	var doc tree
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	return len(s.check(doc, typ))
}
