package rehearsal

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/engine"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/sim"
)

func TestOnlySimulatedCloudsCanBeRehearsed(t *testing.T) {
	for kind, says := range map[string]string{"docker": "ecluster start", "terraform": "[aws google]"} {
		_, err := Run(t.Context(), Options{
			Spec:       &cluster.Spec{Name: "c", Provider: cluster.ProviderSpec{Kind: kind}},
			Simulators: map[string]Simulator{"google": nil, "aws": nil},
		})
		if _, is := errors.AsType[*UnknownError](err); !is || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// A rehearsal has few nodes and a provider that leads to the simulated cloud,
// but where the nodes are stays as the spec says.
func TestScaled(t *testing.T) {
	spec := &cluster.Spec{
		Provider: cluster.ProviderSpec{Kind: "google", Settings: map[string]any{"zone": "europe-west4-b", "project": "mine"}},
		Groups:   []cluster.Group{{Name: "frontend", Count: 1, MinCount: 1}, {Name: "compute", Count: 40, MinCount: 36}},
	}
	got := scaled(copied(spec), 0, map[string]any{"zone": "us-central1-a", "project": "simulated", "endpoint": "http://127.0.0.1:1"})
	want := map[string]any{"zone": "europe-west4-b", "project": "simulated", "endpoint": "http://127.0.0.1:1"}
	if diff := cmp.Diff(want, got.Provider.Settings); diff != "" {
		t.Errorf("settings (-want +got)\n%s", diff)
	}
	if g := got.Groups[1]; g.Count != 2 || g.MinCount != 2 || got.Groups[0].Count != 1 {
		t.Errorf("groups %+v", got.Groups)
	}
	if spec.Groups[1].Count != 40 || spec.Provider.Settings["project"] != "mine" {
		t.Errorf("the spec was changed: %+v", spec)
	}
}

// What a rehearsal left that was killed is removed by the next one; one that is
// under way is left alone.
func TestLeftovers(t *testing.T) {
	var notices []string
	o := Options{
		Spec:       &cluster.Spec{Name: "c", Provider: cluster.ProviderSpec{Kind: "google"}},
		Simulators: map[string]Simulator{"google": nil},
		Engine: engine.Options{Home: t.TempDir(), Sink: event.SinkFunc(func(e event.Event) {
			if n, is := e.(event.Notice); is {
				notices = append(notices, n.Message)
			}
		})},
	}
	worlds := map[string]*world{}
	for _, name := range []string{"rdead", "ralive", "rstuck"} {
		w, err := o.open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		worlds[name] = w
	}
	for _, name := range []string{"rdead", "rstuck"} { // as a kill leaves them
		worlds[name].left = true
		if err := worlds[name].leave(); err != nil {
			t.Fatal(err)
		}
	}
	var closed []string
	full := errors.New("the engine is full")
	o.Machines = func(_ context.Context, q Requisites, _ func(task, message string)) (sim.Machines, func(context.Context) error, error) {
		world := q.World
		if worlds[world] == nil {
			return nil, nil, full // the new one
		}
		return nil, func(context.Context) error {
			closed = append(closed, world)
			if world == "rstuck" {
				return errors.New("it hangs")
			}
			return nil
		}, nil
	}
	if _, err := Run(t.Context(), o); !errors.Is(err, full) {
		t.Fatalf("it ended with %v", err)
	}
	if diff := cmp.Diff([]string{"rdead", "rstuck"}, closed); diff != "" {
		t.Errorf("closed (-want +got)\n%s", diff)
	}
	if said := strings.Join(notices, "\n"); !strings.Contains(said, "(rdead) was cut off; its machines") || !strings.Contains(said, "(rstuck) was cut off, and what it left can't be removed: it hangs") {
		t.Errorf("it said %q", said)
	}
	left, err := filepath.Glob(filepath.Join(o.Engine.Home, "rehearsals", "clusters", "*"))
	if err != nil || len(left) != 2 || filepath.Base(left[0]) != "ralive" || filepath.Base(left[1]) != "rstuck" {
		t.Errorf("folders left: %v, %v", left, err)
	}
	if err := worlds["ralive"].leave(); err != nil {
		t.Error(err)
	}
}

func TestReport(t *testing.T) {
	r := newReport(&cluster.Spec{Name: "c", Image: "debian-13", Groups: []cluster.Group{{Name: "gpu", Count: 3, Image: "other"}}}, nil)
	r.created([]sim.Resource{{Kind: "instance", Detail: "small"}, {Kind: "disk"}, {Kind: "instance", Detail: "small"}})
	r.created([]sim.Resource{{Kind: "later"}})
	r.requests([]sim.Entry{{Op: "list"}, {Op: "insert", Problems: []string{"unknown field"}}, {Op: "list"}})
	r.act("start", time.Second, "", errors.New("quota"))
	want := &Report{
		Cluster: "c", Groups: []Group{{Name: "gpu", Count: 3, Image: "other"}},
		Creates:    []Kind{{Kind: "disk", Count: 1}, {Kind: "instance", Count: 2, Details: []string{"small"}}},
		Requests:   []Request{{Op: "list", Count: 2}, {Op: "insert", Count: 1}},
		Objections: []string{"insert: unknown field"},
		Acts:       []Act{{Name: "start", Took: time.Second, Error: "quota"}},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("report (-want +got)\n%s", diff)
	}
}
