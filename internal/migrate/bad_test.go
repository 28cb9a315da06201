package migrate_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ecluster/ecluster/internal/migrate"
)

// whole is a configuration that is right, to be made wrong in one place.
const whole = `[cloud/c]
provider=google
gce_project_id=p
[login/l]
image_user=ada
[setup/s]
frontend_groups=slurm_master
compute_groups=slurm_worker
[cluster/lab]
cloud=c
login=l
setup=s
image_id=debian-12
flavor=e2-small
frontend_nodes=1
compute_nodes=2
`

// TestBadInput: each mistake has its line, and what to do.
func TestBadInput(t *testing.T) {
	tests := []struct {
		name, from, to string // what is replaced in whole
		line           int    // of the diagnostic; 0 has none
		says           string
		good           bool // a warning: the cluster is converted
	}{
		{"no header", "[cloud/c]\n", "", 1, "must be the header of a section", false},
		{"header without an end", "[login/l]", "[login/l", 4, "Write the header as [kind/name]", false},
		{"no equals sign", "flavor=e2-small", "flavor e2-small", 14, "Write key=value", false},
		{"no name", "flavor=", "=", 14, "Option without a name", false},
		{"section twice", "[setup/s]", "[login/l]\nimage_sudo=no\n[setup/s]", 6, "begins at config:4 already", true},
		{"option twice", "flavor=", "flavor=e2-micro\nflavor=", 15, "has another value at config:14", true},
		{"no such section", "setup=s", "setup=slurm", 12, "There is no [setup/slurm]", false},
		{"no reference", "login=l\n", "", 8 + 1, "has no login=NAME", false},
		{"unknown provider", "provider=google", "provider=gogle", 2, "Did you mean \"google\"?", false},
		{"no provider", "provider=google\n", "", 1, "has no provider=NAME", false},
		{"loop", "flavor=e2-small", "a=%(b)s\nb=%(a)s\nflavor=%(a)s", 16, "in a circle", false},
		{"grows", "flavor=e2-small", grows(), 24, "grows beyond 64 KB", false},
		{"name of nothing", "flavor=e2-small", "flavor=%(size)s", 14, "names an option that neither [cluster/lab] nor [DEFAULT] has", false},
		{"percent", "flavor=e2-small", "flavor=100%", 14, "a percent sign is written %%", false},
		{"open name", "flavor=e2-small", "flavor=%(size", 14, "that no \")s\" ends", false},
		{"no number", "compute_nodes=2", "compute_nodes=two", 16, "write a whole number", false},
		{"negative", "compute_nodes=2", "compute_nodes=-2", 16, "write a whole number", false},
		{"no nodes", "frontend_nodes=1\ncompute_nodes=2\n", "", 9, "no option CLASS_nodes", false},
		{"no cluster", "[cluster/lab]", "[claster/lab]", 0, "has no section [cluster/NAME]", false},
		{"Latin-1", "[login/l]", "# Z\xfcrich\n[login/l]", 4, "taken for Latin-1", true},
		{"NUL", "[login/l]", "\x00[login/l]", 4, "has a NUL byte in line 4", false},
		{"UTF-16", whole, "[\x00c\x00]\x00", 1, "iconv -f UTF-16", false},
		{"huge", "flavor=e2-small", "flavor=" + strings.Repeat("x", 2<<20), 0, "more than 1 MB", false},
		{"empty", whole, "", 0, "has no section [cluster/NAME]", false},
		{"byte order mark", "[cloud/c]", "\ufeff[cloud/c]", -1, "", true},
		{"lines of DOS", "\n", "\r\n", -1, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			text := strings.Replace(whole, tt.from, tt.to, 1)
			if tt.from == "\n" {
				text = strings.ReplaceAll(whole, "\n", "\r\n")
			}
			write(t, "config", text)
			r, diags := convert("config")
			if got := len(r.Clusters) == 1; got != tt.good {
				t.Errorf("converted: %v, want %v", got, tt.good)
			}
			if tt.line < 0 {
				if len(diags) > 0 {
					t.Errorf("complaints about what is right: %v", diags.Errs())
				}
				return
			}
			if len(diags) != 1 {
				t.Fatalf("%d diagnostics, not one: %v", len(diags), diags.Errs())
			}
			d := diags[0]
			if !strings.Contains(d.Summary+": "+d.Detail, tt.says) {
				t.Errorf("says %q: %q, not %q", d.Summary, d.Detail, tt.says)
			}
			line := 0
			if d.Subject != nil {
				line = d.Subject.Start.Line
			}
			if line != tt.line {
				t.Errorf("stands at line %d, not %d", line, tt.line)
			}
			if (d.Severity == hcl.DiagWarning) != tt.good {
				t.Errorf("has the severity %v", d.Severity)
			}
		})
	}
}

// grows are options of which each is ten times the one before.
func grows() string {
	var b strings.Builder
	b.WriteString("a0=xxxxxxxxxx\n")
	for i := range 9 {
		b.WriteString("a" + string(rune('1'+i)) + "=" + strings.Repeat("%(a"+string(rune('0'+i))+")s", 10) + "\n")
	}
	return b.String() + "flavor=%(a9)s"
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFiles: the places where ElastiCluster looks.
func TestFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	parts := strings.SplitAfter(whole, "gce_project_id=p\n")
	for _, dir := range []string{"config.d", "folder", "other"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, "config", parts[0])
	write(t, "config.d/more.conf", parts[1])
	write(t, "config.d/off.conf.disabled", "nonsense")
	write(t, "folder/all.conf", whole)
	write(t, "other/config", whole)
	for _, path := range []string{"config", "folder", "other"} {
		if r, diags := convert(path); len(r.Clusters) != 1 || len(diags) > 0 {
			t.Errorf("%s: %v %v", path, r.Clusters, diags.Errs())
		}
	}
	if err := os.Remove("config"); err != nil {
		t.Fatal(err)
	}
	if _, diags := convert("config"); !strings.Contains(diags.Error(), "There is no [cloud/c]") {
		t.Errorf("a folder config.d alone is not read: %v", diags)
	}
	if _, diags := convert("nowhere"); !strings.Contains(diags.Error(), "Can't read nowhere") {
		t.Errorf("no file: %v", diags)
	}
}

// TestSecretUnderAnotherName: a secret is not written under any name, however it
// gets there.
func TestSecretUnderAnotherName(t *testing.T) {
	const secret = "hunter2-hunter2"
	for name, change := range map[string][2]string{
		"named":        {"gce_project_id=p", "client_secret=" + secret + "\ngce_project_id=%(client_secret)s"},
		"twice":        {"gce_project_id=p", "client_secret=" + secret + "\nb=x-%(client_secret)s\ngce_project_id=%(b)s"},
		"by default":   {"[cloud/c]", "[DEFAULT]\nos_password=" + secret + "\n[cloud/c]\nnetwork=a/%(os_password)s"},
		"shared":       {"[cloud/c]", "[DEFAULT]\nword=" + secret + "\n[cloud/c]\nclient_secret=%(word)s\nzone=%(word)s"},
		"elsewhere":    {"[cloud/c]", "[DEFAULT]\nword=" + secret + "\n[cloud/d]\nsecret=%(word)s\n[cloud/c]\nzone=%(word)s"},
		"in a URL":     {"provider=google", "provider=ec2_boto\nec2_url=https://ada:" + secret + "@cloud.example/"},
		"of a module":  {"provider=google", "provider=opennebula\nendpoint=http://x/\nmy_pass=" + secret},
		"in a message": {"compute_nodes=2", "compute_nodes=%(my_token)s\nmy_token=" + secret},
		"start":        {"flavor=", "my_token=" + secret + "\nstart_timeout=%(my_token)s\nflavor="},
		"slurm":        {"compute_groups", "global_var_slurm_selecttype=%(my_token)s\nmy_token=" + secret + "\ncompute_groups"},
		"broken":       {"flavor=e2-small", "my_token=%(" + secret + ")s\nflavor=%(my_token)s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			text := strings.Replace(whole, change[0], change[1], 1)
			write(t, "config", text)
			r, diags := convert("config")
			out := string(all(r))
			for _, d := range diags {
				out += d.Summary + d.Detail
			}
			for _, f := range r.Sources {
				out += string(f.Bytes)
			}
			if strings.Contains(out, secret) {
				t.Errorf("it shows the secret:\n%s", out)
			}
			if !strings.Contains(out, ": secret: ") {
				t.Errorf("the report does not tell of it:\n%s", out)
			}
		})
	}
}

// A boot script that takes a secret is a file for its owner alone.
func TestBootScriptWithASecret(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "config", strings.Replace(whole, "flavor=", "db_pwd=hunter2\nimage_userdata=login %(db_pwd)s\nflavor=", 1))
	r, diags := convert("config")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for _, f := range r.Files {
		if strings.Contains(string(f.Text), "hunter2") && !f.Private {
			t.Errorf("%s can be read by all:\n%s", f.Name, f.Text)
		}
	}
}

// TestWrite: nothing is overwritten, and what may hold secrets is for one's own
// eyes.
func TestWrite(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "config", whole+"image_userdata=echo root:example | chpasswd; API_TOKEN=for-the-spec\n")
	r, _ := convert("config")
	if _, err := r.Write("specs", false); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{".": 0o700, "lab-compute.userdata.sh": 0o600} {
		info, err := os.Stat(filepath.Join("specs", name))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != want {
			t.Errorf("specs/%s has the mode %04o, not %04o", name, mode, want)
		}
	}
	if b, err := os.ReadFile(filepath.Join("specs", "lab.ecluster.hcl")); err != nil || strings.Contains(string(b), "for-the-spec") {
		t.Errorf("what may be a secret is in the spec: %v\n%s", err, b)
	}
	write(t, filepath.Join("specs", "lab.ecluster.hcl"), "# mine\n")
	if _, err := r.Write("specs", false); err == nil {
		t.Error("files were overwritten")
	}
	if b, _ := os.ReadFile(filepath.Join("specs", "lab.ecluster.hcl")); string(b) != "# mine\n" {
		t.Errorf("the file holds %q", b)
	}
	if _, err := r.Write("specs", true); err != nil {
		t.Error(err)
	}
	write(t, "file", "")
	if _, err := r.Write("file", false); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// FuzzConvert: whatever the configuration, nothing panics, the HCL can be
// parsed, and each option that was read is accounted for by somebody who looks.
func FuzzConvert(f *testing.F) {
	files, err := filepath.Glob("testdata/*.ini")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte(whole))
	f.Add([]byte(strings.ReplaceAll(whole, "image_id=debian-12", "image_userdata=#!/bin/sh\n  echo ${HOME} %{ if } */ <<EOT\n  EOT\nimage_id=\"${x}\n #")))
	f.Fuzz(func(t *testing.T, src []byte) {
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, src, 0o600); err != nil {
			t.Fatal(err)
		}
		r, diags := convert(path)
		if len(r.Clusters) == 0 && !diags.HasErrors() {
			t.Fatal("there is no cluster, and nobody says why")
		}
		for _, file := range r.Files {
			if !strings.HasSuffix(file.Name, ".hcl") {
				continue
			}
			if _, ds := hclsyntax.ParseConfig(file.Text, file.Name, hcl.InitialPos); ds.HasErrors() {
				t.Fatalf("%v\n%s", ds, file.Text)
			}
		}
		if _, _, err := r.Check(language()); err != nil {
			t.Fatal(err)
		}
		for _, n := range r.Notes {
			if n.Line < 1 || n.Reason == "" || n.Kind == migrate.Kind("") {
				t.Fatalf("a note says nothing: %+v", n)
			}
		}
	})
}
