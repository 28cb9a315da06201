package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// classify tells the kind of an error of the SDK by its type.
func classify(err error) providers.Kind {
	var netErr net.Error
	switch {
	case err == nil:
		return providers.Unknown
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return providers.Canceled
	case errdefs.IsNotFound(err):
		return providers.NotFound
	case errdefs.IsConflict(err), errdefs.IsAlreadyExists(err):
		return providers.Conflict
	case errdefs.IsInvalidArgument(err), errdefs.IsNotImplemented(err):
		return providers.Invalid
	case errdefs.IsPermissionDenied(err), errdefs.IsUnauthorized(err), errors.Is(err, fs.ErrPermission):
		return providers.Permission
	case errdefs.IsResourceExhausted(err):
		return providers.Throttled
	case client.IsErrConnectionFailed(err), errdefs.IsUnavailable(err),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.As(err, &netErr):
		return providers.Transient
	}
	return providers.Unknown
}

// fail classifies err and, when the engine could not be reached, says why and
// what to do. It returns nil for nil.
func (d *Driver) fail(ctx context.Context, op string, node cluster.NodeName, err error) error {
	if err == nil {
		d.reached.Store(true)
		return nil
	}
	if known := (*providers.Error)(nil); errors.As(err, &known) {
		return err
	}
	if ctx.Err() != nil { // the SDK's words for it vary
		return &providers.Error{Op: op, Node: node, Kind: providers.Canceled, Err: context.Cause(ctx)}
	}
	kind := classify(err)
	if kind == providers.Transient {
		if trouble := d.diagnose(ctx); trouble != nil {
			if trouble.kind == providers.Transient && !d.reached.Load() {
				trouble.kind = providers.Unknown // it was not there from the first: waiting helps nobody
			}
			return &providers.Error{Op: op, Node: node, Kind: trouble.kind, Err: trouble}
		}
		err = fmt.Errorf("%w; the engine at %s answers again, so it was restarted meanwhile", err, d.host)
	}
	return &providers.Error{Op: op, Node: node, Kind: kind, Err: err}
}

// engineError says why there is no talking to the engine. It prints as one
// sentence with its remedy.
type engineError struct {
	kind    providers.Kind
	summary string
	advice  string
}

// Error implements error.
func (t *engineError) Error() string { return t.summary + "; " + t.advice }

// diagnose finds out why the engine does not answer; nil when it does. The SDK
// hides the reason in its texts, so the socket is tried directly.
func (d *Driver) diagnose(ctx context.Context) *engineError {
	ctx, cancel := background(ctx, connectTimeout)
	defer cancel()
	if path := socketPath(d.host); path != "" {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "unix", path)
		if err != nil {
			return socketError(path, err)
		}
		_ = conn.Close()
	}
	if _, err := d.cli.Ping(ctx, client.PingOptions{}); err != nil {
		return &engineError{
			kind:    providers.Transient,
			summary: fmt.Sprintf("the Docker engine at %s does not answer (%v)", d.host, err),
			advice:  "see that it runs (`docker info`), then run the same command again: it goes on where it stopped",
		}
	}
	return nil
}

func socketError(path string, err error) *engineError {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return &engineError{
			kind:    providers.Permission,
			summary: fmt.Sprintf("user %s may not use the Docker engine at %s", userName(), path),
			advice:  fmt.Sprintf("run `sudo usermod -aG docker %s` and log in again, or run ecluster as root", userName()),
		}
	case errors.Is(err, fs.ErrNotExist):
		return &engineError{
			kind:    providers.Transient,
			summary: fmt.Sprintf("no Docker engine runs here: there is no socket at %s", path),
			advice:  "install and start Docker (`make engine` in ecluster's source does it on Debian), or set DOCKER_HOST or the provider's host to where one runs",
		}
	default:
		return &engineError{
			kind:    providers.Transient,
			summary: fmt.Sprintf("the Docker engine behind %s does not run (%v)", path, err),
			advice:  "start it (`sudo systemctl start docker`, or `make engine` in ecluster's source), then run the same command again",
		}
	}
}

func userName() string {
	for _, name := range []string{"USER", "LOGNAME"} {
		if s := os.Getenv(name); s != "" {
			return s
		}
	}
	return fmt.Sprintf("with id %d", os.Getuid())
}
