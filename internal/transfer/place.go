package transfer

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Place is one side of a copy, as the user typed it.
type Place struct {
	Cluster cluster.Name // "" is this computer
	Nodes   string       // a node, a set of nodes or a group; "" is the frontend
	Path    string       // relative to the home on a node; never empty
}

// ParsePlace reads "NAME:path", "NAME:nodes:path", or a file of this computer.
// Whoever has a local file with a colon in its name writes ./a:b.
func ParsePlace(s string) Place {
	name, rest, found := strings.Cut(s, ":")
	if !found || name == "" || strings.Contains(name, "/") {
		return Place{Path: s}
	}
	p := Place{Cluster: cluster.Name(name), Path: rest}
	if nodes, below, two := strings.Cut(rest, ":"); two && nodes != "" && !strings.Contains(nodes, "/") {
		p.Nodes, p.Path = nodes, below
	}
	switch {
	case p.Path == "" || p.Path == "~":
		p.Path = "."
	case strings.HasPrefix(p.Path, "~/"):
		p.Path = "./" + strings.TrimLeft(p.Path[2:], "/")
	}
	return p
}

// base is what a source is called at the target; "" for a folder that is named
// as "." or "/" and gives only what is in it.
func base(name string) string {
	name = path.Clean(name)
	if b := path.Base(name); b != "." && b != ".." && b != "/" {
		return b
	}
	return ""
}

// itemsOf gives sources their names at the target.
func itemsOf(sources []string) ([]Item, error) {
	items := make([]Item, len(sources))
	names := map[string]string{}
	for i, s := range sources {
		items[i] = Item{Path: s, Name: base(s)}
		if other, double := names[items[i].Name]; double {
			return nil, fmt.Errorf("%s and %s would both become %q", other, s, items[i].Name)
		}
		names[items[i].Name] = s
	}
	return items, nil
}

// aim says in which folder, and under which name where it is another, items
// end that are copied to name. stat looks at the target, and dir says of the
// only item whether it is a folder.
func aim(stat func(string) (fs.FileInfo, error), name string, items []Item, dir bool) (folder, as string, err error) {
	there, err := stat(name)
	switch {
	case err == nil && there.IsDir():
		return name, "", nil
	case err != nil && !isMissing(err):
		return "", "", err
	case len(items) > 1:
		return "", "", fmt.Errorf("%s is no folder, which several files could go to", name)
	case err == nil && dir:
		return "", "", fmt.Errorf("%s is a file there, and no folder can take its place", name)
	case strings.HasSuffix(name, "/") && !dir:
		return "", "", fmt.Errorf("there is no folder %s", name)
	}
	name = strings.TrimRight(name, "/")
	folder, as = path.Split(name)
	switch parent, err := stat(dot(folder)); {
	case isMissing(err) || err == nil && !parent.IsDir():
		return "", "", fmt.Errorf("there is no folder %s", dot(folder))
	case err != nil:
		return "", "", err
	case properName(as) != nil:
		return "", "", errors.New("the name at the target is missing")
	}
	return dot(folder), as, nil
}

// dot is a folder's name, also of the one that needs none.
func dot(folder string) string {
	if folder == "" {
		return "."
	}
	return folder
}
