package qemu

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// ErrorKind implements providers.Driver.
func (*Driver) ErrorKind(err error) providers.Kind {
	if kind := providers.KindOf(err); kind != providers.Unknown {
		return kind
	}
	return classify(err)
}

// classify tells the kind of an error of the file system by its type.
func classify(err error) providers.Kind {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return providers.Canceled
	case errors.Is(err, fs.ErrPermission):
		return providers.Permission
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.ENOMEM):
		return providers.Capacity
	case errors.Is(err, errBusy):
		return providers.Conflict
	}
	return providers.Unknown
}

// fail gives an error its operation, node and kind. It returns nil for nil.
func fail(ctx context.Context, op string, node cluster.NodeName, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &providers.Error{Op: op, Node: node, Kind: providers.Canceled, Err: context.Cause(ctx)}
	}
	if _, known := errors.AsType[*providers.Error](err); known {
		return err
	}
	return &providers.Error{Op: op, Node: node, Kind: classify(err), Err: err}
}

func invalid(op string, err error) error {
	return &providers.Error{Op: op, Kind: providers.Invalid, Err: err}
}
