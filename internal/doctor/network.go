package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Clouds refuse requests whose time is off: five minutes at Amazon and Google.
const (
	skewBad  = 5 * time.Minute
	skewSome = 30 * time.Second
)

// Servers are who is asked where nobody else is given. They belong to different
// owners; one of them does not need a clock that is right.
func Servers() []string {
	return []string{
		"https://checkip.amazonaws.com", "https://storage.googleapis.com", "https://management.azure.com", "http://deb.debian.org",
	}
}

// reached is what became of asking a server.
type reached struct {
	server string
	date   time.Time // of its answer; zero when it has none
	at     time.Time // when it came
	err    error
}

// network asks all servers at once what time it is: the first answer tells that
// the network works, and how the clock is.
func (d Doctor) network(ctx context.Context) []Finding {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan reached, len(d.Servers))
	for _, server := range d.Servers {
		go func() { answers <- d.ask(ctx, server) }()
	}
	var failed []error
	for range d.Servers {
		r := <-answers
		if r.err == nil {
			return []Finding{{Check: "network", Level: OK, Message: hostOf(r.server) + " answers" + d.proxy()}, clock(r)}
		}
		failed = append(failed, r.err)
	}
	return []Finding{unreached(failed, d.proxy()), {"clock", Warning, "not known: no server could be asked", "See to the network, or compare the clock yourself: date -u."}}
}

func (d Doctor) ask(ctx context.Context, server string) reached {
	r := reached{server: server}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, server, http.NoBody)
	if err != nil {
		r.err = err
		return r
	}
	answer, err := d.Client.Do(req)
	r.at = d.Now()
	if err != nil {
		r.err = err
		return r
	}
	answer.Body.Close()
	r.date, _ = http.ParseTime(answer.Header.Get("Date")) // zero when there is none
	return r
}

// clock compares the clock with that of a server.
func clock(r reached) Finding {
	if r.date.IsZero() {
		return Finding{"clock", Warning, "not known: " + hostOf(r.server) + " does not tell the time", "Compare it yourself: date -u."}
	}
	skew := r.at.Sub(r.date)
	way := "ahead"
	if skew < 0 {
		skew, way = -skew, "behind"
	}
	f := Finding{Check: "clock", Level: OK, Message: "as that of " + hostOf(r.server)}
	if skew > skewSome {
		f = Finding{"clock", Warning, fmt.Sprintf("%s %s of %s", skew.Round(time.Second), way, hostOf(r.server)), "Set it by the network: sudo timedatectl set-ntp true."}
	}
	if skew > skewBad {
		f.Level = Failure
		f.Message += ": clouds refuse such requests"
	}
	return f
}

// unreached says why no server answered: the most telling of the reasons.
func unreached(failed []error, proxy string) Finding {
	f := Finding{"network", Warning, "no server on the internet answers" + proxy, "Local clusters can work without it; clouds can't. See to the network, and to HTTPS_PROXY where you have a proxy."}
	var invalid x509.CertificateInvalidError
	for _, err := range failed {
		switch {
		case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
			f.Message, f.Fix = "certificates seem not valid now: is the clock right?", "Set it by the network: sudo timedatectl set-ntp true."
			return f
		case strings.Contains(err.Error(), "no such host"):
			f.Message = "names can't be resolved" + proxy
			f.Fix = "Local clusters can work without it; clouds can't. See to /etc/resolv.conf, or set HTTPS_PROXY where you have a proxy."
		}
	}
	return f
}

// address finds the address that firewalls are opened for.
func (d Doctor) address(ctx context.Context) []Finding {
	addr, err := d.SeenFrom(ctx)
	if err != nil {
		return []Finding{{
			"address", Warning, "the address that this machine is seen from can't be found",
			`Needed for clouds only: set ECLUSTER_ADDRESS, or ssh_from in the spec's network block.`,
		}}
	}
	return []Finding{{Check: "address", Level: OK, Message: addr.String()}}
}

// proxy names the proxy that the environment asks for, without its password.
func (d Doctor) proxy() string {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		value, _ := d.Place.Env(name)
		if value == "" {
			continue
		}
		if u, err := url.Parse(value); err == nil && u.Host != "" {
			value = u.Host
		} else {
			value = "the proxy of $" + name
		}
		return fmt.Sprintf(", through %s (%s)", value, name)
	}
	return ""
}

func hostOf(server string) string {
	if u, err := url.Parse(server); err == nil && u.Host != "" {
		return u.Host
	}
	return server
}
