package spec

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ecluster/ecluster/internal/schema"
)

// roleUsers is the role whose accounts are looked at here: a wrong number shows
// on the first node only after minutes.
const roleUsers = "users"

var (
	groupForm = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)
	shellForm = regexp.MustCompile(`^/[A-Za-z0-9/._-]+$`)
	keyForm   = regexp.MustCompile(`^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^|\n]*)?\n?$`)
)

// checkAccounts returns the check of one parameter of the role users, or nil.
func checkAccounts(param string) func(any) error {
	switch param {
	case "users":
		return func(v any) error {
			return eachNumbered(v, "uid", func(name string, user schema.Values) error {
				if err := checkUser(name); err != nil {
					return err
				}
				return checkAccount(name, user)
			})
		}
	case "groups":
		return func(v any) error {
			return eachNumbered(v, "gid", func(name string, _ schema.Values) error {
				if !groupForm.MatchString(name) {
					return fmt.Errorf("%q is no name of a group: lower-case letters, digits, _ and -, at most 32", name)
				}
				return nil
			})
		}
	}
	return nil
}

// eachNumbered checks a list of things that have a name and a number of their
// own, and each of them.
func eachNumbered(v any, number string, check func(name string, one schema.Values) error) error {
	list, _ := v.([]any)
	names, owners := map[string]bool{}, map[int]string{}
	for _, e := range list {
		m, _ := e.(map[string]any)
		one := schema.Values(m)
		name, id := one.String("name"), one.Int(number)
		if err := check(name, one); err != nil {
			return err
		}
		if f, _ := m[number].(float64); f != float64(id) || id < 1000 || id > 60000 {
			return fmt.Errorf("the %s of %s is %v: choose a whole number from 1000 to 60000", number, name, m[number])
		}
		if names[name] {
			return fmt.Errorf("%s is in the list twice: remove one", name)
		}
		if other, taken := owners[id]; taken {
			return fmt.Errorf("%s and %s have the same %s, %d: give one of them another", other, name, number, id)
		}
		names[name], owners[id] = true, name
	}
	return nil
}

// checkAccount checks what else stands in an account.
func checkAccount(name string, user schema.Values) error {
	if shell := user.String("shell"); shell != "" && !shellForm.MatchString(shell) {
		return fmt.Errorf("%q is no shell for %s; write its path, as in \"/bin/bash\"", shell, name)
	}
	for _, g := range user.Strings("groups") {
		if !groupForm.MatchString(g) {
			return fmt.Errorf("%q, a group of %s, is no name of a group", g, name)
		}
	}
	for _, k := range user.Strings("keys") {
		if strings.Contains(k, "PRIVATE KEY") {
			return fmt.Errorf("a key of %s is a private one, which must never leave its owner: give the public one, from the file that ends in .pub", name)
		}
		if !keyForm.MatchString(k) {
			return fmt.Errorf("%.40q, a key of %s, is no public SSH key; it looks like \"ssh-ed25519 AAAA… name\"", k, name)
		}
	}
	return nil
}
