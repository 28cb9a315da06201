package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// proxyError is the refusal of a proxy to lead to a service.
type proxyError struct {
	proxy  string // without its password
	status int    // of HTTP
}

// Error implements error.
func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy %s answered HTTP %d", e.proxy, e.status)
}

// throughProxy keeps what a proxy answers: net/http would keep only its words.
func throughProxy(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{proxy: proxy.Redacted(), status: answer.StatusCode}
}

// unreachable says in one sentence why there was no answer.
func unreachable(err error) string {
	host := "AWS"
	if sent, ok := errors.AsType[*url.Error](err); ok {
		if u, perr := url.Parse(sent.URL); perr == nil && u.Host != "" {
			host = u.Host
		}
		err = sent.Err
	}
	why := err.Error()
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		why = errno.Error()
	} else if dns, ok := errors.AsType[*net.DNSError](err); ok {
		why = dns.Err
	} else if timedOut(err) {
		why = "it took too long"
	} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		why = "the connection was closed"
	}
	return fmt.Sprintf("no answer from %s: %s", host, why)
}

// wayHint is what to do about a request that got no answer of AWS.
func (d *Driver) wayHint(f *failure) string {
	if notFound, ok := errors.AsType[*net.DNSError](f.err); ok && notFound.IsNotFound {
		return fmt.Sprintf("check the name of the region %q, and that this machine has a network", d.s.region)
	}
	if op, ok := errors.AsType[*net.OpError](f.err); ok && op.Op == "dial" {
		return "see that this machine reaches the Internet; behind a proxy, set HTTPS_PROXY"
	}
	switch f.status {
	case 0:
		return ""
	case http.StatusProxyAuthRequired:
		return "the proxy of HTTPS_PROXY wants a user and a password (http://USER:PASSWORD@HOST:PORT)"
	}
	return "it seems to come from a proxy between: check HTTPS_PROXY, NO_PROXY and endpoint"
}
