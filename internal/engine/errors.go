package engine

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/plan"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/providers"
)

// NodeError is why one node is not what it should be.
type NodeError struct {
	Node cluster.NodeName
	Err  error
}

// Error reads "compute001: cause".
func (e *NodeError) Error() string { return fmt.Sprintf("%s: %v", e.Node, e.Err) }

// Unwrap returns the cause.
func (e *NodeError) Unwrap() error { return e.Err }

// IncompleteError says that a run ended with nodes that are not ready. The
// work on the other nodes is kept.
type IncompleteError struct {
	Cluster cluster.Name
	Failed  []*NodeError
	Ready   int
	// Usable is true when every group has its min_count and the frontend is
	// ready: the cluster works, though with fewer nodes than wanted.
	Usable bool
}

// Error is one line; the nodes' own errors are in Failed.
func (e *IncompleteError) Error() string {
	nodes := make([]string, 0, len(e.Failed))
	for i, f := range e.Failed {
		if i == 5 {
			nodes = append(nodes, fmt.Sprintf("and %d more", len(e.Failed)-i))
			break
		}
		nodes = append(nodes, string(f.Node))
	}
	return fmt.Sprintf("cluster %q: %d of %d nodes failed (%s)",
		e.Cluster, len(e.Failed), len(e.Failed)+e.Ready, strings.Join(nodes, ", "))
}

// Unwrap gives the nodes' errors to errors.Is and errors.As.
func (e *IncompleteError) Unwrap() []error {
	errs := make([]error, len(e.Failed))
	for i, f := range e.Failed {
		errs[i] = f
	}
	return errs
}

// BlockedError says that a plan needs a word of the user first.
type BlockedError struct {
	Cluster cluster.Name
	Reasons []plan.Blocked
}

// Error lists the reasons, and the flags that would allow it.
func (e *BlockedError) Error() string {
	lines := make([]string, len(e.Reasons))
	for i, r := range e.Reasons {
		lines[i] = r.Why
		if r.Flag != "" {
			lines[i] += fmt.Sprintf(" To allow it, add %s.", r.Flag)
		}
	}
	return fmt.Sprintf("cluster %q: %s", e.Cluster, strings.Join(lines, "\n"))
}

// CheckError is what the provider found wrong before anything was created.
type CheckError struct {
	Kind     string // of the provider
	Findings []providers.Finding
}

// Error lists the findings, each with what to do about it; what holds for
// several groups is said once.
func (e *CheckError) Error() string {
	var texts []string
	groups := map[string][]string{} // by the text
	for _, f := range e.Findings {
		text := f.Summary
		if f.Detail != "" {
			text += "\n" + f.Detail
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
		if f.Group != "" {
			groups[text] = append(groups[text], strconv.Quote(string(f.Group)))
		}
	}
	lines := make([]string, len(texts))
	for i, text := range texts {
		lines[i] = text
		if g := groups[text]; len(g) > 0 {
			lines[i] = fmt.Sprintf("node_group %s: %s", strings.Join(g, ", "), text)
		}
	}
	return fmt.Sprintf("provider %q can't do this, nothing was created: %s", e.Kind, strings.Join(lines, "\n"))
}

// sentence turns an error into what is kept in the state for a failed node.
// The last lines of a step's output are not part of it: they are in the log.
func sentence(err error) string {
	text := err.Error()
	var step *role.StepError
	if errors.As(err, &step) && step.Step != "" {
		text = fmt.Sprintf("%s/%s: %s", step.Role, step.Step, step.Message)
	}
	s, _, _ := strings.Cut(text, "\n")
	return s
}
