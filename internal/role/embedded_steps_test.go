package role_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// stepNode stands in for lib.sh on a node whose files are below $ROOT.
const stepNode = `set -eu
CHANGED="" EC_NODE=compute001 EC_FRONTEND=frontend001 EC_DIR=agent
die() { echo "die: $*"; exit 1; }
notice() { echo "$*"; }
unchanged() { echo unchanged; }
file_put() {
  mkdir -p "${1%/*}"
  cat >"$1.ecluster-new"
  if cmp -s "$1.ecluster-new" "$1"; then rm "$1.ecluster-new"; else mv -fT "$1.ecluster-new" "$1"; CHANGED=1; fi
}
`

// embeddedStep runs a step of a role; what is absolute in it is below root, and
// fakes are shell functions for what the node has.
func embeddedStep(t *testing.T, root, step, fakes string) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("../../roles", step))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(script), "/etc/", root+"/etc/")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "ROOT="+root+"\n"+stepNode+fakes+"\n"+text)
	out, _ := cmd.CombinedOutput() // its end is in the text
	return strings.TrimSpace(string(out))
}

// wrote makes a file with the folders above it.
func wrote(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// podmanNode has the accounts ada and bob. Owners of files are written down,
// because only root could change them; without a word they are root's.
const podmanNode = `
getent() { printf 'root:x:0:0::/root:/bin/sh\nada:x:1002:2002::/home/ada:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n'; }
usermod() { kind=${1#--add-sub}; echo "$3:${2%-*}:65536" >>"$ROOT/etc/sub${kind%s}"; }
chown() { echo "$2 ${1%:*}" >>"$ROOT/owners"; }
stat() {
  case $1 in
    -f) echo ext2/ext3 ;;
    *) # -c '%F %u' PATH
      if [ -L "$3" ]; then printf 'symbolic link '; else printf 'directory '; fi
      awk -v path="$3" '$1 == path { owner = $2 } END { print owner + 0 }' "$ROOT/owners"
      ;;
  esac
}
EC_PARAM_STORAGE=$ROOT/containers
: >>"$ROOT/owners"
`

// TestPodmanUsers: each user has a folder and numbers that nobody else has, or
// had a hand in.
func TestPodmanUsers(t *testing.T) {
	const step = "podman/steps/users.sh"
	t.Run("twice", func(t *testing.T) {
		root := t.TempDir()
		for _, file := range []string{"subuid", "subgid"} {
			wrote(t, filepath.Join(root, "etc", file), "debian:100000:65536\nada:165536:65536\n")
		}
		if got := embeddedStep(t, root, step, podmanNode); got != "" {
			t.Errorf("it says %q", got)
		}
		for _, uid := range []string{"1001", "1002"} {
			if at, err := os.Stat(filepath.Join(root, "containers", uid)); err != nil || at.Mode().Perm() != 0o700 {
				t.Errorf("the folder of %s: %v, %v", uid, at, err)
			}
		}
		subuid, _ := os.ReadFile(filepath.Join(root, "etc/subuid"))
		if want := "debian:100000:65536\nada:165536:65536\nbob:231072:65536\n"; string(subuid) != want {
			t.Errorf("the numbers are\n%swant\n%s", subuid, want)
		}
		if got := embeddedStep(t, root, step, podmanNode); got != "unchanged" {
			t.Errorf("the second time it says %q", got)
		}
	})
	t.Run("a folder of somebody else's", func(t *testing.T) {
		root := t.TempDir()
		wrote(t, filepath.Join(root, "owners"), root+"/containers/1001 1002\n")
		wrote(t, filepath.Join(root, "containers/1001/layer"), "")
		if got := embeddedStep(t, root, step, podmanNode); !strings.Contains(got, "containers/1001 on compute001 is no folder of bob's") {
			t.Errorf("it says %q", got)
		}
	})
	for name, to := range map[string]string{"containers": "etc", "containers/1002": "../etc"} {
		t.Run("a link at "+name, func(t *testing.T) {
			root := t.TempDir()
			wrote(t, filepath.Join(root, "etc/some"), "")
			if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(to, filepath.Join(root, name)); err != nil {
				t.Fatal(err)
			}
			if got := embeddedStep(t, root, step, podmanNode); !strings.Contains(got, name+" on compute001 is no folder of ") {
				t.Errorf("it says %q", got)
			}
		})
	}
	for _, storage := range []string{"/", "", "containers", "/var/tmp/my containers"} {
		got := embeddedStep(t, t.TempDir(), step, podmanNode+"EC_PARAM_STORAGE='"+storage+"'")
		if want := `die: "` + storage + `" can't hold containers: write an absolute path such as "/var/tmp/containers"`; got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}

// TestModulePaths: a folder is made, or the user learns why it is not.
func TestModulePaths(t *testing.T) {
	root := t.TempDir()
	wrote(t, filepath.Join(root, "file"), "")
	fakes := "install() { mkdir \"$8\"; }\nEC_LOGIN_UID=1000\n" // install -d -m MODE -o UID -g UID PATH
	for path, want := range map[string]string{
		"":                   "",
		root + "/a/modules/": "",
		"modules":            `die: "modules" in paths of the role modules can't be a folder`,
		"/home/*/modules":    `die: "/home/*/modules" in paths of the role modules can't be a folder`,
		root + "/file":       "die: " + root + "/file on compute001 is no folder",
		root + "/file/below": "die: the folder for modulefiles " + root + "/file/below can't be made on compute001",
	} {
		got := embeddedStep(t, root, "modules/steps/paths.sh", fakes+"EC_PARAM_PATHS='"+path+"'")
		if i := strings.Index(got, "die: "); i > 0 {
			got = got[i:] // what mkdir says stands before it
		}
		if (want == "") != (got == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%q: it says %q, want %q", path, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "a/modules")); err != nil {
		t.Error(err)
	}
}

// TestNamesHosts: what the image has in /etc/hosts stays, but for the node's
// own name and the frontend's; the second time there is nothing to do.
func TestNamesHosts(t *testing.T) {
	const fakes = `
fact() { [ "$1" != get ] || echo 10.77.0.10; }
ip() { echo '10.77.0.10 dev eth0 src 10.77.0.11 uid 0'; }
unit() { [ "$1 $2" != "active NetworkManager.service" ] && echo "$@"; }
systemctl() { return 1; }
`
	for step, node := range map[string]struct{ hosts, said, again string }{
		"names-client/steps/ask.sh": {
			hosts: "127.0.0.1 localhost\n10.77.0.11 compute001.ecluster compute001\n10.77.0.10 frontend001.ecluster frontend001\n",
			again: "unchanged",
		},
		"names-server/steps/serve.sh": {
			hosts: "127.0.0.1 localhost\n10.77.0.11 compute001.ecluster compute001\n",
			said:  "enable ecluster-names.service\nrestart ecluster-names.service",
			again: "active ecluster-names.service\nunchanged",
		},
	} {
		t.Run(step, func(t *testing.T) {
			root := t.TempDir()
			hosts := filepath.Join(root, "etc/hosts")
			wrote(t, hosts, "127.0.0.1 localhost\n127.0.1.1 compute001.cloud compute001\n")
			wrote(t, filepath.Join(root, "etc/resolv.conf"), "nameserver 192.0.2.1\n")
			for _, want := range []string{node.said, node.again} {
				if said := embeddedStep(t, root, step, fakes); said != want {
					t.Errorf("it says %q, want %q", said, want)
				}
				if got, _ := os.ReadFile(hosts); string(got) != node.hosts {
					t.Errorf("/etc/hosts has\n%swant\n%s", got, node.hosts)
				}
			}
		})
	}
}
