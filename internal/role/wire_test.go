package role

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/event"
)

// fakeNode is a Transport whose runner says what the test wants it to say.
type fakeNode struct {
	stdout, stderr string
	err            error
	hang           bool // the streams stay open until Kill
}

type fakeProcess struct {
	fakeNode
	killed chan struct{}
}

func (n fakeNode) Start(context.Context, string) (Process, error) {
	return fakeProcess{n, make(chan struct{})}, nil
}

type discard struct{ io.Writer }

func (discard) Close() error { return nil }

func (fakeProcess) Stdin() io.WriteCloser { return discard{io.Discard} }
func (p fakeProcess) Stdout() io.Reader   { return p.stream(p.stdout) }
func (p fakeProcess) Stderr() io.Reader   { return p.stream(p.stderr) }
func (p fakeProcess) Wait() error         { return p.err }
func (p fakeProcess) Kill() error         { close(p.killed); return nil }

func (p fakeProcess) stream(s string) io.Reader {
	if !p.hang {
		return strings.NewReader(s)
	}
	return io.MultiReader(strings.NewReader(s), readerFunc(func([]byte) (int, error) {
		<-p.killed
		return 0, io.EOF
	}))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestOddRunners(t *testing.T) {
	const hello, done = `{"type":"hello"}` + "\n", `{"type":"done","status":"0"}` + "\n"
	for _, tc := range []struct {
		name    string
		node    fakeNode
		notices []string
		err     string
	}{
		{name: "well", node: fakeNode{stdout: hello + done}},
		{name: "unknown message", node: fakeNode{stdout: hello + `{"type":"new"}` + "\n" + done}, notices: []string{`the node sent a message of the unknown type "new", which is ignored`}},
		{name: "garbage", node: fakeNode{stdout: "Welcome to node!\n" + hello + "\x00\xff\n" + done}, notices: []string{
			"the node sent a line that makes no sense (decode event: invalid character 'W' looking for beginning of value): Welcome to node!",
			"the node sent a line that makes no sense (decode event: invalid character '\\x00' looking for beginning of value): \ufffd\ufffd",
		}},
		{name: "endless line", node: fakeNode{stdout: hello + strings.Repeat("x", 3*maxLine) + "\n" + done}, notices: []string{
			fmt.Sprintf("the node sent a line that makes no sense (decode event: the line has more than %d bytes): %s", maxLine, strings.Repeat("x", 200)),
		}},
		{name: "stays open", node: fakeNode{stdout: hello + done, hang: true}},
		{name: "login refused", node: fakeNode{stderr: "This account is currently not available.\n", err: errors.New("exit status 1")}, err: "start the runner: This account is currently not available.: exit status 1"},
		{name: "nothing", node: fakeNode{}, err: "start the runner: it said nothing: the command ended early"},
		{name: "lost", node: fakeNode{stdout: hello + `{"type":"step_started","role":"a","step":"b"}` + "\n", err: io.ErrUnexpectedEOF}, err: "set up the node: connection to the node lost during role a, step b: unexpected EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var notices []string
			s, err := StartSession(t.Context(), tc.node, &Bundle{}, Options{Handle: func(m Message) {
				if n, ok := m.(Notice); ok {
					notices = append(notices, n.Text)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			err = s.Wait()
			if fmt.Sprint(err) != tc.err && (err != nil || tc.err != "") {
				t.Errorf("got %v, want %s", err, tc.err)
			}
			if !slices.Equal(notices, tc.notices) {
				t.Errorf("notices %q, want %q", notices, tc.notices)
			}
		})
	}
}

func TestCleanLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                        "plain",
		"\x1b[1;31mred\x1b[0m":         "red",
		"\x1b]8;;http://x\x1b\\link\a": "link\ufffd",
		"\x1b]0;title\atext":           "text",
		"\x1b[":                        "",
		"a\tb\x00\xffc":                "a b\ufffd\ufffdc",
		"\u202eevil":                   "\ufffdevil",
		strings.Repeat("é", 400):       strings.Repeat("é", 248) + "…",
	} {
		if got := cleanLine(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzDecodeLine(f *testing.F) {
	f.Add([]byte(`{"type":"step_finished","role":"a","outcome":"changed","ms":"12","message_b64":"YQ=="}`))
	f.Add([]byte(`{"type":"notice","level":"x","_b64":"","text_b64":"%%"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, line []byte) {
		m, err := decodeLine(line)
		if err != nil {
			return
		}
		if msg, ok := m.message(); ok && msg == nil {
			t.Fatal("a message that is nil")
		}
	})
}

// FuzzNoise: whatever a node writes, nothing breaks, and lines are clean.
func FuzzNoise(f *testing.F) {
	f.Add("\n\x1eN start 1 a.b\none\ntwo\n\x1eN end 1\nafter")
	f.Add("\x1eN start\n\x1eN end x\n\x1eN start 2 \xff\n\n\n")
	f.Fuzz(func(t *testing.T, data string) {
		n := newNoise(io.Discard, "N", time.Now)
		n.read(strings.NewReader(data))
		for id := range 4 {
			for _, line := range n.tail(id, nil) {
				if len(line) > tailWidth || cleanLine(line) != line {
					t.Fatalf("line %q", line)
				}
			}
		}
	})
}

func TestNoise(t *testing.T) {
	var log strings.Builder
	n := newNoise(&log, "N", func() time.Time { return time.Unix(0, 0) })
	n.read(strings.NewReader("before\n\n\x1eN start 1 a.b\none\n\ntwo\n\n\x1eN end 1\n" +
		"\n\x1eN start 2 a.c\nno end\n\x1eN end 2\nlast"))
	want := "before\n--- 1970-01-01T00:00:00Z a.b\none\n\ntwo\n--- 1970-01-01T00:00:00Z a.c\nno end\nlast"
	if log.String() != want {
		t.Errorf("log %q, want %q", log.String(), want)
	}
	for id, want := range [][]string{{"before", "last"}, {"one", "two"}, {"no end"}} {
		if got := n.tail(id, nil); !slices.Equal(got, want) {
			t.Errorf("tail %d: %q, want %q", id, got, want)
		}
	}
}

// TestTailArrivesLate: the end of a step can be reported before its output.
func TestTailArrivesLate(t *testing.T) {
	r, w := io.Pipe()
	n := newNoise(nil, "N", time.Now)
	go n.read(r)
	got := make(chan []string)
	go func() { got <- n.tail(1, nil) }()
	_, _ = io.WriteString(w, "\n\x1eN start 1 a.b\nlate\n\n\x1eN end 1\n")
	if tail := <-got; !slices.Equal(tail, []string{"late"}) {
		t.Errorf("tail %q", tail)
	}
	_ = w.Close()
}

func TestStepErrorText(t *testing.T) {
	err := &StepError{Role: "slurm-worker", Step: "start", Message: "no answer", Tail: []string{"a", "b"}, Log: "/x.log"}
	if got := err.Error(); got != "role slurm-worker, step start: no answer\n    a\n    b\n  full log: /x.log" {
		t.Errorf("got %q", got)
	}
	if o := (wireMessage{"outcome": "odd"}).outcome(); o != event.Failed {
		t.Errorf("an odd outcome is %s", o)
	}
}
