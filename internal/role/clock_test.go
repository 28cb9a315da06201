package role_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/role"
)

// TestClocksDiffer: a node whose clock is wrong says so, before munge fails
// with words that nobody understands.
func TestClocksDiffer(t *testing.T) {
	for _, tc := range []struct {
		ahead time.Duration // of the caller's clock
		says  string
	}{
		{0, ""},
		{90 * time.Second, ""},
		{-11 * time.Minute, "the clock here is 11 minutes ahead of that of the computer"},
		{26 * time.Hour, " minutes behind that of the computer"},
	} {
		t.Run(tc.ahead.String(), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, oneStep(":"))
			s := r.start(t.Context(), role.Options{Now: func() time.Time { return time.Now().Add(tc.ahead) }})
			if err := s.Wait(); err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, m := range s.messages() {
				if n, ok := m.(role.Notice); ok && n.Level == event.Warning {
					said += n.Text
				}
			}
			if (said == "") != (tc.says == "") || !strings.Contains(said, tc.says) {
				t.Errorf("it says %q, not %q", said, tc.says)
			}
		})
	}
}
