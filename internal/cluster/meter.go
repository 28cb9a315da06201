package cluster

import "time"

// Meter counts what one machine costs while it runs, as far as the cloud told
// its price. All of it is an estimate, in the currency of the cluster's bill.
// Whoever lets a machine run calls Start, whoever stops or pauses it calls
// Stop; both may be called twice.
type Meter struct {
	PerHour float64   `json:"per_hour,omitempty"` // 0: the price is not known
	Spent   float64   `json:"spent,omitempty"`    // until it stopped last
	Since   time.Time `json:"since,omitzero"`     // runs since; zero while it does not
}

// Start says that the machine runs from now on.
func (m *Meter) Start(now time.Time) {
	if m.Since.IsZero() {
		m.Since = now.UTC()
	}
}

// Stop says that the machine runs, and costs, no more: it is paused or gone.
func (m *Meter) Stop(now time.Time) {
	m.Spent, m.Since = m.Cost(now), time.Time{}
}

// Cost is what the machine has cost until now.
func (m *Meter) Cost(now time.Time) float64 {
	if m.Since.IsZero() || now.Before(m.Since) {
		return m.Spent
	}
	return m.Spent + m.PerHour*now.Sub(m.Since).Hours()
}

// Rate is what an hour costs as things are: nothing while the machine does not run.
func (m *Meter) Rate() float64 {
	if m.Since.IsZero() {
		return 0
	}
	return m.PerHour
}
