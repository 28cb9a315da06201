package scheduler

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// triage asks a scheduler for its nodes and returns those of the wanted ones
// that are free, with which a probe goes on. causes says of each other node why
// it is not proved; a node that runs jobs is, and stands in neither. stranger
// is the cause of one that the scheduler does not know.
func triage(ctx context.Context, c Client, wanted []cluster.NodeName, stranger string) (idle []NodeStatus, causes map[cluster.NodeName]error, err error) {
	causes = map[cluster.NodeName]error{}
	if len(wanted) == 0 {
		return nil, causes, nil
	}
	known, err := c.Nodes(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("probe %s: %w", names(wanted), err)
	}
	status := make(map[cluster.NodeName]NodeStatus, len(known))
	for _, n := range known {
		status[n.Name] = n
	}
	for _, name := range wanted {
		n, ok := status[name]
		if !ok {
			causes[name] = errors.New(stranger)
			continue
		}
		switch n.State {
		case Busy:
		case Idle:
			idle = append(idle, n)
		case Draining, Drained:
			causes[name] = &OutOfServiceError{
				State: n.State, Reason: n.Reason, Reserved: strings.HasPrefix(n.Reason, reserved),
			}
		case Down, Unknown:
			causes[name] = fmt.Errorf("the scheduler has it as %s: %s", n.State, n.Reason)
		}
	}
	return idle, causes, nil
}

// namesOf are the names of nodes.
func namesOf(nodes []NodeStatus) []cluster.NodeName {
	out := make([]cluster.NodeName, len(nodes))
	for i, n := range nodes {
		out[i] = n.Name
	}
	return out
}
