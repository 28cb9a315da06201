package spec

import (
	"strings"
	"testing"
)

func TestCheckAccounts(t *testing.T) {
	t.Parallel()
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAe2gW+YJOlMN48WrgG1uQ6iSo8+oFDL8tIwhWi4UGvB ada@x\n"
	user := func(name string, uid float64, more ...any) map[string]any {
		m := map[string]any{"name": name, "uid": uid}
		for i := 0; i+1 < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	for _, tc := range []struct {
		name  string
		param string
		list  []any
		want  string // "" where all is well
	}{
		{"well", "users", []any{user("ada", 2001, "keys", []any{key}, "shell", "/bin/zsh", "groups", []any{"chem"}), user("bob", 2002)}, ""},
		{"none", "users", nil, ""},
		{"same uid", "users", []any{user("ada", 2001), user("bob", 2001)}, "ada and bob have the same uid, 2001"},
		{"twice", "users", []any{user("ada", 2001), user("ada", 2002)}, "ada is in the list twice"},
		{"system uid", "users", []any{user("ada", 33)}, "the uid of ada is 33"},
		{"half a uid", "users", []any{user("ada", 2001.5)}, "the uid of ada is 2001.5"},
		{"system user", "users", []any{user("root", 2001)}, "is a user of the system"},
		{"no name", "users", []any{user("Ada L", 2001)}, "is no user name"},
		{"private key", "users", []any{user("ada", 2001, "keys", []any{"-----BEGIN OPENSSH PRIVATE KEY-----"})}, "a private one"},
		{"no key", "users", []any{user("ada", 2001, "keys", []any{"id_ed25519.pub"})}, "is no public SSH key"},
		{"two keys in one", "users", []any{user("ada", 2001, "keys", []any{key + key})}, "is no public SSH key"},
		{"bad group", "users", []any{user("ada", 2001, "groups", []any{"a b"})}, "is no name of a group"},
		{"bad shell", "users", []any{user("ada", 2001, "shell", "bash")}, "is no shell for ada"},
		{"same gid", "groups", []any{map[string]any{"name": "a", "gid": 3000.0}, map[string]any{"name": "b", "gid": 3000.0}}, "have the same gid"},
		{"bad name of a group", "groups", []any{map[string]any{"name": "a|b", "gid": 3000.0}}, "is no name of a group"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := checkAccounts(tc.param)(tc.list)
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("got %v, not %q", err, tc.want)
			}
		})
	}
}
