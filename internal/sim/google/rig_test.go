package google_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	compute "google.golang.org/api/compute/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/google"
)

const zone = google.Zone

// rig is a cloud and Google's own client of it, without a network between
// them: time is the test's.
type rig struct {
	t     *testing.T
	cloud *google.Cloud
	api   *compute.Service
	token string
}

// simulate runs f with a new cloud in a world of its own time.
func simulate(t *testing.T, o sim.Options, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud, err := google.New(o)
		if err != nil {
			t.Fatal(err)
		}
		r := &rig{t: t, cloud: cloud, token: google.AccessToken}
		r.api, err = compute.NewService(t.Context(),
			option.WithHTTPClient(&http.Client{Transport: r}), option.WithEndpoint("http://sim"+"/compute/v1/"))
		if err != nil {
			t.Fatal(err)
		}
		f(r)
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
}

// RoundTrip hands a request to the cloud, and holds the answer against the
// schema.
func (r *rig) RoundTrip(req *http.Request) (*http.Response, error) {
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if req.Body == nil {
		req.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	broken := func() (broken bool) {
		defer func() { broken = recover() != nil }()
		r.cloud.ServeHTTP(w, req)
		return
	}()
	if broken || req.Context().Err() != nil {
		return nil, errors.New("connection reset by peer")
	}
	res := w.Result()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if problems := google.CheckAnswer(req.Method, req.URL.Path, res.StatusCode, data); len(problems) > 0 {
		r.t.Errorf("answer to %s %s: %s", req.Method, req.URL.Path, strings.Join(problems, "; "))
	}
	res.Body = io.NopCloser(strings.NewReader(string(data)))
	return res, nil
}

// clean fails the test when the schema objected to a request.
func (r *rig) clean() {
	r.t.Helper()
	for _, e := range r.cloud.Log().Problems() {
		r.t.Errorf("%s %s: %q", e.Method, e.Path, e.Problems)
	}
}

// instance is a valid one.
func instance(name string) *compute.Instance {
	return &compute.Instance{
		Name: name, MachineType: "zones/" + zone + "/machineTypes/n2-standard-2",
		Labels: map[string]string{"ecluster-cluster": "abc", "ecluster-node": last(name)},
		Disks: []*compute.AttachedDisk{{
			Boot: true, AutoDelete: true,
			InitializeParams: &compute.AttachedDiskInitializeParams{SourceImage: "projects/debian-cloud/global/images/family/debian-13"},
		}},
		NetworkInterfaces: []*compute.NetworkInterface{{AccessConfigs: []*compute.AccessConfig{{Type: "ONE_TO_ONE_NAT"}}}},
	}
}

func spot(name string) *compute.Instance {
	i := instance(name)
	i.Scheduling = &compute.Scheduling{ProvisioningModel: "SPOT"}
	return i
}

func last(name string) string { return name[strings.LastIndexByte(name, '-')+1:] }

func (r *rig) insert(i *compute.Instance) *compute.Operation {
	r.t.Helper()
	return do(r, r.api.Instances.Insert(google.Project, zone, i))
}

// done waits for the end of an operation, with a client's own call.
func (r *rig) done(op *compute.Operation) *compute.Operation {
	r.t.Helper()
	switch {
	case op.Zone != "":
		return do(r, r.api.ZoneOperations.Wait(google.Project, segment(op.Zone), op.Name))
	case op.Region != "":
		return do(r, r.api.RegionOperations.Wait(google.Project, segment(op.Region), op.Name))
	}
	return do(r, r.api.GlobalOperations.Wait(google.Project, op.Name))
}

func segment(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }

// run inserts an instance and waits until it runs.
func (r *rig) run(i *compute.Instance) *compute.Instance {
	r.t.Helper()
	if op := r.done(r.insert(i)); op.Error != nil {
		r.t.Fatalf("insert %s: %+v", i.Name, op.Error.Errors[0])
	}
	return r.awaitRunning(i.Name)
}

// awaitRunning waits until an instance runs.
func (r *rig) awaitRunning(name string) *compute.Instance {
	r.t.Helper()
	for range 100 {
		if got := r.get(name); got.Status == "RUNNING" {
			return got
		}
		<-time.After(time.Second)
	}
	r.t.Fatalf("%s does not run", name)
	return nil
}

func (r *rig) get(name string) *compute.Instance {
	r.t.Helper()
	return do(r, r.api.Instances.Get(google.Project, zone, name))
}

// inventory is what exists, one "kind name" each.
func (r *rig) inventory() string {
	var out []string
	for _, i := range r.cloud.Inventory() {
		out = append(out, i.Kind+" "+i.Name)
	}
	return strings.Join(out, ", ")
}

// call is a request of Google's client.
type call[T any] interface {
	Do(opts ...googleapi.CallOption) (T, error)
}

// do sends a request that must be accepted.
func do[T any](r *rig, c call[T]) T {
	r.t.Helper()
	v, err := c.Do()
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// refused sends a request that must not be, and says how it was refused.
func refused[T any](r *rig, c call[T]) string {
	r.t.Helper()
	_, err := c.Do()
	return refusal(err)
}

// refusal is "403 quotaExceeded".
func refusal(err error) string {
	var e *googleapi.Error
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	if len(e.Errors) == 0 {
		return fmt.Sprint(e.Code)
	}
	return fmt.Sprintf("%d %s", e.Code, e.Errors[0].Reason)
}

func opCode(op *compute.Operation) string {
	if op.Error == nil {
		return op.Status
	}
	return fmt.Sprintf("%d %s", op.HttpErrorStatusCode, op.Error.Errors[0].Code)
}
