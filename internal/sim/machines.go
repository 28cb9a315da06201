package sim

import (
	"context"
	"fmt"
	"sync"
)

// Machines is what stands behind the instances of a simulated cloud: real
// nodes in containers (sim/docker), SSH servers in this process (sim/local),
// or nothing at all (Silent). Its methods may be called concurrently; each
// returns when what it does is done.
type Machines interface {
	// Boot makes and starts a machine. It returns when the machine has its
	// address; that its sshd answers takes longer.
	Boot(ctx context.Context, b Boot) (Address, error)
	// Stop halts a machine and keeps its disk; Start boots it again, at an
	// address that may be another.
	Stop(ctx context.Context, id string) error
	Start(ctx context.Context, id string) (Address, error)
	// Delete removes a machine with its disk; one that does not exist is no error.
	Delete(ctx context.Context, id string) error
	// Console is the last output of the machine's console; empty when unknown.
	Console(ctx context.Context, id string) ([]byte, error)
	// HostKeys are the public host keys that an agent in the machine publishes,
	// in authorized_keys form; none until it has. Only machines that were booted
	// with Boot.Agent publish any.
	HostKeys(ctx context.Context, id string) ([]string, error)
}

// Boot is what a machine is told by its cloud.
type Boot struct {
	ID       string // unique among all machines; a DNS label
	Image    string // "debian-13": the distribution, in ecluster's words
	Hostname string // by which the machine knows itself when it boots
	// UserData is given to cloud-init, as it is (decoded from base64); images
	// without cloud-init get Agent instead.
	UserData []byte
	Agent    *Agent
	// Labels are put on whatever the machine is made of, for those who look
	// for leftovers.
	Labels map[string]string
	// Network separates machines: those of one network reach each other.
	Network string
	// Silent machines boot and never answer SSH.
	Silent bool
}

// Agent is what Google's guest agent does in images that have no cloud-init:
// it makes users, runs a script as root, and publishes the host keys that the
// machine made for itself.
type Agent struct {
	Users         []AgentUser
	StartupScript string
}

// AgentUser is one line of the ssh-keys metadata: a sudoer with a key.
type AgentUser struct {
	Name          string
	AuthorizedKey string
}

// Address is where a machine is. Its sshd listens on port 22 of both
// addresses; they may be equal.
type Address struct {
	PrivateIP string
	PublicIP  string
}

// Silent is Machines that have an address where nobody answers.
type Silent struct {
	mu   sync.Mutex
	last int
	at   map[string]Address
}

// NewSilent returns no machines yet.
func NewSilent() *Silent { return &Silent{at: map[string]Address{}} }

// Boot gives out the next address of a network that is nowhere (RFC 5737 for
// the public ones).
func (s *Silent) Boot(_ context.Context, b Boot) (Address, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	a := Address{
		PrivateIP: fmt.Sprintf("10.%d.%d.%d", s.last>>16&255, s.last>>8&255, s.last&255),
		PublicIP:  fmt.Sprintf("198.51.%d.%d", 100+s.last>>8&127, s.last&255),
	}
	s.at[b.ID] = a
	return a, nil
}

// Stop does nothing.
func (s *Silent) Stop(context.Context, string) error { return nil }

// Start returns the address that the machine had.
func (s *Silent) Start(_ context.Context, id string) (Address, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at[id], nil
}

// Delete forgets the address.
func (s *Silent) Delete(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.at, id)
	return nil
}

// Console is empty.
func (s *Silent) Console(context.Context, string) ([]byte, error) { return nil, nil }

// HostKeys are none.
func (s *Silent) HostKeys(context.Context, string) ([]string, error) { return nil, nil }
