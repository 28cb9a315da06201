package docker

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/providers"
)

func TestRecipes(t *testing.T) {
	thirteen, twelve := mustRecipe(t, ""), mustRecipe(t, "debian-12")
	if thirteen != mustRecipe(t, "debian:13") || thirteen.suite != "trixie" || twelve.suite != "bookworm" {
		t.Errorf("recipes %+v and %+v", thirteen, twelve)
	}
	refs := map[string]bool{}
	for _, ref := range []string{thirteen.ref(""), twelve.ref(""), thirteen.ref("http://mirror/debian")} {
		if refs[ref] || !strings.HasPrefix(ref, "ecluster-node:debian-1") {
			t.Errorf("reference %q", ref)
		}
		refs[ref] = true
	}
	if _, ok := recipeFor("lab/node:1"); ok {
		t.Error("a foreign image has a recipe")
	}
}

func TestForeignImageIsPulled(t *testing.T) {
	s, d := newStub(t, map[string]http.HandlerFunc{
		"POST /images/create": reply(`{"status":"Pulling"}{"status":"done"}`),
	})
	if err := d.ensureImage(t.Context(), "lab/node:1", func(string, string) {}); err != nil || !s.sent("POST /images/create") {
		t.Error(err)
	}
	_, d = newStub(t, map[string]http.HandlerFunc{
		"POST /images/create": reply(`{"status":"Pulling"}{"errorDetail":{"message":"denied"}}`),
	})
	err := d.ensureImage(t.Context(), "lab/node:1", func(string, string) {})
	if d.ErrorKind(err) != providers.NotFound || !strings.Contains(err.Error(), "denied") || !strings.Contains(err.Error(), defaultImage) {
		t.Errorf("error %v", err)
	}
}

func TestNoWayToAnImage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	_, d := newStub(t, map[string]http.HandlerFunc{
		"POST /images/create": refuse(http.StatusInternalServerError, "no such host"),
	})
	err := d.ensureImage(t.Context(), "debian-13", func(string, string) {})
	if d.ErrorKind(err) != providers.NotFound || !strings.Contains(err.Error(), "no such host") || !strings.Contains(err.Error(), "mmdebstrap") {
		t.Errorf("error %v", err)
	}
}

// TestBuildFromPackages has a program in mmdebstrap's place: only what it
// wrote whole may get the name of the image.
func TestBuildFromPackages(t *testing.T) {
	for _, tc := range []struct {
		name, script, text string
		ok                 bool
	}{
		{"good", "echo 'I: extracting archives...' >&2; echo content", "", true},
		{"fails after half of it", "echo half; echo 'E: no space left' >&2; exit 1", "E: no space left", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bin := t.TempDir()
			write(t, filepath.Join(bin, "mmdebstrap"), "#!/bin/sh\n"+tc.script+"\n")
			if err := os.Chmod(filepath.Join(bin, "mmdebstrap"), 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			var imported bytes.Buffer
			s, d := newStub(t, map[string]http.HandlerFunc{
				"POST /images/create": func(w http.ResponseWriter, r *http.Request) {
					if _, err := io.Copy(&imported, r.Body); err != nil {
						return
					}
					reply(`{"status":"sha256:1"}`)(w, r)
				},
				"POST /images/sha256:1/tag": reply(""),
			})
			var said []string
			err := d.buildFromPackages(t.Context(), mustRecipe(t, "debian-13"), func(_, m string) { said = append(said, m) })
			if (err == nil) != tc.ok || err != nil && !strings.Contains(err.Error(), tc.text) {
				t.Errorf("error %v", err)
			}
			if s.sent("POST /images/sha256:1/tag") != tc.ok {
				t.Errorf("named: %t", !tc.ok)
			}
			if tc.ok && (imported.String() != "content\n" || len(said) != 1) {
				t.Errorf("imported %q, said %q", imported.String(), said)
			}
		})
	}
}

// TestImportFails: the engine refuses while mmdebstrap would go on for ever.
func TestImportFails(t *testing.T) {
	bin := t.TempDir()
	write(t, filepath.Join(bin, "mmdebstrap"), "#!/bin/sh\nexec yes\n")
	if err := os.Chmod(filepath.Join(bin, "mmdebstrap"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	_, d := newStub(t, map[string]http.HandlerFunc{
		"POST /images/create": refuse(http.StatusInternalServerError, "no space left on device"),
	})
	err := d.buildFromPackages(t.Context(), mustRecipe(t, "debian-13"), func(string, string) {})
	if err == nil || !strings.Contains(err.Error(), "import image debian-13") {
		t.Errorf("error %v", err)
	}
}

func TestBuildFromBaseFails(t *testing.T) {
	r := mustRecipe(t, "debian-13")
	_, d := newStub(t, map[string]http.HandlerFunc{
		"GET /images/debian:13/json": reply(`{"Id":"sha256:1"}`),
		"POST /build":                reply(`{"stream":"Setting up sudo (1.9) ...\n"}{"stream":"E: no space left\n"}{"errorDetail":{"message":"returned 100"}}`),
	})
	var said []string
	err := d.build(t.Context(), r, func(_, m string) { said = append(said, m) })
	if err == nil || !strings.Contains(err.Error(), "returned 100") || !strings.HasSuffix(err.Error(), "E: no space left") {
		t.Errorf("error %v", err)
	}
	if len(said) != 2 || said[1] != "installing sudo" {
		t.Errorf("said %q", said)
	}
}

func TestAnonymize(t *testing.T) {
	var in, out bytes.Buffer
	err := writeTar(&in,
		tarFile{name: "etc/", mode: 0o755},
		tarFile{name: "etc/machine-id", mode: 0o444, data: "0123"},
		tarFile{name: "etc/ssh/ssh_host_ed25519_key", mode: 0o600, data: "secret"},
		tarFile{name: "etc/ssh/sshd_config", mode: 0o644, data: "UseDNS no"},
		tarFile{name: "root/.ssh/", mode: 0o700},
		tarFile{name: "root/.ssh/authorized_keys", mode: 0o600, data: "key"},
		tarFile{name: "var/log/journal/", mode: 0o755},
		tarFile{name: "var/log/journal/0123/", mode: 0o755},
		tarFile{name: "usr/bin/tool", mode: 0o755, data: "tool"},
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := anonymize(&out, &in); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for r := tar.NewReader(&out); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(r)
		got[h.Name] = string(data)
	}
	want := map[string]string{
		"etc/": "", "etc/machine-id": "", "etc/ssh/sshd_config": "UseDNS no",
		"root/.ssh/": "", "var/log/journal/": "", "usr/bin/tool": "tool",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	said := newTail(2)
	w := &lineWriter{handle: said.add}
	for _, s := range []string{"one\ntw", "o\n\nthree\nrest"} {
		if n, err := w.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatal(n, err)
		}
	}
	if got := said.String(); got != "  two\n  three" {
		t.Errorf("%q", got)
	}
}
