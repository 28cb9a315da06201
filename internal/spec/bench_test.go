package spec_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/spec"
)

// thousandLines is a spec of more than 1,000 lines: 60 node groups, with
// variables, locals, partitions and roles.
func thousandLines() string {
	var b strings.Builder
	for i := range 50 {
		fmt.Fprintf(&b, "variable \"v%d\" {\n  type        = number\n  default     = %d\n  description = \"number %d\"\n}\n\n", i, i+1, i)
		fmt.Fprintf(&b, "locals {\n  l%d = var.v%d + 1\n}\n\n", i, i)
	}
	b.WriteString("cluster \"big\" {\n  provider = provider.test\n  node_group \"frontend\" {\n    count = 1\n  }\n")
	b.WriteString("  limits {\n    max_nodes = 10000\n  }\n  share \"/home\" {}\n  scheduler \"slurm\" {\n    accounting = true\n")
	for i := range 50 {
		fmt.Fprintf(&b, "    partition \"p%d\" {\n      groups = [\"g%dx\"]\n    }\n", i, i)
	}
	b.WriteString("  }\n")
	for i := range 50 {
		fmt.Fprintf(&b, "  node_group \"g%dx\" {\n    count  = local.l%d\n    cpus   = 4\n    memory = \"${var.v%d}GB\"\n", i, i, i)
		b.WriteString("    role \"packages\" {\n      install = [\"r-base\"]\n    }\n  }\n")
	}
	b.WriteString("}\n")
	return b.String()
}

func BenchmarkValidate1000Lines(b *testing.B) {
	text := thousandLines()
	if n := strings.Count(text, "\n"); n < 1000 {
		b.Fatalf("the spec has %d lines", n)
	}
	path := filepath.Join(b.TempDir(), "big.hcl")
	write(b, path, text)
	for b.Loop() {
		f, diags := spec.Load(options(spec.Options{Dir: "testdata", Path: path}))
		if !diags.HasErrors() {
			_, diags = f.ResolveAll()
		}
		if diags.HasErrors() {
			b.Fatal(render(f, diags))
		}
	}
}
