package role

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"

	"github.com/ecluster/ecluster/internal/cluster"
)

// facts are what a template sees besides the parameters.
type facts struct {
	Params     params
	Node       string
	Group      string
	Cluster    string
	ClusterID  string
	Frontend   string
	IsFrontend bool
	Login      cluster.Login
	CPUs       int
	MemoryMB   int64
	GPUs       int
}

func newFacts(n Node, p params) facts {
	return facts{
		Params: p, Node: string(n.Name), Group: string(n.Group), Cluster: string(n.Cluster),
		ClusterID: string(n.ID), Frontend: string(n.Frontend), IsFrontend: n.IsFrontend, Login: n.Login,
		CPUs: n.Shape.CPUs, MemoryMB: n.Shape.Memory.MiB(), GPUs: n.Shape.GPUs,
	}
}

// templateFuncs are the functions of templates. secrets is nil while a
// template is only parsed.
func templateFuncs(secrets map[string][]byte) template.FuncMap {
	return template.FuncMap{
		"join": func(sep string, list any) (string, error) {
			items, ok := list.([]any)
			if !ok {
				return "", fmt.Errorf("join needs a list, not %T", list)
			}
			words := make([]string, len(items))
			for i, e := range items {
				word, err := text(e)
				if err != nil {
					return "", err
				}
				words[i] = word
			}
			return strings.Join(words, sep), nil
		},
		"quote": shellQuote,
		"json": func(v any) (string, error) {
			data, err := json.Marshal(v)
			return string(data), err
		},
		"secret": func(name string) (string, error) {
			data, ok := secrets[name]
			if !ok {
				return "", fmt.Errorf("the role declares no secret %q", name)
			}
			return hex.EncodeToString(data), nil
		},
	}
}

// render returns the content of a file of the role.
func (r *Role) render(f File, data facts, secrets map[string][]byte) ([]byte, error) {
	if f.Secret != "" {
		return secrets[f.Secret], nil
	}
	t, err := r.text[f.Template].Clone()
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", f.Path, err)
	}
	var out bytes.Buffer
	if err := t.Funcs(templateFuncs(secrets)).Execute(&out, data); err != nil {
		return nil, fmt.Errorf("render %s of role %s: %w", f.Path, r.Name, err)
	}
	return out.Bytes(), nil
}
