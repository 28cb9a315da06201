package role_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/role"
)

// rpm pretends that what stands in the file installed is installed, one name a
// line.
const rpm = `#!/bin/sh
for p in "$@"; do
  case $p in -* | *%*) continue ;; esac
  if grep -qx "$p" "$EC_ROOT/installed"; then echo "$p"; else echo "package $p is not installed"; fi
done
`

// dnf notes how it was called and installs what it is asked for. The file
// fault is sourced first: it may do otherwise.
const dnf = `#!/bin/sh
echo "dnf $(echo "$*" | sed 's/--setopt=[^ ]* //g; s/^-y //')" >>"$EC_ROOT/calls"
[ ! -e "$EC_ROOT/fault" ] || . "$EC_ROOT/fault"
case $* in *' install '*) ;; *) exit 0 ;; esac
for p in ${*##* -- }; do echo "$p" >>"$EC_ROOT/installed"; done
`

func newRedHatRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, map[string]string{
		"one/role.hcl": `
summary  = "for tests"
packages = { debian = ["deb"], redhat = ["alpha", "epel:beta"], "almalinux-9" = ["alma"] }
platforms = ["rocky-9", "almalinux-9", "fedora-41"]
debconf  = ["alpha alpha/question string yes"]
step "after" {
  phase = "install"
  run   = "after.sh"
}`,
		"one/steps/after.sh": `pkg installed epel:beta || pkg installed alma`,
		"two/role.hcl": `
summary       = "for tests"
packages_from = "install"
param "install" {
  type    = list(string)
  default = ["delta=1.0"]
}`,
	})
	r.write("etc/os-release", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n", 0o644)
	r.write("bin/rpm", rpm, 0o755)
	r.write("bin/dnf", dnf, 0o755)
	r.write("installed", "", 0o644)
	return r
}

func TestRedHatPackages(t *testing.T) {
	for release, want := range map[string][]string{
		"ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n": {
			"dnf install -- dnf-plugins-core epel-release", "dnf config-manager --set-enabled crb", "dnf install -- alpha beta delta-1.0",
		},
		"ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.5\"\n": {"dnf install -- alma delta-1.0"},
		"ID=fedora\nVERSION_ID=41\n": {"dnf install -- alpha beta delta-1.0"},
	} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			r := newRedHatRig(t)
			r.write("etc/os-release", release, 0o644)
			r.must().expectChanged("os.packages", "one.after")
			if got := r.calls(); !slices.Equal(got, want) {
				t.Errorf("calls %q, want %q", got, want)
			}
			r.must().expectChanged()
			if got := r.calls(); len(got) != len(want) {
				t.Errorf("dnf was called when all was there: %q", got)
			}
			if r.has("var/lib/ecluster/packages-pending") {
				t.Error("something of the transaction is left")
			}
		})
	}
}

// TestRedHatFaults has what dnf 4.23 said in each case.
func TestRedHatFaults(t *testing.T) {
	install := "install -- alpha beta delta-1.0"
	for _, tc := range []struct {
		name, fault, message string
		calls                []string
	}{
		{
			name: "unknown package", fault: `echo "No match for argument: nopkg"; echo "Error: Unable to find a match: nopkg alpha"; exit 1`,
			message: "nopkg alpha: no such package in the node's repositories; check the name, or the image's package sources",
			calls:   []string{install, "--refresh " + install},
		},
		{
			name: "old lists", fault: `case $* in *--refresh*) ;; *) echo "[MIRROR] big.rpm: Status code: 404 for http://mirror/big.rpm (IP: 192.0.2.1)"; exit 1 ;; esac`,
			calls: []string{install, "--refresh " + install},
		},
		{
			name: "half mirrored", fault: `echo "[MIRROR] big.rpm: Status code: 404 for http://mirror/big.rpm (IP: 192.0.2.1)"; exit 1`,
			message: "the package repository can't be reached from the node: Status code: 404 for http://mirror/big.rpm (IP: 192.0.2.1); check the node's network and name service",
			calls:   []string{install, "--refresh " + install},
		},
		{
			name: "no network", fault: `printf '%s\n' "Errors during downloading metadata for repository 'gone':" "  - Curl error (6): Could not resolve hostname for http://gone.example/repomd.xml [Could not resolve host: gone.example]" "Error: Failed to download metadata for repo 'gone': Cannot download repomd.xml"; exit 1`,
			message: "the package repository can't be reached from the node: Curl error (6): Could not resolve hostname for http://gone.example/repomd.xml [Could not resolve host: gone.example]; check the node's network and name service",
			calls:   []string{install},
		},
		{
			name: "disk full", fault: `printf '%s\n' "Error: Transaction test error:" "  installing package big-1.0-1.noarch needs 20MB more space on the / filesystem" "   At least 20MB more space needed on the / filesystem."; exit 1`,
			message: "the node's disk is full: there is no room for alpha beta delta-1.0", calls: []string{install},
		},
		{
			name: "dependency", fault: `printf '%s\n' "Error: " " Problem: conflicting requests" "  - nothing provides nothere needed by beta-1.0-1.noarch from local"; exit 1`,
			message: "the packages don't fit together on this node; the log says which of alpha beta delta-1.0", calls: []string{install},
		},
		{
			name: "anything else", fault: `echo "Error: The sky fell"; exit 1`,
			message: "dnf failed: Error: The sky fell", calls: []string{install},
		},
		{
			name: "locked for a while", fault: `[ -e "$EC_ROOT/once" ] || { : >"$EC_ROOT/once"; exit 200; }`,
			calls: []string{install, install},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRedHatRig(t)
			r.write("etc/os-release", "ID=fedora\nVERSION_ID=41\n", 0o644)
			r.write("fault", tc.fault, 0o644)
			_, err := r.finish()
			var failed *role.StepError
			switch {
			case tc.message == "" && err != nil:
				t.Fatal(err)
			case tc.message != "" && (!errors.As(err, &failed) || failed.Message != tc.message || failed.Role != role.OS):
				t.Errorf("got %v, want %s", err, tc.message)
			}
			var calls []string
			for _, c := range r.calls() {
				calls = append(calls, strings.TrimPrefix(c, "dnf "))
			}
			if !slices.Equal(calls, tc.calls) {
				t.Errorf("calls %q, want %q", calls, tc.calls)
			}
		})
	}
}

// TestRedHatInterrupted: what rpm takes for installed although its scripts
// were cut off is installed again.
func TestRedHatInterrupted(t *testing.T) {
	t.Parallel()
	r := newRedHatRig(t)
	r.write("var/lib/ecluster/packages-pending", " alpha beta\n", 0o644)
	r.write("installed", "alpha\ndelta-1.0\nepel-release\ndnf-plugins-core\n", 0o644)
	r.must()
	want := []string{"dnf reinstall -- alpha", "dnf config-manager --set-enabled crb", "dnf install -- beta"}
	if got := r.calls(); !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
}

// TestSELinux: files get the label of their final path before they are there,
// and the verbs of steps do nothing where there is no SELinux.
func TestSELinux(t *testing.T) {
	files := map[string]string{
		"toy/role.hcl": `
summary = "for tests"
file "/etc/toy.conf" {
  template = "toy.tmpl"
  owner    = "OWNER"
}
step "go" {
  phase = "configure"
  run   = "go.sh"
}`,
		"toy/files/toy.tmpl": "x\n",
		"toy/steps/go.sh": `echo y | file_put "$EC_ROOT/etc/own.conf" 0644 OWNER
echo y | file_put "$EC_ROOT/tmp/any" 0644 OWNER
selinux boolean use_nfs_home_dirs
selinux boolean already_on
selinux label nfs_t /export
selinux restore /home/.ada`,
	}
	for _, enforcing := range []bool{true, false} {
		r := newRig(t, files)
		r.write("etc/os-release", "ID=rocky\nID_LIKE=\"rhel\"\nVERSION_ID=9.4\n", 0o644)
		for _, tool := range []string{"chcon", "setsebool", "semanage", "restorecon"} {
			r.write("bin/"+tool, "#!/bin/sh\necho \""+tool+" $(echo \"$*\" | sed \"s|$EC_ROOT||g\")\" >>\"$EC_ROOT/calls\"\n", 0o755)
		}
		r.write("bin/matchpathcon", "#!/bin/sh\ncase $2 in */tmp/any) echo '<<none>>' ;; *) echo \"system_u:object_r:$(basename \"$2\")_t:s0\" ;; esac\n", 0o755)
		r.write("bin/getsebool", "#!/bin/sh\ncase $1 in already_on) echo \"$1 --> on\" ;; *) echo \"$1 --> off\" ;; esac\n", 0o755)
		var want []string
		if enforcing {
			r.write("sys/fs/selinux/enforce", "1", 0o644)
			want = []string{
				"chcon -- system_u:object_r:toy.conf_t:s0 /etc/toy.conf.ecluster-new",
				"chcon -- system_u:object_r:own.conf_t:s0 /etc/own.conf.ecluster-new",
				"setsebool -P use_nfs_home_dirs on",
				"semanage fcontext -a -t nfs_t /export(/.*)?",
				"restorecon -R /export",
				"restorecon -R /home/.ada",
			}
		}
		r.must()
		if got := r.calls(); !slices.Equal(got, want) {
			t.Errorf("enforcing %v: calls %q, want %q", enforcing, got, want)
		}
	}
}
