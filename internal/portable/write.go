package portable

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ecluster/ecluster/internal/state"
)

// Write writes an archive in the clear. One with keys belongs into the writer
// that Seal returns.
func (a *Archive) Write(w io.Writer) error {
	encoded, err := state.Encode(a.Files.State)
	if err != nil {
		return err
	}
	entries := map[string][]byte{stateName: encoded, hostsName: a.Files.KnownHosts}
	if a.Manifest.Keys {
		entries[keyName] = a.Files.Key
		for name, secret := range a.Files.Secrets {
			entries[secretPrefix+name] = secret
		}
	}
	a.Manifest.Files = make(map[string]File, len(entries))
	for name, content := range entries {
		a.Manifest.Files[name] = fileOf(content)
	}
	manifest, err := json.MarshalIndent(a.Manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	out := tar.NewWriter(w)
	if err := a.add(out, manifestName, manifest); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if err := a.add(out, name, entries[name]); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

func (a *Archive) add(out *tar.Writer, name string, content []byte) error {
	err := out.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Format: tar.FormatUSTAR, Name: name, Mode: 0o600,
		Size: int64(len(content)), ModTime: a.Manifest.Exported,
	})
	if err == nil {
		_, err = out.Write(content)
	}
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

func fileOf(content []byte) File {
	sum := sha256.Sum256(content)
	return File{Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
}
