package clouds

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// A cloud that tells prices shows them in plan, lets start ask above a limit,
// and its nodes count what they cost; one that does not says so, and all works.
func TestPrices(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, kind, sim.Options{OperationTime: 50 * time.Millisecond, BootTime: 50 * time.Millisecond, CreateLag: lag, DeleteLag: lag})
			l.write(l.provider(nil) + l.cluster(2, "", "limits {\n ttl = \"10h\"\n ask_above_price = 0.2\n}"))
			planned := l.run("plan", "c")
			if kind != "aws" {
				said := map[string]string{"google": "Google tells prices only to accounts", "azure": "told no price of 3 of 3 machines"}[kind]
				if strings.Count(planned, said) != 1 {
					t.Errorf("plan should say %q once:\n%s", said, planned)
				}
				l.run("start", "c", "--no-setup")
				defer l.stop()
				if c := l.cost(); c != nil {
					t.Errorf("a cost of %+v without a price", c)
				}
				return
			}
			// A t3.large and two c5.xlarge.
			const perHour = "0.42 USD"
			if !strings.Contains(planned, perHour) || !strings.Contains(planned, "4.23 USD until they go in 10h") {
				t.Errorf("plan:\n%s", planned)
			}
			status, _, errs := l.try("start", "c", "--no-setup")
			if said := strings.Join(strings.Fields(errs), " "); status != 1 || !strings.Contains(said, "would cost about "+perHour+" an hour") || !strings.Contains(said, "--yes") {
				t.Errorf("start ended with status %d:\n%s", status, errs)
			}
			l.empty()
			l.run("start", "c", "--no-setup", "--yes")
			defer l.stop()
			if c := l.cost(); c == nil || c.PerHour < 0.42 || c.PerHour > 0.43 || c.SoFar <= 0 || c.Currency != "USD" {
				t.Errorf("a cost of %+v", c)
			}
			l.run("resize", "c", "-r", "1:compute", "--yes", "--force")
			if c := l.cost(); c == nil || c.PerHour < 0.25 || c.PerHour > 0.26 {
				t.Errorf("a cost of %+v with a node less", c)
			}
		})
	}
}

// cost is what list says of the only cluster.
type cost struct {
	PerHour  float64 `json:"per_hour"`
	SoFar    float64 `json:"so_far"`
	Currency string
}

func (l *lab) cost() *cost {
	l.Helper()
	var list []struct{ Cost *cost }
	if err := json.Unmarshal([]byte(l.run("list", "--output", "json")), &list); err != nil || len(list) != 1 {
		l.Fatal(err, list)
	}
	return list[0].Cost
}
