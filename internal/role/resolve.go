package role

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Resolve completes the roles of a node: it adds the roles that others require
// with default parameters, fills in defaults, tells unlabelled uses of a
// repeatable role apart, drops exact duplicates, and puts each role after those
// that it requires while it otherwise keeps the order. Resolving a result again
// changes nothing.
func (l *Library) Resolve(uses []cluster.RoleUse) ([]cluster.RoleUse, error) {
	r := resolver{lib: l, byRole: make(map[string][]int), state: make(map[int]int)}
	var errs []error
	for _, u := range uses {
		errs = append(errs, r.add(u))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for i := range len(r.uses) {
		errs = append(errs, r.visit(i, nil))
	}
	errs = append(errs, r.conflicts())
	return r.out, errors.Join(errs...)
}

type resolver struct {
	lib    *Library
	uses   []cluster.RoleUse
	byRole map[string][]int // name to indexes of uses
	state  map[int]int      // of a use: visiting, then visited
	out    []cluster.RoleUse
}

// add takes a use in, unless it is there already.
func (r *resolver) add(u cluster.RoleUse) error {
	role, err := r.lib.find(u.Name)
	if err != nil {
		return err
	}
	params, err := role.Params.DecodeMap(u.Params)
	if err != nil {
		return fmt.Errorf("use role %s: %w", u.Name, err)
	}
	if len(params) > 0 || u.Params != nil {
		u.Params = params
	}
	for _, i := range r.byRole[u.Name] {
		same := reflect.DeepEqual(r.uses[i].Params, u.Params)
		switch {
		case same && r.uses[i].Label == u.Label:
			return nil
		case !role.Repeatable:
			return fmt.Errorf("use role %s: a node can have it only once, but it is used twice with different parameters; "+
				"give it all of them in one place", u.Name)
		}
	}
	u.Label = r.freeLabel(u, role)
	r.byRole[u.Name] = append(r.byRole[u.Name], len(r.uses))
	r.uses = append(r.uses, u)
	return nil
}

// freeLabel is the label of u, or one that no other use of its role has.
func (r *resolver) freeLabel(u cluster.RoleUse, role *Role) string {
	taken := func(label string) bool {
		return slices.ContainsFunc(r.byRole[u.Name], func(i int) bool { return r.uses[i].Label == label })
	}
	label := u.Label
	for n := 2; role.Repeatable && taken(label); n++ {
		label = strings.TrimPrefix(u.Label+"-", "-") + strconv.Itoa(n)
	}
	return label
}

// The states of a use.
const (
	visiting = 1 + iota
	visited
)

// visit puts a use out after all uses of the roles that it requires.
func (r *resolver) visit(i int, path []string) error {
	name := r.uses[i].Name
	switch path = append(path, name); r.state[i] {
	case visited:
		return nil
	case visiting:
		from := slices.Index(path, name)
		return fmt.Errorf("order the roles: %s; one of them must stop requiring the next", strings.Join(path[from:], " requires "))
	}
	r.state[i] = visiting
	role, err := r.lib.find(name)
	if err != nil {
		return err
	}
	for _, required := range role.Requires {
		if len(r.byRole[required]) == 0 {
			if err := r.add(cluster.RoleUse{Name: required}); err != nil {
				return fmt.Errorf("add what role %s requires: %w", name, err)
			}
		}
		for _, j := range r.byRole[required] {
			if err := r.visit(j, path); err != nil {
				return err
			}
		}
	}
	r.state[i] = visited
	r.out = append(r.out, r.uses[i])
	return nil
}

func (r *resolver) conflicts() error {
	var errs []error
	for _, u := range r.out {
		role, err := r.lib.find(u.Name)
		if err != nil {
			return err
		}
		for _, other := range role.Conflicts {
			if len(r.byRole[other]) > 0 {
				errs = append(errs, fmt.Errorf("use role %s: it can't be on the same node as %s; put them on different node groups", u.Name, other))
			}
		}
	}
	return errors.Join(errs...)
}
