package userconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/spec"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if c, file, diags := Load(home); diags.HasErrors() || file != nil || !cmp.Equal(c, Config{}) {
		t.Errorf("without a file: %+v %v", c, diags)
	}
	text := `output = "json"
ask_above_price = 2.5
ttl = "12h"
ssh_from = ["auto", "192.0.2.0/24"]
`
	if err := os.WriteFile(filepath.Join(home, Name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, diags := Load(home)
	want := Config{
		Output: "json", AskAbovePrice: 2.5,
		Defaults: spec.Defaults{TTL: 12 * time.Hour, SSHFrom: []string{"auto", "192.0.2.0/24"}},
	}
	if diff := cmp.Diff(want, c); diff != "" || diags.HasErrors() {
		t.Errorf("%v\n(-want +got):\n%s", diags, diff)
	}
}

// Each mistake is told at its line.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\noutput = \"jsn\"\n":         "config.hcl:2,10-15: Wrong value of \"output\"; output: can't be \"jsn\". Did you mean \"json\"?",
		"outptu = \"json\"\n":          "config.hcl:1,1-7: Unknown attribute; There is no attribute \"outptu\" here. Did you mean",
		"ask_above_price = -1\n":       "must be more than 0",
		"ask_above_price = \"much\"\n": "must be a number",
		"ttl = \"soon\"\n":             "not a length of time",
		"ssh_from = [\"home\"]\n":      "neither \"auto\" nor an address",
		"ttl = env(\"X\")\n":           "config.hcl:1,7-",
		"cluster \"x\" {}\n":           "config.hcl:1,1-",
		"output = \n":                  "config.hcl:1,10-2,1: Invalid expression",
		"output = \"\xff\"\n":          "config.hcl:1",
	} {
		c, file, diags := parse([]byte(text), Name)
		if !diags.HasErrors() || !strings.Contains(diags.Error(), want) || file == nil || !cmp.Equal(c, Config{}) {
			t.Errorf("%q: %+v %v\nwant %s", text, c, diags, want)
		}
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, Name), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, diags := Load(home); !diags.HasErrors() || !strings.Contains(diags.Error(), "is a directory") {
		t.Errorf("a folder: %v", diags)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("output = \"json\"\nttl = \"1h\"\n"))
	f.Add([]byte("ssh_from = [null]\nask_above_price = 1e999\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, file, diags := parse(text, Name)
		if !diags.HasErrors() && file == nil {
			t.Error("neither a file nor a mistake")
		}
	})
}
