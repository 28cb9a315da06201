package engine_test

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/state"
)

// Whoever asks for the entries while a command writes newer ones takes none of
// them away.
func TestSSHConfigMeanwhile(t *testing.T) {
	l := newLab(t)
	if _, err := l.start(spec(0, 0)); err != nil {
		t.Fatal(err)
	}
	pair, err := remote.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key := []string{pair.Authorized}
	for i := range 40 {
		name := cluster.NewNodeName("compute", i+1)
		var asks sync.WaitGroup
		for range 4 {
			asks.Go(func() {
				if _, err := l.engine().SSHConfig("lab"); err != nil {
					t.Error(err)
				}
			})
		}
		l.change(func(st *state.State) {
			st.Nodes[name] = &cluster.Node{
				Name: name, Group: "compute", Phase: cluster.Ready, HostKeys: key,
				PrivateIP: "192.0.2.1",
			}
		})
		if _, err := l.engine().SSHConfig("lab"); err != nil {
			t.Fatal(err)
		}
		asks.Wait()
		config, err := os.ReadFile(l.engine().Store().SSHConfigPath("lab"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(config), "lab-"+string(name)) {
			t.Fatalf("the entry of %s is lost", name)
		}
	}
}
