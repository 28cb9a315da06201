// Package doctor looks at what ecluster needs from this machine and from the
// clouds, before there is any cluster, and says for each trouble what to do. It
// changes nothing, and no check can hold up the others.
package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/ecluster/ecluster/internal/credentials"
	"github.com/ecluster/ecluster/providers"
)

// Level is how a check ended.
type Level string

// The levels.
const (
	OK      Level = "ok"
	Warning Level = "warning" // something works less well, or not everywhere
	Failure Level = "failure" // something that is needed does not work
	Unused  Level = "unused"  // nothing here says that the user wants it
)

// Finding is the result of one check.
type Finding struct {
	Check   string `json:"check"` // what was looked at, in a word: "docker"
	Level   Level  `json:"level"`
	Message string `json:"message"`       // one line
	Fix     string `json:"fix,omitempty"` // one sentence: what to do
}

// Doctor is what the checks look at.
type Doctor struct {
	Home    string // $ECLUSTER_HOME
	Version string // of this program
	Place   credentials.Place
	Plugins map[string]providers.Plugin
	// Config says what is wrong with the user's config.hcl; nil when nothing is.
	Config error
	// Client asks the Servers what time it is: any web server will do.
	Client  *http.Client
	Servers []string
	// SeenFrom finds the address that this machine is seen from.
	SeenFrom func(context.Context) (netip.Addr, error)
	// Run runs a program and returns what it prints.
	Run func(ctx context.Context, program string, args ...string) ([]byte, error)
	// Now is the clock; Patience is for how long a check may take.
	Now      func() time.Time
	Patience time.Duration
}

// check is one look at something. It may return several findings.
type check struct {
	name string
	look func(context.Context) []Finding
}

// Examine makes all checks at once. The providers in needed must work; without
// any, one of all is enough. The findings are in a fixed order.
func (d Doctor) Examine(ctx context.Context, needed []string) []Finding {
	signs := d.Place.Look()
	checks := []check{
		{"ecluster", func(context.Context) []Finding { return d.program() }},
		{"records", func(context.Context) []Finding { return d.records() }},
		{"config", func(context.Context) []Finding { return d.config() }},
	}
	first := len(checks)
	for _, p := range d.ordered(needed) {
		sign, _ := credentials.Of(signs, p.Kind)
		checks = append(checks, check{p.Kind, func(ctx context.Context) []Finding {
			return d.provider(ctx, p, sign, len(needed) > 0)
		}})
	}
	last := len(checks)
	checks = append(checks, check{"network", d.network}, check{"address", d.address})

	results := make([]chan []Finding, len(checks))
	for i, c := range checks {
		results[i] = make(chan []Finding, 1)
		go func() { results[i] <- d.bounded(ctx, c) }()
	}
	var all []Finding
	usable := false
	for i := range checks {
		found := <-results[i]
		if i >= first && i < last {
			for _, f := range found {
				usable = usable || f.Level == OK
			}
		}
		all = append(all, found...)
	}
	if !usable && len(needed) == 0 {
		all = append(all, Finding{
			"place", Failure, "nothing that was found here can hold a cluster",
			"Install Docker and start it, or log in to a cloud (gcloud, aws, az); the lines above say what is missing.",
		})
	}
	return all
}

// Healthy reports whether nothing that is needed fails.
func Healthy(findings []Finding) bool {
	for _, f := range findings {
		if f.Level == Failure {
			return false
		}
	}
	return true
}

// bounded ends a check that takes too long, even one that does not listen.
func (d Doctor) bounded(ctx context.Context, c check) []Finding {
	ctx, cancel := context.WithTimeoutCause(ctx, d.Patience, fmt.Errorf("no answer within %s", d.Patience))
	defer cancel()
	done := make(chan []Finding, 1)
	go func() { done <- c.look(ctx) }()
	select {
	case found := <-done:
		return found
	case <-ctx.Done():
	}
	select { // it may have listened, and have more to say
	case found := <-done:
		return found
	case <-time.After(d.Patience / 10):
		return []Finding{{c.name, Warning, context.Cause(ctx).Error(), "See whether the network works, and try again."}}
	}
}
