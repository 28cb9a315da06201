package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote/remotetest"
	"github.com/ecluster/ecluster/providers/fake"
)

// order is what a program asks of the landlord, as one line of JSON.
type order struct {
	Halt    bool               `json:"halt"`
	ID      cluster.InstanceID `json:"id"`
	Node    cluster.NodeName   `json:"node"`
	HostKey string             `json:"host_key"`
	Key     string             `json:"key"`
}

// tenant puts the machines of a fake cloud into the process of the test, where
// they outlive the program that made them.
type tenant struct{ socket string }

func (t tenant) Boot(m fake.Machine) (cluster.Endpoint, error) {
	return t.ask(order{ID: m.ID, Node: m.Node, HostKey: m.Access.HostKey.Reveal(), Key: m.Access.AuthorizedKey})
}

func (t tenant) Halt(id cluster.InstanceID) { _, _ = t.ask(order{Halt: true, ID: id}) }

func (t tenant) ask(o order) (cluster.Endpoint, error) {
	var at cluster.Endpoint
	conn, err := net.Dial("unix", t.socket)
	if err != nil {
		return at, err
	}
	defer conn.Close()
	if err := json.NewEncoder(conn).Encode(o); err != nil {
		return at, err
	}
	return at, json.NewDecoder(conn).Decode(&at)
}

// landlord runs the SSH servers of the machines of one script.
type landlord struct {
	socket string

	mu      sync.Mutex
	servers map[cluster.InstanceID]*remotetest.Server
}

// newLandlord serves until the function that it returns is called.
func newLandlord() (*landlord, func(), error) {
	dir, err := os.MkdirTemp("", "ec") // the path of a socket must be short
	if err != nil {
		return nil, nil, err
	}
	l := &landlord{socket: filepath.Join(dir, "s"), servers: map[cluster.InstanceID]*remotetest.Server{}}
	listener, err := net.Listen("unix", l.socket)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { l.serve(conn) })
		}
	})
	return l, func() {
		_ = listener.Close()
		open.Wait()
		for id := range l.servers {
			_ = l.servers[id].Close()
		}
		_ = os.RemoveAll(dir)
	}, nil
}

func (l *landlord) serve(conn net.Conn) {
	defer conn.Close()
	var o order
	if json.NewDecoder(conn).Decode(&o) != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var at cluster.Endpoint
	if o.Halt {
		if s := l.servers[o.ID]; s != nil {
			_ = s.Close()
			delete(l.servers, o.ID)
		}
	} else if s, err := remotetest.New(remotetest.Options{
		HostKey: cluster.Secret(o.HostKey), AuthorizedKey: o.Key, Handler: shell(o.Node), Files: l.homeOf(o.ID),
	}); err == nil {
		l.servers[o.ID], at = s, s.Endpoint()
	}
	_ = json.NewEncoder(conn).Encode(at)
}

// homeOf is where the files of a machine are.
func (l *landlord) homeOf(id cluster.InstanceID) *remotetest.Files {
	dir := filepath.Join(filepath.Dir(l.socket), string(id))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil
	}
	return &remotetest.Files{Home: dir}
}

// shell is all that these machines can do. It runs nothing on this computer:
// the roles of a real set-up would change it.
func shell(node cluster.NodeName) remotetest.Handler {
	return func(command string, stdin io.Reader, stdout, stderr io.Writer) int {
		words := strings.Fields(strings.ReplaceAll(command, "'", ""))
		if len(words) == 0 {
			words = []string{"hostname"}
		}
		switch words[0] {
		case "hostname":
			fmt.Fprintln(stdout, node)
		case "echo":
			fmt.Fprintln(stdout, strings.Join(words[1:], " "))
		case "cat":
			_, _ = io.Copy(stdout, stdin)
		case "exit":
			var status int
			_, _ = fmt.Sscan(words[1], &status)
			return status
		default:
			fmt.Fprintf(stderr, "sh: %s: not found\n", words[0])
			return 127
		}
		return 0
	}
}
