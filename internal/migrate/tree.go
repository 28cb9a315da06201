package migrate

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// body is HCL on its way: attributes, blocks and comments in the order in which
// people will read them.
type body struct{ items []item }

type item struct {
	comment string          // alone on its line
	name    string          // of an attribute
	value   hclwrite.Tokens // of the attribute
	note    string          // behind the attribute
	block   *block
}

type block struct {
	kind   string
	labels []string
	body
}

// attr adds an attribute, unless its value is nil.
func (b *body) attr(name string, value hclwrite.Tokens) { b.noted(name, value, "") }

// noted is attr with a comment on the same line.
func (b *body) noted(name string, value hclwrite.Tokens, note string) {
	if value != nil {
		b.items = append(b.items, item{name: name, value: value, note: note})
	}
}

// comment adds lines of comment; the empty text is an empty line.
func (b *body) comment(text string) { b.items = append(b.items, item{comment: text}) }

func (b *body) block(kind string, labels ...string) *block {
	n := &block{kind: kind, labels: labels}
	b.items = append(b.items, item{block: n})
	return n
}

// render returns b as a file.
func render(b *body) []byte {
	f := hclwrite.NewEmptyFile()
	write(f.Body(), b)
	return emptyBlock.ReplaceAll(hclwrite.Format(f.Bytes()), []byte("{}"))
}

var emptyBlock = regexp.MustCompile(`\{\n *\}`)

func (it item) blank() bool { return it.alone() && it.comment == "" }

// alone reports whether a comment or an empty line precedes what follows.
func (it item) alone() bool { return it.block == nil && it.name == "" }

func write(to *hclwrite.Body, b *body) {
	for i, it := range b.items {
		switch {
		case it.block != nil:
			if i > 0 && !b.items[i-1].alone() {
				to.AppendNewline()
			}
			write(to.AppendNewBlock(it.block.kind, it.block.labels).Body(), &it.block.body)
			if i+1 < len(b.items) && b.items[i+1].block == nil && !b.items[i+1].blank() {
				to.AppendNewline()
			}
		case it.name != "" && it.note == "":
			to.SetAttributeRaw(it.name, it.value)
		case it.name != "":
			line := hclwrite.Tokens{
				{Type: hclsyntax.TokenIdent, Bytes: []byte(it.name)},
				{Type: hclsyntax.TokenEqual, Bytes: []byte("=")},
			}
			to.AppendUnstructuredTokens(append(append(line, it.value...), comment(" "+it.note)))
		case it.comment == "":
			to.AppendNewline()
		default:
			for line := range strings.SplitSeq(it.comment, "\n") {
				to.AppendUnstructuredTokens(hclwrite.Tokens{comment(line)})
			}
		}
	}
}

// comment is one line of comment. Whatever a configuration holds, it stays on
// that line.
func comment(text string) *hclwrite.Token {
	text = strings.TrimRight(printable(text), " ")
	if !strings.HasPrefix(text, " ") && text != "" {
		text = " " + text
	}
	return &hclwrite.Token{Type: hclsyntax.TokenComment, Bytes: []byte("#" + text + "\n")}
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// plain is a literal.
func plain(v cty.Value) hclwrite.Tokens { return hclwrite.TokensForValue(v) }

func str(s string) hclwrite.Tokens { return plain(cty.StringVal(s)) }

func integer(n int) hclwrite.Tokens { return plain(cty.NumberIntVal(int64(n))) }

func boolean(b bool) hclwrite.Tokens { return plain(cty.BoolVal(b)) }

func list(values []string) hclwrite.Tokens {
	items := make([]hclwrite.Tokens, len(values))
	for i, v := range values {
		items[i] = str(v)
	}
	return hclwrite.TokensForTuple(items)
}

// pair is an entry of an object.
type pair struct {
	key   string
	value hclwrite.Tokens
}

func object(pairs []pair) hclwrite.Tokens {
	var attrs []hclwrite.ObjectAttrTokens
	for _, p := range pairs {
		if p.value == nil {
			continue
		}
		name := str(p.key)
		if hclsyntax.ValidIdentifier(p.key) {
			name = hclwrite.TokensForIdentifier(p.key)
		}
		attrs = append(attrs, hclwrite.ObjectAttrTokens{Name: name, Value: p.value})
	}
	return hclwrite.TokensForObject(attrs)
}

// reach is a reference: provider.google.
func reach(root, name string) hclwrite.Tokens {
	return hclwrite.TokensForTraversal(hcl.Traversal{hcl.TraverseRoot{Name: root}, hcl.TraverseAttr{Name: name}})
}

func call(function, argument string) hclwrite.Tokens {
	return hclwrite.TokensForFunctionCall(function, str(argument))
}

// text is a value in which environment variables stay references to them.
func text(value string) hclwrite.Tokens {
	ps := parts(value)
	switch {
	case len(ps) == 1 && ps[0].env != "":
		return call("env", ps[0].env)
	case !strings.Contains(value, "$"):
		return str(value)
	}
	out := hclwrite.Tokens{{Type: hclsyntax.TokenOQuote, Bytes: []byte{'"'}}}
	for _, p := range ps {
		if p.env == "" {
			quoted := str(p.text)
			out = append(out, quoted[1:len(quoted)-1]...)
			continue
		}
		out = append(out, &hclwrite.Token{Type: hclsyntax.TokenTemplateInterp, Bytes: []byte("${")})
		out = append(out, call("env", p.env)...)
		out = append(out, &hclwrite.Token{Type: hclsyntax.TokenTemplateSeqEnd, Bytes: []byte("}")})
	}
	return append(out, &hclwrite.Token{Type: hclsyntax.TokenCQuote, Bytes: []byte{'"'}})
}
