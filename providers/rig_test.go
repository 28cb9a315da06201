package providers_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
)

const testID cluster.ID = "c1"

// rig is a Cloud over a fake one. Tests run it in a synctest bubble: its clock
// is fake, and a goroutine that is left behind fails the test.
type rig struct {
	world *fake.World
	cloud *providers.Cloud
	hooks *recorder
	notes *[]string
}

func newRig(t *testing.T, fo fake.Options, po providers.Options) *rig {
	t.Helper()
	r := &recorder{launched: map[cluster.NodeName]cluster.InstanceID{}, refused: map[cluster.NodeName]*providers.Error{}}
	fo.Trace = func(c fake.Call) {
		if c.Op == fake.OpLaunch {
			r.log("call %s %d", c.Token, len(c.Nodes))
		}
	}
	world := fake.NewWorld(fo)
	var mu sync.Mutex
	notes := &[]string{}
	po.ConsistencyDelay = world.ConsistencyDelay()
	po.Jitter = func(d time.Duration) time.Duration { return d }
	po.Notify = func(what string) {
		mu.Lock()
		defer mu.Unlock()
		*notes = append(*notes, what)
	}
	c := providers.New(world.Driver(), po)
	if err := c.Prepare(t.Context(), providers.PrepareRequest{ID: testID, Name: "test", Volumes: []string{"home"}}); err != nil {
		t.Fatal(err)
	}
	return &rig{world: world, cloud: c, hooks: r, notes: notes}
}

func (r *rig) launch(ctx context.Context, nodes []providers.NodeRequest) error {
	return r.cloud.Launch(ctx, providers.LaunchPlan{ID: testID, Name: "test", Nodes: nodes}, r.hooks)
}

// tokens returns the token of each launch call.
func (r *rig) tokens() []string {
	var out []string
	for _, c := range r.world.Calls(fake.OpLaunch) {
		out = append(out, c.Token)
	}
	return out
}

// nodes makes requests for n nodes of a group.
func nodes(group cluster.GroupName, n int) []providers.NodeRequest {
	out := make([]providers.NodeRequest, n)
	for i := range out {
		out[i] = providers.NodeRequest{Name: cluster.NewNodeName(group, i+1), Group: cluster.Group{Name: group}, Image: "debian"}
	}
	return out
}

func nodeNames(group cluster.GroupName, n int) []cluster.NodeName {
	var out []cluster.NodeName
	for _, r := range nodes(group, n) {
		out = append(out, r.Name)
	}
	return out
}

// recorder is the engine's side of a launch: it remembers everything, in order.
type recorder struct {
	mu       sync.Mutex
	lines    []string
	launched map[cluster.NodeName]cluster.InstanceID
	refused  map[cluster.NodeName]*providers.Error
	open     []providers.Attempt
	fail     func(what string) error
}

func (r *recorder) log(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *recorder) order() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

func (r *recorder) Intend(_ context.Context, token string, nodes []cluster.NodeName) error {
	r.log("intend %s %d", token, len(nodes))
	if r.fail != nil {
		if err := r.fail("intend"); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = append(r.open, providers.Attempt{Token: token, Nodes: nodes, Since: time.Now()})
	return nil
}

func (r *recorder) Launched(n cluster.NodeName, id cluster.InstanceID) {
	r.log("launched %s", n)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.launched[n] = id
}

func (r *recorder) Refused(n cluster.NodeName, err *providers.Error) {
	r.log("refused %s %s", n, err.Kind)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused[n] = err
}

func (r *recorder) Settled(_ context.Context, token string) error {
	r.log("settled %s", token)
	if r.fail != nil {
		if err := r.fail("settled"); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = slices.DeleteFunc(r.open, func(a providers.Attempt) bool { return a.Token == token })
	return nil
}

// kinds renders the refused nodes as "compute001 quota".
func (r *recorder) kinds() string {
	var out []string
	for n, e := range r.refused {
		out = append(out, fmt.Sprintf("%s %s", n, e.Kind))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
