package remote_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/remote"
)

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"hostname"}, "hostname"},
		{[]string{"cd /tmp && ls | wc -l"}, "cd /tmp && ls | wc -l"},
		{[]string{"srun", "-N2", "hostname"}, "srun -N2 hostname"},
		{[]string{"sbatch", "--array=1-20", "--wrap", "hostname; date"}, "sbatch '--array=1-20' --wrap 'hostname; date'"},
		{[]string{"echo", ""}, "echo ''"},
		{[]string{"echo", "it's", "$HOME", "*", "~"}, `echo 'it'\''s' '$HOME' '*' '~'`},
		{[]string{"FOO=bar", "env"}, "'FOO=bar' env"},
	} {
		if got := remote.CommandLine(c.words); got != c.want {
			t.Errorf("%q: %s, want %s", c.words, got, c.want)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", "a b", "'", `\`, "$(id)", "`id`", "\n", "-n", "ü", "\xff", "a'b\"c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, 0) {
			t.Skip("does not apply: no argument holds a NUL")
		}
		out, err := exec.Command("/bin/sh", "-c", "printf %s "+remote.Quote("x"+s)).Output()
		if err != nil || string(out) != "x"+s {
			t.Errorf("%q became %q, error %v", s, out, err)
		}
	})
}
