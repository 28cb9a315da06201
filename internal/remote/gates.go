package remote

import (
	"context"
	"sync"
)

// handshakesPerHost is how many logins may be under way at one sshd, or
// through one jump host. sshd drops newcomers at random from 10 on
// (MaxStartups 10:30:100).
const handshakesPerHost = 8

// gates limit how much goes on at once under one name. The zero value is
// ready; a gate exists only while somebody uses it or waits for it.
type gates struct {
	mu     sync.Mutex
	byName map[string]*gate
}

type gate struct {
	slots chan struct{}
	users int
}

// enter waits for a slot and returns what gives it back.
func (g *gates) enter(ctx context.Context, name string) (leave func(), err error) {
	g.mu.Lock()
	if g.byName == nil {
		g.byName = map[string]*gate{}
	}
	one := g.byName[name]
	if one == nil {
		one = &gate{slots: make(chan struct{}, handshakesPerHost)}
		g.byName[name] = one
	}
	one.users++
	g.mu.Unlock()

	select {
	case one.slots <- struct{}{}:
		return func() {
			<-one.slots
			g.forget(name, one)
		}, nil
	case <-ctx.Done():
		g.forget(name, one)
		return nil, context.Cause(ctx)
	}
}

func (g *gates) forget(name string, one *gate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if one.users--; one.users == 0 {
		delete(g.byName, name)
	}
}
