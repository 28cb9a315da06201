package google_test

import (
	"context"
	"testing"
	"time"

	compute "google.golang.org/api/compute/v1"
	"google.golang.org/api/option"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/google"
)

// What the other tests leave out: connections, and the settings that lead a
// client to the cloud.
func TestOverTheNetwork(t *testing.T) {
	script := sim.NewScript()
	cloud, err := google.New(sim.Options{Script: script})
	if err != nil {
		t.Fatal(err)
	}
	url, stop, err := sim.Serve(cloud, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	settings := cloud.Settings(url)
	api, err := compute.NewService(t.Context(), option.WithEndpoint(settings["endpoint"].(string)), option.WithoutAuthentication())
	if err != nil {
		t.Fatal(err)
	}
	get := func(ctx context.Context) error {
		call := api.Projects.Get(settings["project"].(string)).Context(ctx)
		call.Header().Set("Authorization", "Bearer "+settings["access_token"].(string))
		_, err := call.Do()
		return err
	}
	if err := get(t.Context()); err != nil {
		t.Error(err)
	}
	script.Inject(sim.Fault{Op: "compute.projects.get", Reset: true, Times: -1})
	brief, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := get(brief); err == nil {
		t.Error("the connection was not reset")
	}
	if e := cloud.Log().Entries("compute.projects.get"); len(e) < 2 || e[1].Status != 0 {
		t.Errorf("log %+v", e)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := cloud.Close(); err != nil {
		t.Error(err)
	}
}
