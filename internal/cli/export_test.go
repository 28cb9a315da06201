package cli

import (
	"bytes"
	"testing"

	"github.com/ecluster/ecluster/internal/portable"
)

// Whatever went wrong before: keys are not written in the clear.
func TestKeysAreNeverInTheClear(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	a := &portable.Archive{Manifest: portable.Manifest{Keys: true}}
	if err := writeArchive(&file, a, ""); err == nil || file.Len() > 0 {
		t.Errorf("%d bytes were written without a passphrase: %v", file.Len(), err)
	}
}
