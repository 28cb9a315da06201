package spec

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns src in the canonical layout. A file that can't be parsed is
// refused with diagnostics and left alone.
func Format(src []byte, filename string) ([]byte, hcl.Diagnostics) {
	if ds := checkText(src, filename); ds != nil {
		return nil, ds
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
