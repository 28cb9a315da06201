package fanout

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
)

// Network connects to nodes. Both methods may be called concurrently.
type Network interface {
	Dial(ctx context.Context, node cluster.NodeName) (*remote.Conn, error)
	// Drop ends the connection to a node that is no longer needed.
	Drop(node cluster.NodeName)
}

// Stream is an output of a command.
type Stream string

// The outputs of a command.
const (
	Stdout Stream = "stdout"
	Stderr Stream = "stderr"
)

// Task is one command for many nodes.
type Task struct {
	Command  string // as a shell reads it
	Nodes    []cluster.NodeName
	Parallel int           // how many nodes are worked on at once; at least 1
	Timeout  time.Duration // for each node, from the dial on; 0: none
	Dir      string        // for long outputs; it must exist
	Stdin    *Spool        // what each node reads; nil: nothing
	// Line, where it is set, gets each line as it comes, without its end, one
	// call at a time; the answers then hold no output. Its error ends the task.
	Line func(node cluster.NodeName, from Stream, line string) error
	// Grace is how long a command may take to end after SIGTERM; 0 means 3 s.
	Grace time.Duration
}

// Answer is what one or more nodes said.
type Answer struct {
	Nodes []cluster.NodeName // in order
	// Status is the exit status of the command; it counts when Problem is nil.
	Status  int
	Problem error // why there is no status: a *ProblemError
	Stdout  *Spool
	Stderr  *Spool
}

// Run carries a task out and returns the answers, alike ones folded, in the
// order of their nodes. The end of ctx stops the commands. The error is one of
// this machine; what went wrong on nodes is in the answers.
func (t Task) Run(ctx context.Context, network Network) ([]*Answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run{Task: t, network: network, stop: cancel, folded: map[key]*Answer{}}
	if r.Grace == 0 {
		r.Grace = 3 * time.Second
	}
	var group errgroup.Group
	group.SetLimit(max(1, t.Parallel))
	for _, node := range t.Nodes {
		group.Go(func() error { return r.fold(r.ask(ctx, node)) })
	}
	err := group.Wait()
	answers := make([]*Answer, 0, len(r.folded))
	for _, a := range r.folded {
		slices.SortFunc(a.Nodes, cluster.CompareNodes)
		answers = append(answers, a)
	}
	slices.SortFunc(answers, func(a, b *Answer) int { return cluster.CompareNodes(a.Nodes[0], b.Nodes[0]) })
	return answers, errors.Join(err, r.failure)
}

// run is a task under way.
type run struct {
	Task
	network Network
	stop    context.CancelCauseFunc

	mu      sync.Mutex
	folded  map[key]*Answer
	held    int   // bytes of the folded answers that are in memory
	failure error // of this machine
}

// key is what makes answers alike.
type key struct {
	status         int
	problem        string
	stdout, stderr [sha256.Size]byte
}

// fold takes in the answer of one node.
func (r *run) fold(a *Answer) error {
	if err := errors.Join(a.Stdout.Close(), a.Stderr.Close()); err != nil {
		return fmt.Errorf("keep output: %w", err)
	}
	k := key{status: a.Status, stdout: a.Stdout.Sum(), stderr: a.Stderr.Sum()}
	if a.Problem != nil {
		k.problem = a.Problem.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if same := r.folded[k]; same != nil {
		same.Nodes = append(same.Nodes, a.Nodes...)
		return errors.Join(a.Stdout.Discard(), a.Stderr.Discard())
	}
	r.folded[k] = a
	size := a.Stdout.held() + a.Stderr.held()
	if r.held+size > foldMemory { // thousands of nodes, each with something else to say
		return errors.Join(a.Stdout.unload(), a.Stderr.unload())
	}
	r.held += size
	return nil
}

// fail ends the task for a reason that lies here.
func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure == nil {
		r.failure = err
	}
	r.stop(err)
}

// Status is the exit status of all answers together: the highest of them. A
// node that gave none counts as its ProblemError says.
func Status(answers []*Answer) int {
	worst := 0
	for _, a := range answers {
		status := a.Status
		if problem := (*ProblemError)(nil); errors.As(a.Problem, &problem) {
			status = problem.Kind.status()
		}
		worst = max(worst, status)
	}
	return worst
}

// TempDir makes a folder for Task.Dir; remove deletes it with all that is in it.
func TempDir() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "ecluster-exec-")
	if err != nil {
		return "", nil, fmt.Errorf("keep output: %w", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}
