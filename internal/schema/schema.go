// Package schema is the one way to declare typed settings: what a provider's
// block, a node group's extra attributes and a role's parameters may contain.
// A declaration feeds decoding (with diagnostics at the line of the mistake),
// the state (plain data; a sensitive value is kept as its expression) and the
// generated reference. It knows no particular setting.
package schema

import (
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
)

// Schema is the content of one block.
type Schema struct {
	Doc    string
	Attrs  []Attr
	Blocks []Block
}

// Attr is one attribute.
type Attr struct {
	Name string
	// Type is what the value is converted to; object types may have optional
	// attributes.
	Type cty.Type
	// Optional holds the defaults of the optional attributes of object types;
	// nil where there are none.
	Optional *typeexpr.Defaults
	Required bool
	// Default is used when the attribute is absent: plain data as Values holds
	// it. nil leaves the attribute out of Values.
	Default any
	// Sensitive values are kept in the state only as the expression that
	// yields them.
	Sensitive bool
	// Trusted says that whoever sets it decides where credentials are sent, or
	// which file or program of this computer is used. In a record that comes from
	// elsewhere it counts only after the user was asked.
	Trusted bool
	// OneOf lists the only strings allowed.
	OneOf []string
	// Check reports what is wrong with a value that has the right type, in
	// one sentence without the name of the attribute. v is plain data.
	Check func(v any) error
	// Owned reports whether a value names a thing, a network or a secret's file,
	// that only the user's own account has: a rehearsal leaves it out. nil: never.
	Owned func(v any) bool
	// Doc is one sentence, with the unit if there is one.
	Doc string
}

// Block is a nested block.
type Block struct {
	Name   string
	Labels []string // the names of its labels, in order
	Many   bool     // may stand more than once
	// Raw leaves the body to whoever knows which schema its labels ask for: it
	// is in Located only, not in Values.
	Raw    bool
	Schema Schema
}

// Values is decoded, JSON-able data: string, bool, float64, []any,
// map[string]any. A nested block is a map[string]any under its name, a Many
// block a []any of them; a block's labels stand in its map under "labels".
// A sensitive value is an Expression.
type Values map[string]any
