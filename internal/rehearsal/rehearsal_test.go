package rehearsal

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
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
