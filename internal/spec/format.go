package spec

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns src in the canonical layout. A text that can't be parsed is
// refused; the File then has it as the source of the diagnostics.
func Format(src []byte, filename string) ([]byte, *File, hcl.Diagnostics) {
	out, diags := format(src, filename)
	file := &hcl.File{Body: hcl.EmptyBody(), Bytes: src}
	return out, &File{where: filename, sources: map[string]*source{filename: {file: file}}}, diags
}

func format(src []byte, filename string) ([]byte, hcl.Diagnostics) {
	if diags := checkText(src, filename); diags.HasErrors() {
		return nil, diags
	}
	if strings.HasSuffix(filename, ".json") {
		var out bytes.Buffer
		if err := json.Indent(&out, src, "", "  "); err != nil {
			return nil, fail("Can't read "+filename, "It is not JSON: %v.", err)
		}
		return append(bytes.TrimRight(out.Bytes(), "\n"), '\n'), nil
	}
	if _, diags := hclsyntax.ParseConfig(src, filename, hcl.InitialPos); diags.HasErrors() {
		return nil, diags
	}
	return hclwrite.Format(src), nil
}
