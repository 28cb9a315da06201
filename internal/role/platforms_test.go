package role_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/role/roletest"
	"github.com/ecluster/ecluster/roles"
)

var update = flag.Bool("update", false, "write the golden files anew")

// releases are the /etc/os-release of the platforms that roles may name.
var releases = map[string]string{
	"debian-12":    "ID=debian\nVERSION_ID=\"12\"\n",
	"debian-13":    "ID=debian\nVERSION_ID=\"13\"\n",
	"ubuntu-24.04": "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n",
	"rocky-9":      "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n",
	"almalinux-9":  "ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n",
}

// Pretended tools of a node, which only write down what they are asked for.
var pretended = map[string]string{
	"dpkg-query":             "#!/bin/sh\n",
	"dpkg":                   "#!/bin/sh\n",
	"debconf-set-selections": "#!/bin/sh\nsed 's/^/debconf /' >>\"$EC_ROOT/calls\"\n",
	"apt-get":                "#!/bin/sh\necho \"apt-get $(echo \"$*\" | sed 's/.*Packages=false //')\" >>\"$EC_ROOT/calls\"\n",
	"rpm":                    "#!/bin/sh\nfor p in \"$@\"; do echo \"package $p is not installed\"; done\n",
	"dnf":                    "#!/bin/sh\necho \"dnf $(echo \"$*\" | sed 's/--setopt=[^ ]* //g; s/^-y //')\" >>\"$EC_ROOT/calls\"\n",
	"systemctl": `#!/bin/sh
case $1 in
  show) printf 'ActiveState=active\nActiveEnterTimestampMonotonic=0\n' ;;
  restart | reload-or-restart) echo "systemctl $*" >>"$EC_ROOT/calls" ;;
esac
`,
	// install -m MODE -o OWNER -g GROUP -T SOURCE PATH
	"install": `#!/bin/sh
echo "file $(echo "${9%.ecluster-new}" | sed "s|^$EC_ROOT||") $2 $4:$6" >>"$EC_ROOT/calls"
cp "$8" "$9"
`,
}

// facts are the lists of facts in a role.hcl, which have no other node here.
var factLists = regexp.MustCompile(`(?ms)^\s*(wait|exports|requires)\s*=\s*\[.*?\]`)

// pretend is the role alone, with steps that only say that they ran.
func pretend(t *testing.T, r *role.Role) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(roles.FS, r.Name, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(roles.FS, name)
		files[name] = string(data)
		switch {
		case strings.HasPrefix(name, r.Name+"/steps/"):
			files[name] = "echo \"step $EC_PHASE/$EC_STEP\" >>\"$EC_ROOT/calls\"\n"
		case name == r.Name+"/role.hcl":
			files[name] = factLists.ReplaceAllString(files[name], "")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestPlatforms runs every role on each platform that it names, with the real
// runner and pretended tools, and compares which packages it installs, which
// files it writes and which steps it runs with what is known to be right.
func TestPlatforms(t *testing.T) {
	eachRole(t, func(t *testing.T, r *role.Role) {
		t.Helper()
		t.Parallel()
		var got strings.Builder
		for _, platform := range r.Platforms {
			release, known := releases[platform]
			if !known {
				t.Errorf("nobody knows the platform %s", platform)
				continue
			}
			n := newRig(t, pretend(t, r))
			n.uses = []cluster.RoleUse{{Name: r.Name, Params: sampleParams(r, "a")}}
			n.write("etc/os-release", release, 0o644)
			n.write("var/lib/apt/lists/mirror_InRelease", "", 0o644)
			for tool, script := range pretended {
				n.write("bin/"+tool, script, 0o755)
			}
			n.must()
			calls := strings.Join(n.calls(), "\n")
			fmt.Fprintf(&got, "## %s\n%s\n\n", platform, calls)
			if len(r.Packages) > 0 && !strings.Contains(calls, " install ") {
				t.Errorf("it has packages, but none for %s", platform)
			}
			roletest.Proved(t, platform, roletest.Golden, r.Name)
		}
		golden := filepath.Join("testdata", "platforms", r.Name+".golden")
		if *update {
			if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatalf("%v; run go test ./internal/role -run TestPlatforms -update", err)
		}
		if got.String() != string(want) {
			t.Errorf("it would do\n%s\nnot\n%s\nIf that is right: go test ./internal/role -run TestPlatforms -update", got.String(), want)
		}
	})
}
