package role_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/role"
)

// dpkgQuery pretends that what stands in the file installed is installed.
const dpkgQuery = `#!/bin/sh
cat "$EC_ROOT/installed"
`

// aptGet notes how it was called and whether services may start, and installs
// what it is asked for. The file apt is sourced first: it may do otherwise.
const aptGet = `#!/bin/sh
echo "apt-get $(echo "$*" | sed 's/.*Packages=false //') policy:$(sed -n '$p' "$EC_ROOT/usr/sbin/policy-rc.d" 2>/dev/null)" >>"$EC_ROOT/calls"
case $* in *' update') verb=update ;; *' install '*) verb=install ;; esac
[ ! -e "$EC_ROOT/apt" ] || . "$EC_ROOT/apt"
[ "$verb" = install ] || exit 0
for p in ${*##* -- }; do echo " $p:amd64 $p installed" >>"$EC_ROOT/installed"; done
`

const dpkg = `#!/bin/sh
echo "dpkg $*" >>"$EC_ROOT/calls"
`

func newPackagesRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, map[string]string{
		"one/role.hcl": `
summary  = "for tests"
packages = { debian = ["alpha", "beta"], redhat = ["rpm"] }
debconf  = ["alpha alpha/question string yes"]
step "after" {
  phase = "install"
  run   = "after.sh"
}`,
		"one/steps/after.sh": `[ ! -e "$EC_ROOT/usr/sbin/policy-rc.d" ]; pkg installed alpha`,
		"two/role.hcl": `
summary       = "for tests"
packages      = { debian = ["beta", "gamma"] }
packages_from = "install"
param "install" {
  type    = list(string)
  default = ["delta=1.0"]
}`,
	})
	r.write("bin/dpkg-query", dpkgQuery, 0o755)
	r.write("bin/apt-get", aptGet, 0o755)
	r.write("bin/dpkg", dpkg, 0o755)
	r.write("bin/debconf-set-selections", "#!/bin/sh\necho \"debconf $(cat)\" >>\"$EC_ROOT/calls\"\n", 0o755)
	r.write("installed", " beta:amd64 beta installed\n gamma:amd64 gamma not-installed\n", 0o644)
	r.write("var/lib/apt/lists/mirror_dists_trixie_InRelease", "", 0o644)
	return r
}

// calls are the programs that were called.
func (r *rig) calls() []string {
	if !r.has("calls") {
		return nil
	}
	return strings.Split(strings.TrimSpace(r.read("calls")), "\n")
}

func TestPackages(t *testing.T) {
	r := newPackagesRig(t)
	r.must().expectChanged("os.packages", "one.after")
	want := []string{
		"debconf alpha alpha/question string yes",
		"apt-get install --no-install-recommends -- alpha gamma delta=1.0 policy:exit 101",
	}
	if got := r.calls(); !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
	r.write("installed", r.read("installed")+" delta:amd64 delta installed\n", 0o644)
	r.must().expectChanged()
	if got := r.calls(); len(got) != len(want) {
		t.Errorf("apt was called when all was there: %q", got)
	}
	if r.has("usr/sbin/policy-rc.d") || r.has("var/lib/ecluster/packages-pending") {
		t.Error("something of the transaction is left")
	}
}

// TestPackageFaults: each has one sentence, and what can be repaired is.
func TestPackageFaults(t *testing.T) {
	for _, tc := range []struct {
		name, apt, lists string // apt is sourced by apt-get
		message          string // of the failure; none where empty
		calls            []string
	}{
		{name: "lists are missing", lists: "none", calls: []string{"update", "install"}},
		{
			name: "lists are old", apt: `[ "$verb" = update ] && : >"$EC_ROOT/new"; [ -e "$EC_ROOT/new" ] || { echo "E: Unable to locate package alpha"; exit 100; }`,
			calls: []string{"install", "update", "install"},
		},
		{
			name: "unknown package", apt: `[ "$verb" = update ] || { echo "E: Unable to locate package alpha"; exit 100; }`,
			message: "alpha: no such package in the node's repositories; check the name, or the image's package sources",
			calls:   []string{"install", "update", "install"},
		},
		{
			name: "wrong version", apt: `[ "$verb" = update ] || { echo "E: Version '1.0' for 'delta' was not found"; exit 100; }`,
			message: "delta=1.0: no such package in the node's repositories; check the name, or the image's package sources",
			calls:   []string{"install", "update", "install"},
		},
		{
			name: "half mirrored", apt: `[ "$verb" = update ] || { echo "E: Failed to fetch http://deb.example/alpha.deb  404  Not Found [IP: 192.0.2.1 80]"; exit 100; }`,
			message: "the package repository can't be reached from the node: 404 Not Found [IP: 192.0.2.1 80]; check the node's network and name service",
			calls:   []string{"install", "update", "install"},
		},
		{
			name: "versions that don't fit", apt: `echo "The following packages have unmet dependencies:"; echo "E: Unable to correct problems, you have held broken packages."; exit 100`,
			message: "the packages don't fit together on this node; the log says which of alpha gamma delta=1.0", calls: []string{"install"},
		},
		{
			name: "disk full", apt: `echo "E: You don't have enough free space in /var/cache/apt/archives/."; exit 100`,
			message: "the node's disk is full: there is no room for alpha gamma delta=1.0", calls: []string{"install"},
		},
		{
			name: "no network", lists: "none", apt: `echo "W: Failed to fetch http://deb.example/InRelease  Temporary failure resolving 'deb.example'"; exit 100`,
			message: "the package repository can't be reached from the node: Temporary failure resolving 'deb.example'; check the node's network and name service",
			calls:   []string{"update", "install"},
		},
		{
			name: "locked", apt: `echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (unattended-upgr)"; exit 100`,
			message: "another program has been installing packages on the node for two minutes; try again when it is done", calls: []string{"install"},
		},
		{
			name: "anything else", apt: `echo "E: The sky fell"; exit 100`,
			message: "apt-get failed: The sky fell", calls: []string{"install"},
		},
		{
			name: "interrupted dpkg", apt: `[ -e "$EC_ROOT/once" ] || { : >"$EC_ROOT/once"; echo "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'"; exit 100; }`,
			calls: []string{"install", "dpkg", "install"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newPackagesRig(t)
			r.write("apt", tc.apt, 0o644)
			if tc.lists == "none" {
				r.remove("var/lib/apt/lists/mirror_dists_trixie_InRelease")
			}
			_, err := r.finish()
			var failed *role.StepError
			switch {
			case tc.message == "" && err != nil:
				t.Fatal(err)
			case tc.message != "" && (!errors.As(err, &failed) || failed.Message != tc.message || failed.Role != role.OS):
				t.Errorf("got %v, want %s", err, tc.message)
			}
			var calls []string
			for _, c := range r.calls()[1:] { // the first is debconf's
				words := strings.Fields(strings.TrimPrefix(c, "apt-get "))
				calls = append(calls, words[0])
			}
			if !slices.Equal(calls, tc.calls) {
				t.Errorf("calls %q, want %q", calls, tc.calls)
			}
			if r.has("usr/sbin/policy-rc.d") {
				t.Error("the policy is left")
			}
		})
	}
}

// TestPackagesInterrupted: services may start again although the run was
// killed, an image's own policy is back, and the next run repairs dpkg first.
func TestPackagesInterrupted(t *testing.T) {
	t.Parallel()
	r := newPackagesRig(t)
	r.write("usr/sbin/policy-rc.d", "#!/bin/sh\n# the image's own\nexit 0\n", 0o755)
	r.write("apt", `sed -n '$p' "$EC_ROOT/usr/sbin/policy-rc.d" >"$EC_ROOT/pipe"; sleep 1000`, 0o644)
	started, _ := r.fifo("pipe")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := r.start(ctx, role.Options{})
	if got := await(t, "apt-get", started); got != "exit 101" {
		t.Errorf("the policy was %q", got)
	}
	cancel()
	if err := s.Wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := r.read("usr/sbin/policy-rc.d"); !strings.Contains(got, "own") {
		t.Errorf("the image's policy is now %q", got)
	}
	r.remove("apt")
	r.remove("calls")
	r.write("installed", " alpha:amd64 alpha installed\n beta:amd64 beta installed\n gamma:amd64 gamma installed\n delta:amd64 delta installed\n", 0o644)
	r.roles(map[string]string{"one/role.hcl": `
summary  = "for tests"
packages = { debian = ["alpha"] }
`})
	r.must().expectChanged("os.packages")
	want := []string{"dpkg --configure -a --force-confdef --force-confold", "apt-get -f install policy:exit 101"}
	if got := r.calls(); !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
	r.must().expectChanged()
}

func TestPackagesElsewhere(t *testing.T) {
	r := newPackagesRig(t)
	r.write("etc/os-release", "ID=plan9\n", 0o644)
	_, err := r.finish()
	if err == nil || !strings.HasPrefix(err.Error(), "packages: ecluster can't install packages on plan9 yet") {
		t.Errorf("got %v", err)
	}
}

// TestPackagesBySystem: of each role's lists the most specific counts.
func TestPackagesBySystem(t *testing.T) {
	for release, want := range map[string]string{
		"ID=debian\nVERSION_ID=\"13\"\n":                    "common family",
		"ID=debian\nVERSION_ID=\"12\"\n":                    "old common",
		"ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n": "noble common",
		"ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"22.04\"\n": "ubuntu common",
	} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			r := newPackagesRig(t)
			r.write("etc/os-release", release, 0o644)
			r.roles(map[string]string{
				"one/role.hcl": `
summary  = "for tests"
packages = {
  debian         = ["common", "family"]
  "debian-12"    = ["old", "common"]
  ubuntu         = ["ubuntu"]
  "ubuntu-24.04" = ["noble"]
  redhat         = ["rpm"]
}`,
				"two/role.hcl": `
summary  = "for tests"
packages = { debian = ["common"] }`,
			})
			r.must()
			call := "apt-get install --no-install-recommends -- " + want + " policy:exit 101"
			if got := r.calls(); !slices.Equal(got, []string{call}) {
				t.Errorf("calls %q, want %q", got, call)
			}
		})
	}
}
