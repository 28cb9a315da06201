package providers

import (
	"errors"
	"fmt"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Kind is what an error of a cloud means. Each has one meaning for the engine
// and one next action for the user.
type Kind string

// The kinds.
const (
	Unknown    Kind = "unknown"    // treated as permanent
	Quota      Kind = "quota"      // the account's limit: never retried
	Capacity   Kind = "capacity"   // the cloud has none left here: try elsewhere
	Throttled  Kind = "throttled"  // too many requests: back off
	Permission Kind = "permission" // credentials are missing, wrong or too weak
	NotFound   Kind = "not found"  // what the request names does not exist
	Invalid    Kind = "invalid"    // the request can never succeed
	Conflict   Kind = "conflict"   // something exists, or is in use
	Transient  Kind = "transient"  // the cloud stumbled: try again
	Canceled   Kind = "canceled"   // our own context ended
)

// Error is a classified error of a cloud, about one subject.
type Error struct {
	Op   string // "launch", "list"; empty where the caller says it (Open)
	Node cluster.NodeName
	Kind Kind
	Err  error
}

// Error reads "launch compute001: cause".
func (e *Error) Error() string {
	switch {
	case e.Op == "":
		return e.Err.Error()
	case e.Node == "":
		return fmt.Sprintf("%s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("%s %s: %v", e.Op, e.Node, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of a classified error, or Unknown.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Unknown
}
