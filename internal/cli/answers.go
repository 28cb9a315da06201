package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/fanout"
	"github.com/ecluster/ecluster/internal/ui"
)

// printLine shows one line as it comes.
func (c *command) printLine(node cluster.NodeName, from fanout.Stream, line string) error {
	if c.format != ui.Text {
		return json.NewEncoder(c.Streams.Out).Encode(map[string]string{
			"type": "line", "node": string(node), "stream": string(from), "text": line,
		})
	}
	out := c.Streams.Out
	if from == fanout.Stderr {
		out = c.Streams.Err
	}
	_, err := fmt.Fprintf(out, "%s: %s\n", node, line)
	return err
}

// answer is one answer as --output json shows it.
type answer struct {
	Type    string             `json:"type,omitempty"` // "answer" in a stream
	NodeSet string             `json:"node_set"`
	Nodes   []cluster.NodeName `json:"nodes"`
	Status  *int               `json:"status"` // null: there is none
	Problem string             `json:"problem,omitempty"`
	Error   string             `json:"error,omitempty"`
	Stdout  string             `json:"stdout"`
	Stderr  string             `json:"stderr"`
}

// execResult is what exec shows with --output json.
type execResult struct {
	Type    string       `json:"type,omitempty"`
	Cluster cluster.Name `json:"cluster"`
	Status  int          `json:"status"`
	Answers []answer     `json:"answers"`
}

func (c *command) showAnswers(name cluster.Name, answers []*fanout.Answer, streamed bool) error {
	if c.format == ui.Text {
		return c.printAnswers(answers)
	}
	result := execResult{Cluster: name, Status: fanout.Status(answers), Answers: []answer{}}
	for _, a := range answers {
		one := answer{NodeSet: cluster.FoldNodes(a.Nodes), Nodes: a.Nodes}
		if problem := (*fanout.ProblemError)(nil); errors.As(a.Problem, &problem) {
			one.Problem, one.Error = string(problem.Kind), problem.Error()
		} else {
			one.Status = &a.Status
		}
		var out, errs strings.Builder
		if _, err := a.Stdout.WriteTo(&out); err != nil {
			return err
		}
		if _, err := a.Stderr.WriteTo(&errs); err != nil {
			return err
		}
		one.Stdout, one.Stderr = out.String(), errs.String()
		result.Answers = append(result.Answers, one)
	}
	if streamed {
		result.Type = "result"
		return json.NewEncoder(c.Streams.Out).Encode(result)
	}
	return ui.Value(c.Streams, c.format, result, func(ui.Page) error { return c.printAnswers(answers) })
}

// printAnswers prints what nodes said under their names, and names those that
// failed on standard error.
func (c *command) printAnswers(answers []*fanout.Answer) error {
	page := c.Streams.NewPage()
	for _, a := range answers {
		if a.Stdout.Size()+a.Stderr.Size() == 0 {
			continue
		}
		title := cluster.FoldNodes(a.Nodes)
		if len(a.Nodes) > 1 {
			title += fmt.Sprintf(" (%d)", len(a.Nodes))
		}
		if err := page.Title(title); err != nil {
			return err
		}
		for _, s := range []*fanout.Spool{a.Stdout, a.Stderr} {
			end := &lastByte{Writer: page}
			if _, err := s.WriteTo(end); err != nil {
				return err
			}
			if s.Size() > 0 && end.last != '\n' {
				if err := page.Linef(""); err != nil {
					return err
				}
			}
		}
	}
	notes := c.Streams.NewErrPage()
	for _, a := range answers {
		var err error
		problem := (*fanout.ProblemError)(nil)
		switch {
		case errors.As(a.Problem, &problem):
			err = notes.Prosef("%s: %s: %v", cluster.FoldNodes(a.Nodes), problem.Kind, problem)
		case a.Status != 0:
			err = notes.Linef("%s: exit status %d", cluster.FoldNodes(a.Nodes), a.Status)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lastByte remembers the last byte that was written.
type lastByte struct {
	io.Writer
	last byte
}

// Write writes to the writer below.
func (w *lastByte) Write(p []byte) (int, error) {
	if len(p) > 0 {
		w.last = p[len(p)-1]
	}
	return w.Writer.Write(p)
}
