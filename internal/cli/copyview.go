package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/transfer"
	"github.com/ecluster/ecluster/internal/ui"
)

// copyView is what the user sees of a copy.
type copyView struct {
	*command
	cluster  cluster.Name
	progress transfer.Progress
	began    time.Time

	mu  sync.Mutex
	err error // of the output
}

func newCopyView(c *command, name cluster.Name) *copyView {
	return &copyView{command: c, cluster: name, began: time.Now()}
}

// line is what a meter shows.
func (v *copyView) line() string {
	sent := v.progress.Bytes.Load()
	speed := float64(sent) / time.Since(v.began).Seconds()
	return fmt.Sprintf("%d files, %s, %s/s", v.progress.Files.Load(), cluster.Bytes(sent), cluster.Bytes(speed))
}

// fileLine is one file as --output json shows it.
type fileLine struct {
	Type    string           `json:"type"` // "file"
	Node    string           `json:"node"`
	Path    string           `json:"path"`
	Outcome transfer.Outcome `json:"outcome"`
	Bytes   int64            `json:"bytes"`
	Error   string           `json:"error,omitempty"`
}

// report shows one file: to programs always, to people with -v.
func (v *copyView) report(e transfer.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var err error
	switch {
	case v.format != ui.Text:
		line := fileLine{"file", e.Place, e.Path, e.Outcome, e.Bytes, ""}
		if e.Err != nil {
			line.Error = reason(e.Err)
		}
		err = json.NewEncoder(v.Streams.Out).Encode(line)
	case v.verbose:
		err = v.Streams.NewErrPage().Linef("%s: %q %s", e.Place, e.Path, e.Outcome)
	}
	v.err = errors.Join(v.err, err)
}

// placeLine is one node as --output json shows it.
type placeLine struct {
	Node    string `json:"node"`
	Arrived int    `json:"arrived"`
	Skipped int    `json:"skipped"`
	Failed  int    `json:"failed"`
	Missed  int    `json:"missed"`
	Bytes   int64  `json:"bytes"`
	Error   string `json:"error,omitempty"` // why nothing more arrived
}

// copyResult is the last line of --output json.
type copyResult struct {
	Type    string       `json:"type"` // "result"
	Cluster cluster.Name `json:"cluster"`
	Places  []placeLine  `json:"places"`
}

// end says what arrived and what did not.
func (v *copyView) end(places []*transfer.Destination, took time.Duration) error {
	if v.err != nil {
		return fmt.Errorf("write output: %w", v.err)
	}
	if v.format != ui.Text {
		result := copyResult{"result", v.cluster, []placeLine{}}
		for _, p := range places {
			t := &p.Tally
			line := placeLine{
				p.Label, t.Count(transfer.Arrived), t.Count(transfer.Skipped), t.Count(transfer.Failed), t.Count(transfer.Missed), t.Bytes(), "",
			}
			if p.Dead() != nil {
				line.Error = reason(p.Dead())
			}
			result.Places = append(result.Places, line)
		}
		return json.NewEncoder(v.Streams.Out).Encode(result)
	}
	return v.tell(places, took)
}

func (v *copyView) tell(places []*transfer.Destination, took time.Duration) error {
	page := v.Streams.NewErrPage()
	var whole []cluster.NodeName
	files, skipped, bytes := 0, 0, int64(0)
	for _, p := range places {
		if p.Dead() == nil && p.Tally.Whole() {
			whole = append(whole, cluster.NodeName(p.Label))
			files += p.Tally.Count(transfer.Arrived)
			skipped += p.Tally.Count(transfer.Skipped)
			bytes += p.Tally.Bytes()
		}
	}
	if len(whole) > 0 {
		text := fmt.Sprintf("%s: %s, %s in %.1fs", cluster.FoldNodes(whole), counted(files, "file"), cluster.Bytes(bytes), took.Seconds())
		if skipped > 0 {
			text += fmt.Sprintf("; %d were there already", skipped)
		}
		if err := page.Linef("%s", text); err != nil {
			return err
		}
	}
	explained := 0
	for _, p := range places {
		if p.Dead() == nil && p.Tally.Whole() {
			continue
		}
		lines := missing(p)
		if explained++; explained > 5 { // what is missing is much the same there
			lines = lines[:1]
		}
		if err := page.Linef("%s", strings.Join(lines, "\n")); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(places, func(p *transfer.Destination) bool { return p.Dead() != nil }) {
		return page.Prosef("Repeat the command with --resume to copy what is missing.")
	}
	return nil
}

// missing says what did not get to a place, and what did.
func missing(p *transfer.Destination) []string {
	t := &p.Tally
	there, not := t.Count(transfer.Arrived)+t.Count(transfer.Skipped), t.Count(transfer.Failed)+t.Count(transfer.Missed)
	head := fmt.Sprintf("%s: %s arrived, %d did not", p.Label, counted(there, "file"), not)
	if p.Dead() != nil {
		head += ": " + reason(p.Dead())
	}
	lines := []string{head}
	errs := t.Errors()
	for i, name := range t.Names(transfer.Failed) {
		line := fmt.Sprintf("  failed   %q", name)
		if i < len(errs) {
			line += ": " + reason(errs[i])
		}
		lines = append(lines, line)
	}
	lines = append(lines, more(t, transfer.Failed)...)
	for _, o := range []transfer.Outcome{transfer.Missed, transfer.Arrived} {
		for _, name := range t.Names(o) {
			lines = append(lines, fmt.Sprintf("  %-8s %q", o, name))
		}
		lines = append(lines, more(t, o)...)
	}
	return lines
}

// more says how many names there are beyond those that are remembered.
func more(t *transfer.Tally, o transfer.Outcome) []string {
	if n := t.Count(o) - len(t.Names(o)); n > 0 {
		return []string{fmt.Sprintf("  %-8s and %d more", o, n)}
	}
	return nil
}

// reason is an error without the temporary names that files have on their way.
func reason(err error) string {
	failed := (*fs.PathError)(nil)
	if !errors.As(err, &failed) {
		return err.Error()
	}
	if strings.HasPrefix(path.Base(failed.Path), ".ecluster-") {
		return fmt.Sprintf("%s in %s: %v", failed.Op, path.Dir(failed.Path), failed.Err)
	}
	return failed.Error()
}
