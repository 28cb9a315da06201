package engine

import (
	"testing"

	"github.com/ecluster/ecluster/providers"
)

func TestCheckErrorSaysOnce(t *testing.T) {
	image := providers.Finding{Group: "frontend", Summary: `there is no image "x"`, Detail: "Name another."}
	again := image
	again.Group = "compute"
	err := &CheckError{Kind: "aws", Findings: []providers.Finding{
		image, {Summary: "no credentials"}, again, {Group: "compute", Summary: "no such type"},
	}}
	want := `provider "aws" can't do this, nothing was created: node_group "frontend", "compute": there is no image "x"
Name another.
no credentials
node_group "compute": no such type`
	if got := err.Error(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
