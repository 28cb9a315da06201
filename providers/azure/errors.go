package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// cloudError is an answer of Azure, short enough for people.
type cloudError struct {
	Code    string
	Message string
	Status  int
	wait    string // Retry-After, in seconds, where the answer has one
	request string // by which Microsoft's support finds it
	err     error
}

// Error reads "Code: message".
func (e *cloudError) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if e.Code == "" && e.Status != 0 {
		b.WriteString(strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))))
	}
	if message := reword(e.Message); message != "" {
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(message)
	}
	if e.wait != "" {
		fmt.Fprintf(&b, " (Azure asks to wait %s s)", e.wait)
	}
	if hint := e.hint(); hint != "" {
		b.WriteString("; " + hint)
	}
	return b.String()
}

// Unwrap returns the SDK's error.
func (e *cloudError) Unwrap() error { return e.err }

// fail classifies err and shortens what the SDK made of it. It returns nil for
// nil.
func fail(ctx context.Context, op string, node cluster.NodeName, err error) error {
	if err == nil {
		return nil
	}
	if known := (*providers.Error)(nil); errors.As(err, &known) {
		return err
	}
	if ctx.Err() != nil { // the SDK's words for it vary
		return &providers.Error{Op: op, Node: node, Kind: providers.Canceled, Err: context.Cause(ctx)}
	}
	return &providers.Error{Op: op, Node: node, Kind: classify(err), Err: readable(err)}
}

// classify tells the kind of an error of the SDK by its type and its code.
func classify(err error) providers.Kind {
	if login, ok := errors.AsType[*credentialError](err); ok {
		if login.unreachable() {
			return providers.Transient
		}
		return providers.Permission
	}
	if way := onTheWay(err); way != nil {
		return way.kind
	}
	if short, ok := errors.AsType[*cloudError](err); ok {
		return kindOf(short.Status, short.Message, short.Code)
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		body := bodyOf(answer)
		return kindOf(answer.StatusCode, body.message(), append(body.codes(), answer.ErrorCode)...)
	}
	return classifyPlain(err)
}

// classifyPlain tells the kind of an error that is no answer.
func classifyPlain(err error) providers.Kind {
	var netErr net.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return providers.Canceled
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.As(err, &netErr):
		return providers.Transient
	}
	return providers.Unknown
}

// kindOf goes by the codes, the most particular first, then by the status.
func kindOf(status int, message string, list ...string) providers.Kind {
	for _, c := range list {
		c = strings.ToLower(c)
		if c == "operationnotallowed" {
			return operationNotAllowed(status, message)
		}
		if kind, known := codes[c]; known {
			return kind
		}
	}
	switch {
	case status == http.StatusTooManyRequests:
		return providers.Throttled
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return providers.Permission
	case status == http.StatusNotFound:
		return providers.NotFound
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return providers.Conflict
	case status == http.StatusRequestTimeout, status >= 500:
		return providers.Transient
	case status >= 400:
		return providers.Invalid
	}
	return providers.Unknown
}

// operationNotAllowed has many meanings under one code: mostly a quota, also
// an operation that the state of a machine forbids, and throttling.
func operationNotAllowed(status int, message string) providers.Kind {
	m := strings.ToLower(message)
	switch {
	case status == http.StatusTooManyRequests:
		return providers.Throttled
	case strings.Contains(m, "quota"), strings.Contains(m, "limit"):
		return providers.Quota
	case status == http.StatusConflict:
		return providers.Conflict
	}
	return providers.Invalid
}

// readable makes one line of an answer, or of what kept it away; other errors
// stay as they are.
func readable(err error) error {
	if way := onTheWay(err); way != nil {
		return way
	}
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok || errors.As(err, new(*cloudError)) {
		return err
	}
	body := bodyOf(answer)
	e := &cloudError{Code: answer.ErrorCode, Message: body.message(), Status: answer.StatusCode, err: err}
	if list := body.codes(); len(list) > 0 {
		e.Code = list[0]
	}
	if r := answer.RawResponse; r != nil {
		e.wait, e.request = r.Header.Get("Retry-After"), r.Header.Get("x-ms-request-id")
	}
	return e
}

// firstLines makes one line of a text, of at most so many bytes.
func firstLines(s string, limit int) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

// isCode reports whether an answer has one of these codes.
func isCode(err error, wanted ...string) bool {
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		return false
	}
	for _, c := range append(bodyOf(answer).codes(), answer.ErrorCode) {
		for _, w := range wanted {
			if strings.EqualFold(c, w) {
				return true
			}
		}
	}
	return false
}

// missing reports whether what an answer is about does not exist.
func missing(err error) bool {
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	return ok && answer.StatusCode == http.StatusNotFound && !isCode(err, "SubscriptionNotFound", "InvalidSubscriptionId")
}
