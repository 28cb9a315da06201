package azure_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/ecluster/ecluster/internal/sim"
)

// TestManyMachines makes, lists and deletes many at once; the checks of
// the race detector and of the time limit are its point.
func TestManyMachines(t *testing.T) {
	const count, abreast = 500, 10
	r := newRig(t, sim.Options{})
	r.foundation()
	ctx, vms := t.Context(), r.compute.NewVirtualMachinesClient()
	var wg sync.WaitGroup
	for part := range abreast {
		wg.Go(func() {
			for i := part; i < count; i += abreast {
				name := fmt.Sprintf("n%04d", i)
				if _, err := vms.BeginCreateOrUpdate(ctx, group, name, machine(name), nil); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	listed := 0
	for p := vms.NewListPager(group, nil); p.More(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		listed += len(page.Value)
	}
	if listed != count {
		t.Errorf("%d listed", listed)
	}
	if highest := r.sim.Log().Highest("VirtualMachinesClient.BeginCreateOrUpdate"); highest > abreast {
		t.Errorf("%d requests at once", highest)
	}
	wait(r.res.NewResourceGroupsClient().BeginDelete(ctx, group, nil))(t)
	if left := r.sim.Inventory(); len(left) > 0 {
		t.Errorf("%d left", len(left))
	}
}
