package engine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestNameScript: the name service starts again when an address has got another
// name, or when a cluster wakes up with other addresses, and at no other time.
func TestNameScript(t *testing.T) {
	t.Parallel()
	const restarts = "restart ecluster-names.service\n"
	for name, test := range map[string]struct {
		before map[string]string // the files that are there: address by name
		awoken bool
		told   string
		after  map[string]string
		does   string
	}{
		"the first": {
			told:  "10.0.0.2 a\n10.0.0.3 b\n",
			after: map[string]string{"a": "10.0.0.2", "b": "10.0.0.3"},
		},
		"the same again": {
			before: map[string]string{"a": "10.0.0.2", "b": "10.0.0.3"},
			awoken: true, told: "10.0.0.2 a\n10.0.0.3 b\n",
			after: map[string]string{"a": "10.0.0.2", "b": "10.0.0.3"},
		},
		"a new machine in place of one": {
			before: map[string]string{"a": "10.0.0.2", "b": "10.0.0.3"},
			told:   "10.0.0.4 b\n",
			after:  map[string]string{"a": "10.0.0.2", "b": "10.0.0.4"},
		},
		"the address of one that is gone": {
			before: map[string]string{"a": "10.0.0.2", "b": "10.0.0.3"},
			told:   "10.0.0.3 c\n",
			after:  map[string]string{"a": "10.0.0.2", "c": "10.0.0.3"},
			does:   restarts,
		},
		"they changed places": {
			before: map[string]string{"a": "10.0.0.2", "b": "10.0.0.3"},
			told:   "10.0.0.3 a\n10.0.0.2 b\n",
			after:  map[string]string{"a": "10.0.0.3", "b": "10.0.0.2"},
			does:   restarts,
		},
		"again after a cut": {
			before: map[string]string{"a": "10.0.0.2", ".again": ""},
			told:   "10.0.0.2 a\n",
			after:  map[string]string{"a": "10.0.0.2"},
			does:   restarts,
		},
		"set up after it woke up elsewhere": {
			before: map[string]string{"a": "10.0.0.2"},
			awoken: true, told: "10.0.0.9 a\n10.0.0.3 b\n",
			after: map[string]string{"a": "10.0.0.9", "b": "10.0.0.3"},
			does:  restarts,
		},
		"the first set-up": {
			awoken: true, told: "10.0.0.9 a\n",
			after: map[string]string{"a": "10.0.0.9"},
		},
		"awake elsewhere": {
			before: map[string]string{"a": "10.0.0.2", "b": "10.0.0.3"},
			awoken: true, told: "10.0.0.9 b\n",
			after: map[string]string{"a": "10.0.0.2", "b": "10.0.0.9"},
			does:  restarts,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, bin := t.TempDir(), t.TempDir()
			did := filepath.Join(bin, "did")
			for path, text := range map[string]string{did: "", filepath.Join(bin, "systemctl"): "#!/bin/sh\necho \"$*\" >>" + did + "\n"} {
				if err := os.WriteFile(path, []byte(text), 0o700); err != nil { //nolint:gosec // one is a program
					t.Fatal(err)
				}
			}
			for name, address := range test.before {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(address+" "+name+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf(nameScript, dir, test.told, test.awoken))
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if got, _ := os.ReadFile(did); string(got) != test.does {
				t.Errorf("it did %q, want %q", got, test.does)
			}
			for name := range test.before {
				if _, err := os.Stat(filepath.Join(dir, name)); test.after[name] == "" && err == nil {
					t.Errorf("%s still has an address", name)
				}
			}
			for name, address := range test.after {
				if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != address+" "+name+"\n" {
					t.Errorf("%s is %q, want %s", name, got, address)
				}
			}
		})
	}
}
