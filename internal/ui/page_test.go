package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/ecluster/ecluster/internal/cluster"
)

func nodesTable() Table {
	t := Table{Header: []string{"NAME", "STATE", "CPUS", "ADDRESS"}, Right: []string{"CPUS"}}
	t.Add("frontend001", "ready", "2", "172.18.0.2")
	t.Add("compute001", "failed", "16", "172.18.0.3\x1b]0;evil\x07")
	t.Add("表compute002", "booting", "", "")
	return t
}

func TestTable(t *testing.T) {
	s, out, _ := buffers()
	if err := s.NewPage().Table(nodesTable()); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", out.String())

	s, out, _ = buffers()
	s.OutTTY, s.OutColor, s.Width = true, true, func() int { return 32 }
	if err := s.NewPage().Table(nodesTable()); err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(out.String()) {
		if w := ansi.StringWidth(strings.TrimSuffix(l, "\n")); w > 32 {
			t.Errorf("%d columns: %q", w, l)
		}
	}
	golden(t, "table-color.txt", out.String())
}

func TestValue(t *testing.T) {
	v := struct {
		Name string `json:"name"`
		Cmd  string `json:"cmd"`
	}{"local", "a <b> & c"}
	for f, want := range map[Format]string{
		Text: "the cluster local\n",
		JSON: "{\n  \"name\": \"local\",\n  \"cmd\": \"a <b> & c\"\n}\n",
		YAML: "name: local\ncmd: a <b> & c\n",
	} {
		s, out, _ := buffers()
		if err := Value(s, f, v, func(p Page) error { return p.Linef("the cluster %s", v.Name) }); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%s: %q, want %q", f, out, want)
		}
	}
	if _, err := ParseFormat("xml"); err == nil {
		t.Error("xml is a format")
	}
}

func TestSummary(t *testing.T) {
	s, out, _ := buffers()
	page := s.NewPage()
	for _, v := range []Summary{
		{
			Cluster: "local", Frontend: "frontend001", User: "ada", Ready: 3, Wanted: 3,
			Run: "srun -N2 hostname", Submit: "sbatch --array=1-20 --wrap hostname", Grow: "compute",
			Cost: Cost{Local: true, CPUs: 3, Memory: 3 * cluster.GiB},
		},
		{
			Cluster: "big", Ready: 36, Wanted: 41, Cost: Cost{HourlyAt: "12.40 USD"},
			Failed: []cluster.NodeName{"compute001", "compute007", "compute008", "compute009", "compute010"},
		},
		{Cluster: "bare", Cost: Cost{Local: true}},
		{Cluster: "cloudy"},
	} {
		if err := page.Summary(v); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "summary.txt", out.String())
	for _, width := range []int{80, 40} {
		s, out, _ := buffers()
		s.OutTTY, s.Width = true, func() int { return width }
		page := s.NewPage()
		err := errors.Join(
			page.Summary(Summary{Cluster: "bare", Cost: Cost{Local: true}}),
			page.Prosef("The machines are there; no role was applied. 'ecluster setup bare' does that, with the same words:\n\n"+
				"  ecluster setup bare --parallel 1 --only frontend001,compute001,compute002,compute003  # as it was"),
		)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("prose-%d.txt", width), out.String())
	}

	s, out, _ = buffers()
	if err := ShowSummary(s, JSON, Summary{Cluster: "local", Frontend: "frontend001", Cost: Cost{Local: true}}); err != nil {
		t.Fatal(err)
	}
	want := `{"type":"summary","cluster":"local","frontend":"frontend001","user":"","ready":0,"wanted":0,"cost":{"local":true}}` + "\n"
	if out.String() != want {
		t.Errorf("%s, want %s", out, want)
	}
}

type hinted struct{ error }

func (hinted) Hint() string { return "Start one with: make engine" }

func TestError(t *testing.T) {
	s, _, errw := buffers()
	cause := errors.New("dial unix /var/run/docker.sock: connect: no such file or directory, which is a long sentence that has to be broken somewhere")
	many := make([]error, 12)
	for i := range many {
		many[i] = fmt.Errorf("launch compute%03d: no room", i+1)
	}
	for _, err := range []error{
		errors.New("read state local: it is damaged"),
		fmt.Errorf("check docker: %w", hinted{cause}),
		errors.Join(errors.Join(many[0], many[1]), errors.New("save state: disk full\x1b[2J")),
		errors.Join(many...),
		fmt.Errorf("stop local: %w", errors.Join(many[:2]...)),
		errors.New("the state of cluster local can't be used; go back with\n  cp /home/ada/.ecluster/clusters/local/state.json.bak /home/ada/.ecluster/clusters/local/state.json\nand start again"),
	} {
		if err := Error(s, Text, err); err != nil {
			t.Fatal(err)
		}
		errw.WriteString("---\n")
	}
	golden(t, "errors.txt", errw.String())

	s, out, _ := buffers()
	if err := Error(s, JSON, hinted{errors.New("no engine")}); err != nil {
		t.Fatal(err)
	}
	golden(t, "error.json", out.String())
}

func TestConfirm(t *testing.T) {
	for answer, want := range map[string]bool{
		"y\n": true, "YES\n": true, "yes": true, "n\n": false, "\n": false, "": false, "yesterday\n": false,
	} {
		s, _, errw := buffers()
		s.In, s.Ask = strings.NewReader(answer), errw
		got, err := Confirm(t.Context(), s, "Delete the cluster local?")
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", answer, got, err)
		}
		if errw.String() != "Delete the cluster local? [y/N] " {
			t.Errorf("asked %q", errw)
		}
	}
	s, _, errw := buffers()
	s.InTTY = true // and standard error is a file
	if _, err := Confirm(t.Context(), s, "Delete?"); !errors.Is(err, ErrNotConfirmed) || errw.Len() > 0 {
		t.Errorf("where nobody sees it: %v, %q", err, errw)
	}
	if _, err := Passphrase(t.Context(), s, "Passphrase:"); !errors.Is(err, ErrNotConfirmed) || errw.Len() > 0 {
		t.Errorf("a passphrase where nobody sees the question: %v, %q", err, errw)
	}
}

// TestConfirmInterrupted ends the question when the context ends.
func TestConfirmInterrupted(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	s := Streams{Ask: io.Discard, In: r}
	done := make(chan error, 1)
	go func() {
		_, err := Confirm(ctx, s, "Delete?")
		done <- err
	}()
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("confirm: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the question outlived its context")
	}
}

func TestDetect(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		tty  bool
		want bool
	}{
		{nil, true, true},
		{nil, false, false},
		{map[string]string{"NO_COLOR": "1"}, true, false},
		{map[string]string{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, true, false},
		{map[string]string{"CLICOLOR": "0"}, true, false},
		{map[string]string{"CLICOLOR_FORCE": "1"}, false, true},
		{map[string]string{"CLICOLOR_FORCE": "0"}, false, false},
	} {
		if got := colorAllowed(func(k string) string { return tt.env[k] }, tt.tty); got != tt.want {
			t.Errorf("%v on a terminal %v: %v", tt.env, tt.tty, got)
		}
	}
	for locale, want := range map[string]bool{"": true, "C": false, "de_DE.UTF-8": true, "C.utf8": true, "de_DE@euro": false} {
		if got := speaksUnicode(func(k string) string { return map[string]string{"LANG": locale}[k] }); got != want {
			t.Errorf("LANG=%q: %v", locale, got)
		}
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	s := Detect(func(string) string { return "" }, null, null, null)
	if s.InTTY || s.OutTTY || s.ErrTTY || s.OutColor || s.width() != 80 || s.height() != 24 {
		t.Errorf("/dev/null is %+v", s)
	}
}

func TestSanitize(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                          "plain",
		"\x1b[31mred\x1b[0m":             "red",
		"\x1b]0;title\x07text":           "text",
		"10%\r55%\r100%\r\n":             "100%",
		"a\tb":                           "a   b",
		"abcd\te":                        "abcd    e",
		"nul\x00bel\x07del\x7f":          "nulbeldel",
		"right\u202Eto left":             "rightto left",
		"bad \xff\xfe utf":               "bad \uFFFD utf",
		"two\nlines":                     "two lines",
		strings.Repeat("x", 600):         strings.Repeat("x", 494) + " [...]",
		strings.Repeat("\x1b[0m", 9_999): "",
	} {
		if got := sanitize(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	f.Add("\x1b[31mred\x9b5m\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		got := sanitize(s)
		if bytes.ContainsAny([]byte(got), "\x1b\x00\r\n\t\x07") || ansi.StringWidth(got) > maxLine {
			t.Errorf("%q", got)
		}
	})
}

func TestDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0.0s", 420 * time.Millisecond: "0.4s", 12 * time.Second: "12s",
		62 * time.Second: "1m02s", 3*time.Hour + 4*time.Minute: "3h04m",
	} {
		if got := short(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	if got := whole(3900 * time.Millisecond); got != "3s" {
		t.Error(got)
	}
}
