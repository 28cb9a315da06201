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
		"the first set-up": {
			awoken: true, told: "10.0.0.9 a\n",
			after: map[string]string{"a": "10.0.0.9"},
		},
		"awake elsewhere": {
			before: map[string]string{"a": "10.0.0.2", "b": "10.0.0.4"},
			awoken: true, told: "10.0.0.9 b\n10.0.0.3 c\n",
			after: map[string]string{"a": "10.0.0.2", "b": "10.0.0.9", "c": "10.0.0.3"},
			does:  restarts,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, address := range test.before {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(address+" "+name+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			script := "systemctl() { echo \"$*\"; }\n" + fmt.Sprintf(nameScript, dir, test.told, test.awoken)
			did, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
			if err != nil || string(did) != test.does {
				t.Errorf("it did %q (%v), want %q", did, err, test.does)
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
