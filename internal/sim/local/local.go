// Package local is the machines of simulated clouds as SSH servers in this
// process, for tests of thousands of nodes. Each listens on port 22 of an
// address of its own (127.x.y.z), lets in who the cloud's user data say, and
// pretends to carry out what a set-up asks for: every step takes its time and
// goes well, and the frontend answers for the scheduler. No real program runs.
package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
	"github.com/ecluster/ecluster/internal/sim"
)

const defaultImage = "debian-13"

// Options configure Machines. Its zero value is machines that do all at once.
type Options struct {
	StepTime time.Duration // that each step takes which has something to do
	SSHTime  time.Duration // from a boot until sshd answers
	// People answers the commands that no set-up sends, on the node of that
	// name; nil refuses them.
	People func(node string) remotetest.Handler
	// Files are what a node serves over SFTP; nil is nothing.
	Files func(node string) *remotetest.Files
}

// Machines are SSH servers of this process. It is safe for concurrent use.
type Machines struct {
	options Options
	seed    maphash.Seed // of what machines remember
	slurms  slurms

	mu       sync.Mutex
	next     uint32 // the last three bytes of the next address
	machines map[string]*machine
}

var _ sim.Machines = (*Machines)(nil)

// New returns no machines yet.
func New(o Options) *Machines {
	return &Machines{
		options: o, seed: maphash.MakeSeed(), slurms: slurms{clusters: map[string]*slurm{}},
		// Processes that run at the same time begin at different addresses.
		next:     64<<16 + rand.Uint32N(128<<16), // far from those of others on this computer
		machines: map[string]*machine{},
	}
}

// Boot implements sim.Machines. User data without a user's key or without a
// host key are an error: nobody could ever log in.
func (m *Machines) Boot(_ context.Context, b sim.Boot) (sim.Address, error) {
	who, err := accessOf(b)
	if err != nil {
		return sim.Address{}, fmt.Errorf("boot machine %s: %w", b.ID, err)
	}
	box := &machine{world: m, boot: sim.Boot{ID: b.ID, Image: cmp.Or(b.Image, defaultImage), Hostname: b.Hostname, Silent: b.Silent}, access: who}
	if b.Agent != nil {
		box.published = []string{who.host.Authorized}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.machines[b.ID] != nil {
		return sim.Address{}, fmt.Errorf("boot machine %s: there is one already", b.ID)
	}
	if err := m.place(box); err != nil {
		return sim.Address{}, fmt.Errorf("boot machine %s: %w", b.ID, err)
	}
	m.machines[b.ID] = box
	return box.address(), nil
}

// addressTries is how many addresses may be taken by others before one gives up.
const addressTries = 1000

// place finds a free address for a machine and starts it there.
func (m *Machines) place(box *machine) error {
	var err error
	for range addressTries {
		m.next++
		if last := m.next & 255; last == 0 || last == 255 {
			m.next++
		}
		m.next &= 1<<24 - 1
		box.ip = fmt.Sprintf("127.%d.%d.%d", m.next>>16&255, m.next>>8&255, m.next&255)
		if err = box.start(); !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	switch {
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%w; machines of this kind listen on port 22 of 127.x.y.z, which needs root or CAP_NET_BIND_SERVICE", err)
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w; an sshd of this computer listens on all addresses: give it a ListenAddress, or use machines of another kind", err)
	}
	return err
}

// find returns a machine that exists.
func (m *Machines) find(id string) (*machine, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	box := m.machines[id]
	if box == nil {
		return nil, errors.New("there is none of this name")
	}
	return box, nil
}

// Stop implements sim.Machines.
func (m *Machines) Stop(_ context.Context, id string) error {
	box, err := m.find(id)
	if err != nil {
		return fmt.Errorf("stop machine %s: %w", id, err)
	}
	return box.stop()
}

// Start implements sim.Machines. The address is the one that it had.
func (m *Machines) Start(_ context.Context, id string) (sim.Address, error) {
	box, err := m.find(id)
	if err == nil {
		err = box.start()
	}
	if err != nil {
		return sim.Address{}, fmt.Errorf("start machine %s: %w", id, err)
	}
	return box.address(), nil
}

// Delete implements sim.Machines.
func (m *Machines) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	box := m.machines[id]
	delete(m.machines, id)
	m.mu.Unlock()
	if box == nil {
		return nil
	}
	return box.stop()
}

// Console implements sim.Machines: the host keys, as cloud-init prints them.
func (m *Machines) Console(_ context.Context, id string) ([]byte, error) {
	box, err := m.find(id)
	if err != nil {
		return nil, fmt.Errorf("read console of machine %s: %w", id, err)
	}
	return fmt.Appendf(nil, "%s login: simulated\n-----BEGIN SSH HOST KEY KEYS-----\n%s\n-----END SSH HOST KEY KEYS-----\n",
		box.boot.Hostname, box.access.host.Authorized), nil
}

// HostKeys implements sim.Machines.
func (m *Machines) HostKeys(_ context.Context, id string) ([]string, error) {
	box, err := m.find(id)
	if err != nil {
		return nil, fmt.Errorf("read host keys of machine %s: %w", id, err)
	}
	return box.published, nil
}

// Close deletes all machines.
func (m *Machines) Close(ctx context.Context) error {
	m.mu.Lock()
	var ids []string
	for id := range m.machines {
		ids = append(ids, id)
	}
	m.mu.Unlock()
	var errs []error
	for _, id := range ids {
		errs = append(errs, m.Delete(ctx, id))
	}
	return errors.Join(errs...)
}

// machine is one of them.
type machine struct {
	world     *Machines
	boot      sim.Boot // without what is secret
	access    access
	published []string // host keys, by the agent
	ip        string

	mu     sync.Mutex
	server *remotetest.Server // nil while it is off, or silent
	own    remote.KeyPair     // a host key that it made for itself
	memory memory
}

func (b *machine) address() sim.Address { return sim.Address{PrivateIP: b.ip, PublicIP: b.ip} }

// start lets sshd answer, now or when it has booted.
func (b *machine) start() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.server != nil || b.boot.Silent {
		return nil
	}
	key := b.access.host.PrivatePEM
	if b.memory.ownKeyInUse {
		key = b.own.PrivatePEM
	}
	o := remotetest.Options{
		HostKey: key, AuthorizedKey: b.access.user, Handler: b.handle,
		Listen: net.JoinHostPort(b.ip, strconv.Itoa(22)),
	}
	if files := b.world.options.Files; files != nil {
		o.Files = files(b.boot.Hostname)
	}
	server, err := remotetest.New(o)
	if err != nil {
		return err
	}
	if wait := b.world.options.SSHTime; wait > 0 {
		server.Refuse(true)
		time.AfterFunc(wait, func() { server.Refuse(false) })
	}
	b.server = server
	b.world.slurms.boot(b.boot.ID)
	return nil
}

func (b *machine) stop() error {
	b.mu.Lock()
	server := b.server
	b.server = nil
	b.mu.Unlock()
	b.world.slurms.down(b.boot.ID)
	if server == nil {
		return nil
	}
	return server.Close()
}
