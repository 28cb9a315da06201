package terraform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	tfjson "github.com/hashicorp/terraform-json"
)

// message is one line of Terraform's machine-readable output, as far as we
// read it.
type message struct {
	Type       string             `json:"type"`
	Text       string             `json:"@message"`
	Diagnostic *tfjson.Diagnostic `json:"diagnostic"`
	Change     struct {
		Resource resourceRef `json:"resource"`
		Action   string      `json:"action"`
	} `json:"change"`
	Hook struct {
		Resource resourceRef `json:"resource"`
		Action   string      `json:"action"`
	} `json:"hook"`
}

type resourceRef struct {
	Address string `json:"addr"`
}

// change is one step of a plan.
type change struct {
	address string
	action  string // "create", "update", "replace", "delete", …
}

// messages gathers what a run of Terraform says. Its lines are handed to it as
// they come.
type messages struct {
	secrets  []string // never shown
	progress func(text string)

	changes []change
	drift   []change // what happened behind Terraform's back
	done    []change // what was carried out
	errors  []tfjson.Diagnostic
	rest    []byte
}

// Write implements io.Writer; it never fails.
func (m *messages) Write(p []byte) (int, error) {
	m.rest = append(m.rest, p...)
	for {
		line, rest, found := bytes.Cut(m.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		m.rest = rest
		m.line(line)
	}
}

func (m *messages) line(line []byte) {
	var msg message
	if json.Unmarshal(line, &msg) != nil {
		return // what providers print by themselves
	}
	switch msg.Type {
	case "planned_change":
		m.changes = append(m.changes, change{msg.Change.Resource.Address, msg.Change.Action})
	case "resource_drift":
		m.drift = append(m.drift, change{msg.Change.Resource.Address, msg.Change.Action})
	case "apply_complete":
		m.done = append(m.done, change{msg.Hook.Resource.Address, msg.Hook.Action})
		m.say(msg.Text)
	case "apply_start", "apply_progress":
		m.say(msg.Text)
	case "diagnostic":
		if d := msg.Diagnostic; d != nil && d.Severity == tfjson.DiagnosticSeverityError {
			d.Summary, d.Detail = m.hide(d.Summary), m.hide(d.Detail)
			m.errors = append(m.errors, *d)
		}
	}
}

func (m *messages) say(text string) {
	if m.progress != nil {
		m.progress(m.hide(text))
	}
}

// hide takes secrets out of a text: a provider may quote what it was given.
func (m *messages) hide(text string) string {
	for _, s := range m.secrets {
		text = strings.ReplaceAll(text, s, "***")
	}
	return text
}

// secretTexts are the texts within a value that are long enough to be secret.
func secretTexts(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		if len(v) >= 4 {
			out = append(out, v)
		}
	case []any:
		for _, e := range v {
			out = append(out, secretTexts(e)...)
		}
	case map[string]any:
		for _, e := range v {
			out = append(out, secretTexts(e)...)
		}
	}
	return out
}

// keys are the texts in brackets within an address: the key of
// docker_container.node["compute001"] is compute001. A resource of one node
// has the node's name among them.
func keys(address string) []string {
	var out []string
	for rest := address; ; {
		_, after, found := strings.Cut(rest, `["`)
		if !found {
			return out
		}
		key, after, found := strings.Cut(after, `"]`)
		if !found {
			return out
		}
		out, rest = append(out, key), after
	}
}

// about reports whether an address has a key: the name of a node, or an image
// or a machine type that resources are keyed by.
func about(address, key string) bool { return slices.Contains(keys(address), key) }

// mentions reports whether a diagnostic is about what has that name: by its
// address or, where it has none, as failed conditions do, by its words.
func mentions(d tfjson.Diagnostic, name string) bool {
	if name == "" || about(d.Address, name) {
		return name != ""
	}
	if d.Address != "" {
		return false
	}
	return slices.Contains(strings.FieldsFunc(d.Detail, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("\"'`,;()", r)
	}), name)
}

// text is a diagnostic for a person, on one line.
func text(d tfjson.Diagnostic) string {
	out := strings.TrimSuffix(strings.TrimSpace(d.Summary), ".")
	if detail := strings.Join(strings.Fields(d.Detail), " "); detail != "" {
		out += ": " + detail
	}
	var where []string
	if d.Address != "" {
		where = append(where, d.Address)
	}
	if d.Range != nil {
		where = append(where, fmt.Sprintf("%s line %d", d.Range.Filename, d.Range.Start.Line))
	}
	if len(where) > 0 {
		out += " (" + strings.Join(where, ", ") + ")"
	}
	return out
}
