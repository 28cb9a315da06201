package spec

import (
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty/function"

	"github.com/ecluster/ecluster/internal/schema"
)

// Language is all that a spec may say, as it is declared: the reference is made
// of it. What providers add to node groups, and roles to their blocks, they
// declare themselves.
type Language struct {
	File       schema.Schema
	Cluster    schema.Schema
	Schedulers []Kind
	Shares     []Kind // the types of shares
	Functions  []Function
}

// Kind is one of the things that a block may be, by its label or its type.
type Kind struct {
	Name   string
	Schema schema.Schema
}

// Function is what an expression may call.
type Function struct {
	Name   string
	Params []string // a name that ends in … stands for any number
	Doc    string
}

// Describe returns the language with the shares that the roles make.
func Describe(roles Roles) (Language, error) {
	l := Language{File: fileSchema(), Cluster: ClusterSchema(schema.Schema{}), Functions: describeFunctions()}
	for i, b := range l.Cluster.Blocks {
		if b.Name == "scheduler" { // two of them are refused when a cluster is resolved
			l.Cluster.Blocks[i].Many = false
			l.Cluster.Blocks[i].Schema = schema.Schema{Doc: "What runs the jobs."}
		}
	}
	for _, k := range schedulerKinds() {
		l.Schedulers = append(l.Schedulers, Kind{k.name, k.schema()})
	}
	for _, name := range shareTypes(roles) {
		if name == shareVolume {
			l.Shares = append(l.Shares, Kind{name, shareSchema()})
			continue
		}
		server, ds := roles.Lookup(name + serverSuffix)
		client, also := roles.Lookup(name + clientSuffix)
		if ds = append(ds, also...); ds.HasErrors() {
			return l, ds
		}
		l.Shares = append(l.Shares, Kind{name, servedSchema(server, client)})
	}
	return l, nil
}

func describeFunctions() []Function {
	none := func(string) (string, bool) { return "", false }
	fns := functions(none, func() string { return "." })
	out := make([]Function, 0, len(fns))
	for _, name := range slices.Sorted(maps.Keys(fns)) {
		f := fns[name]
		d := Function{Name: name, Doc: f.Description()}
		for _, p := range f.Params() {
			d.Params = append(d.Params, p.Name)
		}
		if rest := f.VarParam(); rest != nil {
			d.Params = append(d.Params, rest.Name+"…")
		}
		out = append(out, d)
	}
	return out
}

// described gives a function of one parameter a sentence for the reference.
func described(f function.Function, doc string) function.Function {
	return f.WithNewDescriptions(doc, []string{""})
}
