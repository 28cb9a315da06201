// Package outside finds the address by which the world sees this machine: what
// `ssh_from = ["auto"]` opens a cluster's firewall for. It knows no cloud.
package outside

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Services answer with the caller's address as text. They belong to different
// owners, so that one that is down or blocked does not matter.
var defaultServices = [...]string{
	"https://checkip.amazonaws.com", "https://api.ipify.org", "https://icanhazip.com",
}

// patience is for how long the services are waited for.
const patience = 10 * time.Second

// Finder asks the services. The zero value asks those that everybody uses.
type Finder struct {
	Client   *http.Client // nil: over IPv4, since clusters have no other address
	Services []string
}

// Address returns the address that the first service to answer sees.
func (f Finder) Address(ctx context.Context) (netip.Addr, error) {
	client, services := f.Client, f.Services
	if client == nil {
		dialer := &net.Dialer{}
		client = &http.Client{Transport: &http.Transport{
			Proxy: nil, // SSH does not go through it either
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				return dialer.DialContext(ctx, "tcp4", address)
			},
		}}
	}
	if services == nil {
		services = defaultServices[:]
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type answer struct {
		addr netip.Addr
		err  error
	}
	answers := make(chan answer, len(services))
	for _, url := range services {
		go func() {
			addr, err := ask(ctx, client, url)
			answers <- answer{addr, err}
		}()
	}
	var errs []error
	for range services {
		a := <-answers
		if a.err == nil {
			return a.addr, nil
		}
		errs = append(errs, a.err)
	}
	return netip.Addr{}, fmt.Errorf("find the address that this machine is seen from: %w", errors.Join(errs...))
}

func ask(ctx context.Context, client *http.Client, url string) (netip.Addr, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return netip.Addr{}, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return netip.Addr{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 100))
	if err != nil {
		return netip.Addr{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return netip.Addr{}, fmt.Errorf("%s answers %s", url, resp.Status)
	}
	addr, err := netip.ParseAddr(strings.TrimSpace(string(text)))
	if err != nil || !addr.Is4() {
		return netip.Addr{}, fmt.Errorf("%s answers with no IPv4 address", url)
	}
	return addr, nil
}
