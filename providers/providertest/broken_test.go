package providertest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/fake"
	"github.com/ecluster/ecluster/providers/providertest"
)

// breakage is one way to break the contract, and the case that must notice.
type breakage struct {
	notices providertest.Case
	apply   func(providers.Driver) providers.Driver
}

// breakages wrap a driver that is right.
func breakages() map[string]breakage {
	return map[string]breakage{
		"token is ignored": {providertest.Life, func(d providers.Driver) providers.Driver {
			return &wrong{Driver: d, launch: func(ctx context.Context, r providers.LaunchRequest, n int) ([]providers.LaunchResult, error) {
				r.Token = fmt.Sprintf("%s-%d", r.Token[:20], n)
				return d.Launch(ctx, r)
			}}
		}},
		"results are out of order": {providertest.Life, func(d providers.Driver) providers.Driver {
			return &wrong{Driver: d, launch: func(ctx context.Context, r providers.LaunchRequest, _ int) ([]providers.LaunchResult, error) {
				results, err := d.Launch(ctx, r)
				if len(results) > 1 {
					results[0], results[1] = results[1], results[0]
				}
				return results, err
			}}
		}},
		"list has no attempt": {providertest.Life, func(d providers.Driver) providers.Driver {
			return &wrong{Driver: d, list: func(list []cluster.Instance) {
				for i := range list {
					list[i].Attempt = ""
				}
			}}
		}},
		"cleanup under machines": {providertest.Life, func(d providers.Driver) providers.Driver {
			return &wrong{Driver: d, cleanup: func(ctx context.Context, id cluster.ID, k providers.Keep) error {
				if err := d.Cleanup(ctx, id, k); d.ErrorKind(err) != providers.Conflict {
					return err
				}
				return nil
			}}
		}},
		"cleanup forgets": {providertest.Volumes, func(d providers.Driver) providers.Driver {
			return &wrong{Driver: d, cleanup: func(context.Context, cluster.ID, providers.Keep) error { return nil }}
		}},
		"cleanup keeps nothing": {providertest.Volumes, func(d providers.Driver) providers.Driver {
			return &wrong{Driver: d, cleanup: func(ctx context.Context, id cluster.ID, _ providers.Keep) error {
				return d.Cleanup(ctx, id, providers.Keep{})
			}}
		}},
		"errors have no kind": {providertest.UnknownName, func(d providers.Driver) providers.Driver {
			return &wrong{Driver: d, kind: providers.Unknown}
		}},
		"partial success fails whole": {providertest.Partial, func(d providers.Driver) providers.Driver {
			return &wrong{Driver: d, launch: func(ctx context.Context, r providers.LaunchRequest, _ int) ([]providers.LaunchResult, error) {
				results, err := d.Launch(ctx, r)
				for _, one := range results {
					if one.Err != nil {
						return nil, one.Err
					}
				}
				return results, err
			}}
		}},
		"context is ignored": {providertest.CanceledCtx, func(d providers.Driver) providers.Driver {
			return &wrong{Driver: d, launch: func(ctx context.Context, r providers.LaunchRequest, _ int) ([]providers.LaunchResult, error) {
				return d.Launch(context.WithoutCancel(ctx), r)
			}}
		}},
		"unknown machine is an error": {providertest.Nothing, func(d providers.Driver) providers.Driver {
			return &wrong{Driver: d, terminate: func(_ context.Context, _ cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
				errs := map[cluster.InstanceID]error{}
				for _, id := range ids {
					errs[id] = &fake.Error{Kind: providers.NotFound, Message: "no such machine"}
				}
				return errs, nil
			}}
		}},
		"pause does nothing": {providertest.Rest, func(d providers.Driver) providers.Driver {
			return sleepless{d}
		}},
		"resume fails when it runs": {providertest.Rest, func(d providers.Driver) providers.Driver {
			return &fussy{Driver: d}
		}},
		"foreign machines are deleted": {providertest.TwoClusters, func(d providers.Driver) providers.Driver {
			w := &wrong{Driver: d}
			w.terminate = func(ctx context.Context, _ cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
				w.mu.Lock()
				defer w.mu.Unlock()
				for _, id := range ids {
					if _, err := d.Terminate(ctx, w.owners[id], []cluster.InstanceID{id}); err != nil {
						return nil, err
					}
				}
				return nil, nil
			}
			return w
		}},
	}
}

// wrong is a driver with some of its methods replaced.
type wrong struct {
	providers.Driver
	launch    func(context.Context, providers.LaunchRequest, int) ([]providers.LaunchResult, error)
	list      func([]cluster.Instance)
	terminate func(context.Context, cluster.ID, []cluster.InstanceID) (map[cluster.InstanceID]error, error)
	cleanup   func(context.Context, cluster.ID, providers.Keep) error
	kind      providers.Kind

	mu     sync.Mutex
	n      int
	owners map[cluster.InstanceID]cluster.ID
}

func (w *wrong) Launch(ctx context.Context, r providers.LaunchRequest) ([]providers.LaunchResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	launch := func(ctx context.Context, r providers.LaunchRequest, _ int) ([]providers.LaunchResult, error) {
		return w.Driver.Launch(ctx, r)
	}
	if w.launch != nil {
		launch = w.launch
	}
	results, err := launch(ctx, r, w.n)
	for _, one := range results {
		if w.owners == nil {
			w.owners = map[cluster.InstanceID]cluster.ID{}
		}
		w.owners[one.Instance] = r.ID
	}
	return results, err
}

func (w *wrong) List(ctx context.Context, id cluster.ID) ([]cluster.Instance, error) {
	list, err := w.Driver.List(ctx, id)
	if w.list != nil {
		w.list(list)
	}
	return list, err
}

func (w *wrong) Terminate(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	if w.terminate != nil {
		return w.terminate(ctx, id, ids)
	}
	return w.Driver.Terminate(ctx, id, ids)
}

func (w *wrong) Cleanup(ctx context.Context, id cluster.ID, k providers.Keep) error {
	if w.cleanup != nil {
		return w.cleanup(ctx, id, k)
	}
	return w.Driver.Cleanup(ctx, id, k)
}

func (w *wrong) ErrorKind(err error) providers.Kind {
	if w.kind != "" {
		return w.kind
	}
	return w.Driver.ErrorKind(err)
}

// sleepless never stops a machine.
type sleepless struct{ providers.Driver }

func (sleepless) Pause(context.Context, cluster.ID, []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return nil, nil
}

func (s sleepless) Resume(context.Context, cluster.ID, []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return nil, nil
}

// fussy starts no machine twice.
type fussy struct {
	providers.Driver
	started map[cluster.InstanceID]bool
}

func (f *fussy) pauser() providers.Pauser {
	p, ok := f.Driver.(providers.Pauser)
	if !ok {
		panic("the fake driver is a Pauser")
	}
	return p
}

func (f *fussy) Pause(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	return f.pauser().Pause(ctx, id, ids)
}

func (f *fussy) Resume(ctx context.Context, id cluster.ID, ids []cluster.InstanceID) (map[cluster.InstanceID]error, error) {
	refused := map[cluster.InstanceID]error{}
	for _, i := range ids {
		if f.started[i] {
			refused[i] = &fake.Error{Kind: providers.Invalid, Message: "it runs already"}
		}
	}
	if len(refused) > 0 {
		return refused, nil
	}
	f.started = map[cluster.InstanceID]bool{}
	for _, i := range ids {
		f.started[i] = true
	}
	return f.pauser().Resume(ctx, id, ids)
}

const breakageVar = "ECLUSTER_TEST_BREAKAGE"

// The suite notices each way of breaking the contract. Each is tried by this
// test binary as its own child, because a failing subtest can't be expected.
func TestSuiteNoticesBrokenDrivers(t *testing.T) {
	for name, b := range breakages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := "^TestBrokenDriver$/^" + strings.ReplaceAll(string(b.notices), " ", "_") + "$"
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+one, "-test.timeout=1m")
			cmd.Env = append(os.Environ(), breakageVar+"="+name)
			out, err := cmd.CombinedOutput()
			want := "--- FAIL: TestBrokenDriver/" + strings.ReplaceAll(string(b.notices), " ", "_")
			if err == nil || !strings.Contains(string(out), want) {
				t.Errorf("%s: the case %q did not notice (%v):\n%s", name, b.notices, err, out)
			}
		})
	}
}

// TestBrokenDriver is the child of the test above.
func TestBrokenDriver(t *testing.T) {
	b, broken := breakages()[os.Getenv(breakageVar)]
	if !broken {
		return
	}
	w := fake.NewWorld(fake.Options{Images: []string{"debian"}})
	driver := b.apply(w.Driver())
	providertest.Run(t, providertest.Harness{
		Open: func(*testing.T) providers.Driver { return driver },
		Node: func(n cluster.NodeName, g cluster.GroupName) providers.NodeRequest {
			return providers.NodeRequest{Name: n, Group: cluster.Group{Name: g}, Image: "debian"}
		},
		Spoil: func(n providers.NodeRequest) providers.NodeRequest {
			n.Image = "none"
			return n
		},
		UnknownImage:    "none",
		UnknownInstance: "fake-9999",
		Leftovers:       func(_ *testing.T, id cluster.ID) []string { return w.Leftovers(id) },
		Patience:        time.Second,
	})
}
