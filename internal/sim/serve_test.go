package sim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// tiny is a cloud in which a request makes a thing of its path.
type tiny struct {
	log    *Log
	script *Script

	mu     sync.Mutex
	struck []Fate
	things []Resource
}

func newTiny() *tiny { return &tiny{log: NewLog(time.Now), script: NewScript()} }

func (c *tiny) Knows(string) bool { return true }
func (c *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	end := c.log.Begin(Entry{Op: "Make", Method: r.Method, Path: r.URL.Path})
	f := c.script.Strike("Make")
	if f.Disrupt(w, r) {
		end(0, "")
		return
	}
	c.mu.Lock()
	c.things = append(c.things, Resource{Kind: "thing", Name: r.URL.Path})
	c.mu.Unlock()
	end(http.StatusOK, "")
	_, _ = io.WriteString(w, "made")
}

func (c *tiny) Settings(string) map[string]any { return nil }
func (c *tiny) Log() *Log                      { return c.log }
func (c *tiny) Close() error                   { return nil }

func (c *tiny) Inventory() []Resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.things)
}

func (c *tiny) Strike(node string, f Fate) error {
	if node != "c1" {
		return errors.New("there is no machine of node " + node)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.struck = append(c.struck, f)
	return nil
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	url, closeServer, err := Serve(h, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := closeServer(); err != nil {
				t.Error(err)
			}
		}
	})
	return url
}

func get(ctx context.Context, t *testing.T, url string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestDisrupt(t *testing.T) {
	t.Parallel()
	c := newTiny()
	url := serve(t, c)
	c.script.Inject(Fault{Op: "Make", Reset: true}, Fault{Op: "Make", Delay: Duration(time.Millisecond)})
	if _, err := get(t.Context(), t, url); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a request that was reset: %v", err)
	}
	if body, err := get(t.Context(), t, url); err != nil || body != "made" {
		t.Errorf("a late answer: %q, %v", body, err)
	}

	c.script.Inject(Fault{Op: "Make", Hang: true}, Fault{Op: "Make", Delay: Duration(time.Hour)})
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := get(ctx, t, url); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a request that hangs: %v", err)
		}
		cancel()
	}
	var none *Fault
	if none.Disrupt(nil, nil) {
		t.Error("no fault disrupts")
	}
}

// TestServeEnds closes a server while a request hangs.
func TestServeEnds(t *testing.T) {
	t.Parallel()
	came := make(chan struct{})
	url, closeServer, err := Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(came)
		(&Fault{Hang: true}).Disrupt(w, r)
	}), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_, _ = get(t.Context(), t, url)
		close(ended)
	}()
	<-came
	if err := closeServer(); err != nil {
		t.Error(err)
	}
	<-ended
	if _, _, err := Serve(nil, "127.0.0.1:-1"); err == nil {
		t.Error("served at no address")
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	c := newTiny()
	url := serve(t, Control(c, c.script))
	r := Remote{URL: url, Client: &http.Client{}}
	ctx := t.Context()

	if list, err := r.Inventory(ctx); err != nil || len(list) != 0 {
		t.Errorf("inventory %v, %v", list, err)
	}
	if _, err := get(ctx, t, url+"//a/../b"); err != nil {
		t.Fatal(err)
	}
	list, err := r.Inventory(ctx)
	if err != nil || !slices.Equal(list, []Resource{{Kind: "thing", Name: "//a/../b"}}) {
		t.Errorf("inventory %v, %v", list, err)
	}
	if log, err := r.Entries(ctx, "Make", "Other"); err != nil || len(log) != 1 || log[0].Path != "//a/../b" {
		t.Errorf("log %+v, %v", log, err)
	}
	if log, err := r.Entries(ctx, "Other"); err != nil || len(log) != 0 {
		t.Errorf("log %+v, %v", log, err)
	}

	if err := r.Inject(ctx, Fault{Op: "Make", Reset: true}); err != nil {
		t.Error(err)
	}
	if _, err := get(ctx, t, url); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a fault that was injected: %v", err)
	}
	if err := r.Doom(ctx, Fate{Node: "c2", Event: Mute}); err != nil {
		t.Error(err)
	}
	if f := c.script.Fate("c2"); f == nil || f.Event != Mute {
		t.Errorf("fate %+v", f)
	}
	struck := Fate{Node: "c1", Event: Reclaim, After: Duration(time.Second)}
	if err := r.Strike(ctx, struck); err != nil || !slices.Equal(c.struck, []Fate{struck}) {
		t.Errorf("struck %+v, %v", c.struck, err)
	}
	for _, test := range []struct {
		err  error
		says string
	}{
		{r.Strike(ctx, Fate{Node: "c9", Event: Die}), "there is no machine of node c9"},
		{r.Strike(ctx, Fate{Node: "c1", Event: "explode"}), `unknown event "explode"`},
		{r.Inject(ctx, Fault{}), "fault 1 names no op"},
		{r.ask(ctx, http.MethodGet, "nothing", nil, nil), "there is no such request"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.says) {
			t.Errorf("%v, want %q", test.err, test.says)
		}
	}
}
