package roletest

import "testing"

func TestProofAsText(t *testing.T) {
	p := Proof{"nfs-server", "debian-13", Machines}
	if got, ok := Parse(p.String()); !ok || got != p {
		t.Errorf("%q became %v", p, got)
	}
	if _, ok := Parse("nfs-server debian-13"); ok {
		t.Error("a proof without a way was taken")
	}
}
