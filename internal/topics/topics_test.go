package topics_test

import (
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/topics"
)

// A topic fits on a screen or two of 80 columns, and begins with its title.
func TestTopics(t *testing.T) {
	t.Parallel()
	for _, topic := range topics.All() {
		lines := strings.Split(strings.TrimRight(topic.Text, "\n"), "\n")
		if len(lines) < 5 || len(lines) > 48 || lines[0] != topic.Title || lines[1] != "" {
			t.Errorf("%s has %d lines and begins %q", topic.Name, len(lines), lines[0])
		}
		for _, l := range lines {
			if len(l) > 80 || strings.TrimRight(l, " \t") != l {
				t.Errorf("%s: %q", topic.Name, l)
			}
		}
	}
	for _, name := range []string{"specs", "colors", "exit"} {
		if _, found := topics.Find(name); !found {
			t.Errorf("there is no topic %q", name)
		}
	}
	if _, found := topics.Find("nothing"); found {
		t.Error("there is a topic about nothing")
	}
}
