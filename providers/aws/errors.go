package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/ecluster/ecluster/providers"
)

// failure is an error of the SDK taken apart. It prints as one sentence:
// "RunInstances: VcpuLimitExceeded: You have requested ...".
type failure struct {
	action  string // "RunInstances"
	code    string // "VcpuLimitExceeded"; "" when no service answered
	message string
	status  int       // of HTTP; 0 without an answer
	date    time.Time // of the answer, by the service's clock
	hint    string    // the next action, where the kind's own is not enough
	err     error
}

// Error implements error.
func (f *failure) Error() string {
	var b strings.Builder
	if f.action != "" {
		b.WriteString(f.action + ": ")
	}
	switch {
	case f.code != "":
		fmt.Fprintf(&b, "%s: %s", f.code, f.message)
	default:
		b.WriteString(f.message)
	}
	if f.hint != "" {
		fmt.Fprintf(&b, "; %s", f.hint)
	}
	return b.String()
}

// Unwrap returns the SDK's error.
func (f *failure) Unwrap() error { return f.err }

// unparsed is the SDK's code of an answer that has none.
const unparsed = "UnknownError"

// parse takes an error of the SDK apart; nil gives an empty failure.
func parse(err error) *failure {
	f := &failure{err: err}
	if op, ok := errors.AsType[*smithy.OperationError](err); ok {
		f.action = op.OperationName
	}
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && resp.Response != nil {
		f.status = resp.HTTPStatusCode()
		f.date, _ = http.ParseTime(resp.Response.Header.Get("Date"))
	}
	if creds, ok := errors.AsType[*credentialsError](err); ok {
		f.status, f.message = 0, creds.Error() // what it wraps is of another service
		return f
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() != unparsed {
		f.code, f.message = api.ErrorCode(), strings.TrimSuffix(strings.TrimSpace(api.ErrorMessage()), ".")
		return f
	}
	if proxy, ok := errors.AsType[*proxyError](err); ok {
		f.status, f.message = proxy.status, proxy.Error()
		return f
	}
	switch {
	case err == nil:
	case f.status == http.StatusOK:
		f.message = "the answer could not be read: it was cut off, or is not of AWS"
	case f.status != 0:
		f.message = fmt.Sprintf("the answer was HTTP %d and not of AWS", f.status)
	default:
		f.message = innermost(err)
	}
	return f
}

// innermost is what went wrong below the SDK's layers.
func innermost(err error) string {
	if sent, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return unreachable(sent.Err)
	}
	if op, ok := errors.AsType[*smithy.OperationError](err); ok && op.Err != nil {
		return op.Err.Error()
	}
	return err.Error()
}

// kindOf tells the kind of an error of the SDK.
func kindOf(err error) providers.Kind {
	if err == nil {
		return providers.Unknown
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !timedOut(err) {
		return providers.Canceled
	}
	if _, ok := errors.AsType[*credentialsError](err); ok {
		return credentialsKind(err)
	}
	f := parse(err)
	if k := codeKind(f.code); k != providers.Unknown {
		return k
	}
	switch {
	case f.status == http.StatusProxyAuthRequired, f.status == http.StatusForbidden, f.status == http.StatusUnauthorized:
		return providers.Permission
	case f.status == http.StatusTooManyRequests:
		return providers.Throttled
	case f.status >= http.StatusInternalServerError:
		return providers.Transient
	case f.code == "" && (f.status == http.StatusOK || broken(err)): // an answer that was cut off, or none
		return providers.Transient
	}
	return providers.Unknown
}

// credentialsKind is Transient only when the service behind the credentials
// stumbled.
func credentialsKind(err error) providers.Kind {
	if f := parse(errors.Unwrap(err)); f.code != "" {
		if k := codeKind(f.code); k == providers.Throttled || k == providers.Transient {
			return k
		}
	}
	return providers.Permission
}

// timedOut reports whether it was the client's own patience that ended.
func timedOut(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// broken reports whether the way to the service failed, not the service.
func broken(err error) bool {
	var n net.Error
	var sent *smithyhttp.RequestSendError
	return errors.As(err, &n) || errors.As(err, &sent) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// fail classifies err and says what to do about it. It returns nil for nil,
// and what is classified already as it is.
func (d *Driver) fail(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if known := (*providers.Error)(nil); errors.As(err, &known) {
		return err
	}
	if ctx.Err() != nil { // the SDK's words for it vary
		return &providers.Error{Op: op, Kind: providers.Canceled, Err: context.Cause(ctx)}
	}
	f := parse(err)
	k := kindOf(err)
	f.hint = hints[f.code]
	switch {
	case signatureCodes[f.code]:
		if skew := d.skew(f.date); skew != 0 {
			// The SDK has learnt the service's time from this answer, and signs
			// the next request with it.
			k, f.message, f.hint = providers.Transient, "the time of the request is not AWS's", skewHint(skew)
		} else if f.hint == "" {
			f.hint = fmt.Sprintf("%s; if they are right, see that the region %q exists and is turned on for the account (`aws account list-regions`)",
				d.s.loginAdvice(noEnv), d.s.region)
		}
	case f.code == "UnauthorizedOperation" || accessDenied[f.code]:
		f.message, f.hint = denial(f)
	case k == providers.Quota:
		f.hint = fmt.Sprintf("ask for more at https://%s.console.aws.amazon.com/servicequotas/home, or delete what you no longer need", d.s.region)
	case f.code == "":
		f.hint = d.wayHint(f)
	}
	return &providers.Error{Op: op, Kind: k, Err: f}
}

// noEnv keeps the environment's own profile out of an advice.
func noEnv(string) string { return "" }

// maxSkew is how wrong a clock may be before AWS refuses its signatures, less
// what a request takes.
const maxSkew = 4 * time.Minute

// skew is how far this machine's clock is ahead of the service's, or 0 when
// that does no harm.
func (d *Driver) skew(service time.Time) time.Duration {
	if service.IsZero() {
		return 0
	}
	if s := d.now().Sub(service); s.Abs() > maxSkew {
		return s
	}
	return 0
}

func skewHint(ahead time.Duration) string {
	way := "ahead of"
	if ahead < 0 {
		way = "behind"
	}
	return fmt.Sprintf("the clock of this machine is %.0f minutes %s AWS's: set it, for example with `sudo timedatectl set-ntp true`", ahead.Abs().Minutes(), way)
}

var (
	performs = regexp.MustCompile(`perform:? ([a-z0-9-]+:[A-Za-z]+)`)
	encoded  = regexp.MustCompile(`\.? *Encoded authorization failure message: (\S+)`)
)

// denial names the action that is not allowed, in the message and in the hint.
func denial(f *failure) (message, hint string) {
	message, action, explain := f.message, "", ""
	if m := performs.FindStringSubmatch(message); m != nil {
		action = m[1]
		// Thousands of characters that say the same again.
		message = encoded.ReplaceAllString(message, "")
	} else if f.action != "" {
		action = "ec2:" + f.action
	}
	if encoded.MatchString(message) {
		explain = " (`aws sts decode-authorization-message` explains the encoded message)"
	}
	return message, fmt.Sprintf("allow %s in the IAM policies of this user or role", action) + explain
}
