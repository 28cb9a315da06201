package spec

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions returns what expressions may call. dir says where relative paths
// begin.
func functions(env func(string) (string, bool), dir func() string) map[string]function.Function {
	fns := map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "log": stdlib.LogFunc,
		"max": stdlib.MaxFunc, "min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": stdlib.PowFunc,
		"signum": stdlib.SignumFunc,

		"chomp": stdlib.ChompFunc, "format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc,
		"indent": stdlib.IndentFunc, "join": stdlib.JoinFunc, "lower": stdlib.LowerFunc, "regex": stdlib.RegexFunc,
		"regexall": stdlib.RegexAllFunc, "regexreplace": stdlib.RegexReplaceFunc, "replace": stdlib.ReplaceFunc,
		"split": stdlib.SplitFunc, "strlen": stdlib.StrlenFunc, "strrev": stdlib.ReverseFunc,
		"substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc, "trim": stdlib.TrimFunc,
		"trimprefix": stdlib.TrimPrefixFunc, "trimspace": stdlib.TrimSpaceFunc, "trimsuffix": stdlib.TrimSuffixFunc,
		"upper": stdlib.UpperFunc,

		"chunklist": stdlib.ChunklistFunc, "coalesce": stdlib.CoalesceFunc, "coalescelist": stdlib.CoalesceListFunc,
		"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc,
		"distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc, "flatten": stdlib.FlattenFunc,
		"keys": stdlib.KeysFunc, "length": stdlib.LengthFunc, "lookup": stdlib.LookupFunc, "merge": stdlib.MergeFunc,
		"range": stdlib.RangeFunc, "reverse": stdlib.ReverseListFunc, "setintersection": stdlib.SetIntersectionFunc,
		"setproduct": stdlib.SetProductFunc, "setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc,
		"slice": stdlib.SliceFunc, "sort": stdlib.SortFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,

		"csvdecode": stdlib.CSVDecodeFunc, "jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc,
		"formatdate": stdlib.FormatDateFunc, "timeadd": stdlib.TimeAddFunc,

		"tobool": stdlib.MakeToFunc(cty.Bool), "tonumber": stdlib.MakeToFunc(cty.Number),
		"tostring": stdlib.MakeToFunc(cty.String), "tolist": stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
		"tomap": stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)), "toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),

		"try": described(tryfunc.TryFunc, "Returns the first of its arguments that has a value; those before it may fail."),
		"can": described(tryfunc.CanFunc, "Returns whether the expression has a value."),
		"env": envFunc(env),
	}
	p := paths{env: env, dir: dir}
	fns["pathexpand"] = pathFunc("Replaces a leading ~ by your home folder.", p.expand)
	fns["file"] = pathFunc("Returns the text of a file; the path begins at the folder of the spec.", p.read)
	fns["basename"] = pathFunc("Returns the last part of a path.", func(s string) (string, error) { return filepath.Base(s), nil })
	fns["dirname"] = pathFunc("Returns a path without its last part.", func(s string) (string, error) { return filepath.Dir(s), nil })
	fns["templatefile"] = templateFunc(p, fns)
	return fns
}

// pathFunc makes a function of one path and one text.
func pathFunc(doc string, f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Description: doc,
		Params:      []function.Parameter{{Name: "path", Type: cty.String}},
		Type:        function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := f(args[0].AsString())
			if err != nil {
				return cty.UnknownVal(cty.String), function.NewArgError(0, err)
			}
			return cty.StringVal(s), nil
		},
	})
}

func envFunc(env func(string) (string, bool)) function.Function {
	return function.New(&function.Spec{
		Description: "Returns an environment variable, or the default where it is not set.",
		Params:      []function.Parameter{{Name: "name", Type: cty.String}},
		VarParam:    &function.Parameter{Name: "default", Type: cty.String, AllowNull: true},
		Type:        function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			name := args[0].AsString()
			if v, has := env(name); has {
				return cty.StringVal(v), nil
			}
			if len(args) > 1 {
				return args[len(args)-1], nil
			}
			return cty.UnknownVal(cty.String), function.NewArgErrorf(0,
				"the environment variable %s is not set; set it, or give a default: env(%q, \"…\")", name, name)
		},
	})
}

// paths reads files beside the spec.
type paths struct {
	env func(string) (string, bool)
	dir func() string
}

// expand replaces a leading ~ by the home folder.
func (p paths) expand(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || (rest != "" && rest[0] != '/') {
		return path, nil
	}
	home, has := p.env("HOME")
	if !has {
		return "", errors.New("HOME is not set, so ~ means nothing; write the whole path")
	}
	return filepath.Join(home, rest), nil
}

func (p paths) read(path string) (string, error) {
	path, err := p.expand(path)
	if err != nil {
		return "", err
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.dir(), path)
	}
	src, err := readLimited(candidate{shown: path, path: path})
	if err != nil {
		return "", fmt.Errorf("read %s: %s", path, cause(err))
	}
	if !isText(src) {
		return "", fmt.Errorf("read %s: it is not a text", path)
	}
	return string(src), nil
}

func templateFunc(p paths, fns map[string]function.Function) function.Function {
	return function.New(&function.Spec{
		Description: "Returns the text of a file in which ${…} is replaced by the values.",
		Params: []function.Parameter{
			{Name: "path", Type: cty.String},
			{Name: "values", Type: cty.DynamicPseudoType},
		},
		Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			none := cty.UnknownVal(cty.String)
			path := args[0].AsString()
			text, err := p.read(path)
			if err != nil {
				return none, function.NewArgError(0, err)
			}
			ty := args[1].Type()
			if (!ty.IsObjectType() && !ty.IsMapType()) || args[1].IsNull() {
				return none, function.NewArgErrorf(1, "must be an object: { name = value }")
			}
			expr, diags := hclsyntax.ParseTemplate([]byte(text), path, hcl.InitialPos)
			if diags.HasErrors() {
				return none, function.NewArgError(0, diags)
			}
			v, diags := expr.Value(&hcl.EvalContext{Variables: args[1].AsValueMap(), Functions: fns})
			if diags.HasErrors() {
				return none, function.NewArgError(0, diags)
			}
			return tostring(v)
		},
	})
}

func tostring(v cty.Value) (cty.Value, error) {
	return stdlib.MakeToFunc(cty.String).Call([]cty.Value{v})
}
