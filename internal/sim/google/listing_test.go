package google_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	compute "google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/google"
)

const region = "us-central1"

func id(n int) string { return fmt.Sprintf("6ba7b810-9dad-11d1-80b4-%012d", n) }

func TestRequestID(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second}, func(r *rig) {
		first := do(r, r.api.Instances.Insert(google.Project, zone, instance("a")).RequestId(id(1)))
		again := do(r, r.api.Instances.Insert(google.Project, zone, instance("a")).RequestId(id(1)))
		if first.Name != again.Name || again.ClientOperationId != id(1) {
			t.Errorf("operations %s and %s", first.Name, again.Name)
		}
		if got := refused(r, r.api.Instances.Insert(google.Project, zone, instance("b")).RequestId(id(1))); got != "400 invalid" {
			t.Errorf("the same token for another request: %s", got)
		}
		if got := refused(r, r.api.Instances.Insert(google.Project, zone, instance("a")).RequestId(id(2))); got != "409 alreadyExists" {
			t.Errorf("another token: %s", got)
		}
		r.done(first)
		r.done(do(r, r.api.Instances.Delete(google.Project, zone, "a")))
		if op := do(r, r.api.Instances.Insert(google.Project, zone, instance("a")).RequestId(id(1))); op.Status != "DONE" || r.inventory() != "" {
			t.Errorf("the token made %s", r.inventory())
		}
	})
}

func TestListings(t *testing.T) {
	simulate(t, sim.Options{CreateLag: 3 * time.Second, DeleteLag: 5 * time.Second}, func(r *rig) {
		list := func(filter string) string {
			var names []string
			l := do(r, r.api.Instances.List(google.Project, zone).Filter(filter))
			for _, i := range l.Items {
				names = append(names, i.Name)
			}
			return strings.Join(names, " ")
		}
		for _, n := range []string{"c", "a", "b"} {
			i := instance("ecluster-abc-" + n + "001")
			if n == "c" {
				i.Labels["ecluster-cluster"] = "other"
			}
			r.run(i)
			if n == "c" && list("") != "" {
				t.Error("listed at once")
			}
		}
		<-time.After(3 * time.Second)
		const a, b, c = "ecluster-abc-a001", "ecluster-abc-b001", "ecluster-abc-c001"
		for filter, want := range map[string]string{
			"":                                                       a + " " + b + " " + c,
			"labels.ecluster-cluster=abc":                            a + " " + b,
			"labels.ecluster-cluster = \"abc\"":                      a + " " + b,
			"labels.ecluster-cluster!=abc":                           c,
			"labels.ecluster-cluster:*":                              a + " " + b + " " + c,
			"labels.nothing:*":                                       "",
			"name eq ecluster-abc-[ab].*":                            a + " " + b,
			"name ne '.*(a|b)001'":                                   c,
			"(name eq .*a001)":                                       a,
			"name:ecluster-abc-a*":                                   a,
			"name=ecluster-abc-*":                                    a + " " + b + " " + c,
			"(labels.ecluster-cluster=abc) (name=" + b + ")":         b,
			"labels.ecluster-cluster=abc AND name=" + b:              b,
			"labels.ecluster-cluster=other OR name=" + b:             b + " " + c,
			"labels.ecluster-node=a001 OR labels.ecluster-node=b001": a + " " + b,
			"NOT name:b001 AND status=RUNNING":                       a + " " + c,
			"status = RUNNING scheduling.preemptible = true":         "",
			"networkInterfaces.name=nic0 AND disks.boot=true":        a + " " + b + " " + c,
			"creationTimestamp > \"1999-01-01\" AND -labels.ecluster-cluster=abc": c,
		} {
			if got := list(filter); got != want {
				t.Errorf("%s: %s", filter, got)
			}
		}
		r.done(do(r, r.api.Instances.Delete(google.Project, zone, a)))
		if got := refused(r, r.api.Instances.Get(google.Project, zone, a)); got != "404 notFound" {
			t.Errorf("get of what was deleted: %s", got)
		}
		if got := list("name=" + a); got != a {
			t.Error("not listed any more, at once")
		}
		<-time.After(6 * time.Second)
		if got := list("name=" + a); got != "" {
			t.Error("listed for ever")
		}
		l := do(r, r.api.Instances.AggregatedList(google.Project).Filter("labels.ecluster-cluster=abc").Fields("items/*/instances(name,labels),nextPageToken"))
		if got := l.Items["zones/"+zone].Instances; len(got) != 1 || got[0].Name != b || got[0].Status != "" || got[0].Labels["ecluster-node"] != "b001" {
			t.Errorf("aggregated: %+v", got)
		}
		r.clean()
	})
}

func TestPages(t *testing.T) {
	simulate(t, sim.Options{PageSize: 4}, func(r *rig) {
		var want []string
		for n := range 10 {
			i := instance(fmt.Sprintf("n%d", n))
			want = append(want, i.Name)
			r.done(r.insert(i))
		}
		pages := 0
		var got []string
		err := r.api.Instances.List(google.Project, zone).MaxResults(500).Pages(t.Context(), func(l *compute.InstanceList) error {
			pages++
			for _, i := range l.Items {
				got = append(got, i.Name)
			}
			return nil
		})
		if err != nil || pages != 3 || !slices.Equal(got, want) {
			t.Errorf("%d pages, %v (%v)", pages, got, err)
		}
		got = nil
		err = r.api.Instances.AggregatedList(google.Project).MaxResults(3).Pages(t.Context(), func(l *compute.InstanceAggregatedList) error {
			for where, scope := range l.Items {
				if (scope.Warning == nil) != (where == "zones/"+zone) {
					t.Errorf("%s: %+v", where, scope.Warning)
				}
				for _, i := range scope.Instances {
					got = append(got, i.Name)
				}
			}
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v (%v)", got, err)
		}
		ops := do(r, r.api.ZoneOperations.List(google.Project, zone).OrderBy("creationTimestamp desc").Filter("operationType=insert"))
		if len(ops.Items) != 4 || ops.Items[0].InsertTime < ops.Items[3].InsertTime {
			t.Errorf("%d operations", len(ops.Items))
		}
		r.clean()
	})
}

// A thousand machines, as many clients: they are all made, listed and gone.
func TestThousand(t *testing.T) {
	simulate(t, sim.Options{OperationTime: time.Second, BootTime: 30 * time.Second}, func(r *rig) {
		const n = 1000
		var wg sync.WaitGroup
		for k := range n {
			wg.Go(func() {
				if _, err := r.api.Instances.Insert(google.Project, zone, instance(fmt.Sprintf("ecluster-abc-n%04d", k))).RequestId(id(k + 1)).Do(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		<-time.After(time.Minute)
		seen := 0
		err := r.api.Instances.AggregatedList(google.Project).Filter("labels.ecluster-cluster=abc AND status=RUNNING").Pages(t.Context(), func(l *compute.InstanceAggregatedList) error {
			seen += len(l.Items["zones/"+zone].Instances)
			return nil
		})
		if err != nil || seen != n {
			t.Errorf("%d run (%v)", seen, err)
		}
		for k := range n {
			wg.Go(func() {
				if _, err := r.api.Instances.Delete(google.Project, zone, fmt.Sprintf("ecluster-abc-n%04d", k)).Do(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		<-time.After(time.Minute)
		if left := r.inventory(); left != "" {
			t.Errorf("left: %s", left)
		}
	})
}
