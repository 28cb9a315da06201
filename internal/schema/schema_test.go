package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// disk is a schema with one of everything.
func disk() Schema {
	return Schema{
		Doc: "A disk.",
		Attrs: []Attr{
			{Name: "size", Type: cty.Number, Required: true, Check: Whole(1, 100), Doc: "GB."},
			{Name: "type", Type: cty.String, Default: "ssd", OneOf: []string{"ssd", "hdd"}, Doc: "Kind."},
			{Name: "tags", Type: cty.List(cty.String), Default: []string{"a"}},
			{Name: "labels", Type: cty.Map(cty.String)},
			{Name: "key", Type: cty.String, Sensitive: true},
			{Name: "pin", Type: cty.Number, Sensitive: true},
		},
		Blocks: []Block{
			{Name: "raid", Schema: Schema{Doc: "RAID.", Attrs: []Attr{{Name: "level", Type: cty.Number, Default: 1}}}},
			{Name: "part", Labels: []string{"name"}, Many: true, Schema: Schema{Attrs: []Attr{{Name: "size", Type: cty.Number}}}},
			{Name: "role", Labels: []string{"name"}, Many: true, Raw: true},
		},
	}
}

func body(t *testing.T, text string) hcl.Body {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(text), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return f.Body
}

func TestDecode(t *testing.T) {
	got, diags := disk().Decode(body(t, `
size = "10"
labels = { a = 1, b = true }
raid {}
part "x" { size = 1 }
part "y" {}
role "anything" { whatever = 1 }
`), nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := Values{
		"size": 10.0, "type": "ssd", "tags": []any{"a"},
		"labels": map[string]any{"a": "1", "b": "true"},
		"raid":   map[string]any{"level": 1.0},
		"part": []any{
			map[string]any{"size": 1.0, "labels": []any{"x"}},
			map[string]any{"labels": []any{"y"}},
		},
	}
	if diff := cmp.Diff(want, plainMaps(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// plainMaps makes nested Values comparable with map[string]any.
func plainMaps(v Values) Values {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out Values
	if err := json.Unmarshal(data, &out); err != nil {
		panic(err)
	}
	return out
}

func TestDecodeMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`siz = 1`:                        `3: Missing "size"|1: There is no attribute "siz" here. Did you mean "size"?`,
		`size = [1]`:                     `1: size: must be a number, not a list.`,
		`size = 0`:                       `1: size: must be from 1 to 100, not 0.`,
		`size = 1.5`:                     `1: size: must be a whole number, not 1.5.`,
		"size = 1\ntype = \"sdd\"":       `2: type: can't be "sdd". Did you mean "ssd"?`,
		"size = 1\ntags = [[]]":          `2: tags: must be a list of string: element 0: string required, but have tuple.`,
		"size = 1\ntags = \"a\"":         `2: tags: must be a list of string, not the text "a".`,
		"size = 1\nraid = {}":            `2: "raid" is a block, not an attribute: write raid { … } without the equals sign.`,
		"size = 1\ntype {}":              `2: "type" is an attribute, not a block: write type = … with an equals sign.`,
		"size = 1\nraids {}":             `2: There is no block "raids" here. Did you mean "raid"?`,
		"size = 1\nraid {}\nraid {}":     `3: One "raid" block is allowed here; the first is at test.hcl line 2. Remove one of them.`,
		"size = 1\npart \"x\" {\nz=1\n}": `3: There is no attribute "z" here. There is only "size".`,
		"size = 1\npin = \"hunter2\"":    `2: pin: the sensitive value is not a number that is allowed here.`,
	} {
		_, diags := disk().Decode(body(t, text), nil)
		var got []string
		for _, d := range diags {
			if strings.HasPrefix(d.Summary, "Missing") {
				got = append(got, "3: "+d.Summary)
				continue
			}
			got = append(got, fmt.Sprintf("%d: %s", d.Subject.Start.Line, d.Detail))
		}
		less := func(a, b string) bool { return a < b }
		if diff := cmp.Diff(strings.Split(want, "|"), got, cmpopts.SortSlices(less)); diff != "" {
			t.Errorf("%s\n-want +got:\n%s", text, diff)
		}
	}
}

func TestSensitiveMarkIsRefusedElsewhere(t *testing.T) {
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{"secret": cty.StringVal("ssd").Mark(Sensitive)}}
	_, diags := disk().Decode(body(t, "size = 1\ntype = secret"), ctx)
	if len(diags) != 1 || diags[0].Summary != "Sensitive value in an ordinary setting" {
		t.Error(diags)
	}
	v, diags := disk().Decode(body(t, "size = 1\nkey = secret"), ctx)
	e, ok := v["key"].(Expression)
	if diags.HasErrors() || !ok || e.Reveal() != "ssd" {
		t.Errorf("got %#v, %v", v["key"], diags)
	}
}

func TestDecodeMap(t *testing.T) {
	secret := NewExpression(`env("KEY")`, "hunter2")
	got, err := disk().DecodeMap(map[string]any{
		"size": 5, "tags": []any{}, "key": secret, "pin": map[string]any{"$expr": "var.pin"},
		"part": []any{map[string]any{"size": "2", "labels": []any{"x"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	again, err := disk().DecodeMap(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plainMaps(got), plainMaps(again)); diff != "" {
		t.Errorf("decoding again changes it:\n%s", diff)
	}
	if e, ok := again["key"].(Expression); !ok || e.Reveal() != "hunter2" {
		t.Errorf("the secret was lost: %v", again["key"])
	}
	if got["size"] != 5.0 || got["type"] != "ssd" || len(got.Strings("tags")) != 0 {
		t.Errorf("got %v", got)
	}
	_, err = disk().DecodeMap(map[string]any{"sise": 1, "type": "tape", "part": map[string]any{"size": "x"}, "raid": []any{}})
	for _, want := range []string{`no "sise" here. Did you mean "size"?`, `type: can't be "tape"`, "size: must be given", "part: item 1", "raid: it can stand only once"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}

func TestOptionalAttributesHaveDefaults(t *testing.T) {
	expr, diags := hclsyntax.ParseExpression([]byte(`list(object({ name = string, size = optional(number, 3), note = optional(string) }))`), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	ty, optional, diags := typeexpr.TypeConstraintWithDefaults(expr)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	s := Schema{Attrs: []Attr{{Name: "parts", Type: ty, Optional: optional}}}
	got, err := s.DecodeMap(map[string]any{"parts": []any{map[string]any{"name": "a"}}})
	want := Values{"parts": []any{map[string]any{"name": "a", "size": 3.0}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestExpressionHidesItsValue(t *testing.T) {
	e := NewExpression(`env("KEY")`, "hunter2")
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		if got := fmt.Sprintf(format, e); got != "***" {
			t.Errorf("%s prints %q", format, got)
		}
	}
	if got, err := json.Marshal(e); err != nil || string(got) != `{"$expr":"env(\"KEY\")"}` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestReveal(t *testing.T) {
	data := map[string]any{
		"plain": 1.0, "live": NewExpression("x", "alive"),
		"list": []any{map[string]any{"$expr": "stored"}},
		"map":  map[string]any{"inner": map[string]any{"$expr": "stored"}},
	}
	got, err := Reveal(data, func(source string) (any, error) { return "from " + source, nil })
	want := Values{
		"plain": 1.0, "live": "alive", "list": []any{"from stored"},
		"map": map[string]any{"inner": "from stored"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	_, err = Reveal(data, func(string) (any, error) { return nil, errors.New("no such thing") })
	if err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("got %v", err)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"on", "count", "min_count", "machine_type", "nfs"}
	for given, want := range map[string]string{
		"cuont": "count", "Count": "count", "mincount": "min_count", "machinetyp": "machine_type",
		"no": "on", "nsf": "nfs", "zone": "", "x": "", "": "",
	} {
		if got := Nearest(given, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestReference(t *testing.T) {
	var got []string
	for _, e := range disk().Reference() {
		got = append(got, fmt.Sprintf("%s %s %v", e.Path, e.Type, e.Default))
	}
	want := []string{
		"size number <nil>", "type string ssd", "tags list(string) [a]", "labels map(string) <nil>",
		"key string <nil>", "pin number <nil>", "raid block <nil>", "raid.level number 1",
		`part "name" block <nil>`, "part.size number <nil>", `role "name" block <nil>`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPlainRoundTrip(t *testing.T) {
	want := map[string]any{"s": "x", "n": 1.5, "b": true, "l": []any{"a", 1.0}, "m": map[string]any{"k": []any{}}}
	v, err := FromPlain(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ToPlain(v)
	if diff := cmp.Diff(any(want), got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := FromPlain(struct{}{}); err == nil {
		t.Error("a struct is no plain data")
	}
	if _, err := ToPlain(cty.UnknownVal(cty.String)); err == nil {
		t.Error("an unknown value has no data")
	}
}
