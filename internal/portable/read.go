package portable

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/state"
)

// What an archive may hold at most. The record of 10,000 nodes has about 10 MB.
const (
	maxEntries  = 256
	maxManifest = 1 << 20
	maxState    = 64 << 20
	maxHosts    = 16 << 20
	maxSecret   = 1 << 20
	// maxArchive bounds all of it, with what tar and age add.
	maxArchive = 128 << 20
)

// DamagedError says that a file is no archive of ours, or not a whole one.
type DamagedError struct{ Reason string }

// Error says what is wrong with it.
func (e *DamagedError) Error() string {
	return "this is no whole archive of a cluster: " + e.Reason + "; nothing was recorded"
}

func damaged(format string, args ...any) error {
	return &DamagedError{Reason: fmt.Sprintf(format, args...)}
}

// NewerError says that a newer ecluster wrote an archive.
type NewerError struct {
	Format int
	Tool   string
}

// Error names the version and what to do.
func (e *NewerError) Error() string {
	return fmt.Sprintf("the archive was written by %s in format %d, and this ecluster reads formats up to %d: upgrade ecluster; nothing was recorded", e.Tool, e.Format, Format)
}

// Read reads an archive in the clear. Its errors are *DamagedError, *NewerError
// and *state.NewerError, and those of r.
func Read(r io.Reader) (*Archive, error) {
	limited := &io.LimitedReader{R: r, N: maxArchive + 1}
	entries, manifest, err := readEntries(limited)
	if limited.N <= 0 {
		return nil, damaged("it has more than %d MB", maxArchive>>20)
	}
	if err != nil {
		return nil, err
	}
	if read := maxArchive + 1 - limited.N; read != manifest.length(entries) {
		return nil, damaged("it ends in the middle")
	}
	if n, err := limited.Read(make([]byte, 1)); n > 0 {
		return nil, damaged("something follows its end")
	} else if err != nil && !errors.Is(err, io.EOF) {
		return nil, foreign(err)
	}
	a := &Archive{Manifest: *manifest}
	if err := a.fill(entries); err != nil {
		return nil, err
	}
	return a, nil
}

// readEntries reads the manifest and, as it says, all else.
func readEntries(r io.Reader) (map[string][]byte, *Manifest, error) {
	in := tar.NewReader(r)
	entries := map[string][]byte{}
	var manifest *Manifest
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, foreign(err)
		}
		if err := checkHeader(h, manifest, entries); err != nil {
			return nil, nil, err
		}
		content, err := io.ReadAll(io.LimitReader(in, h.Size))
		if err != nil {
			return nil, nil, foreign(err)
		}
		if manifest != nil {
			entries[h.Name] = content
			continue
		}
		if manifest, err = parseManifest(content); err != nil {
			return nil, nil, err
		}
	}
	if manifest == nil {
		return nil, nil, damaged("it is empty")
	}
	return entries, manifest, nil
}

// length is how many bytes of tar hold the manifest and the other entries.
func (m *Manifest) length(entries map[string][]byte) int64 {
	const block = 512
	total := int64(2*block) + block + padded(m.size, block)
	for _, content := range entries {
		total += block + padded(int64(len(content)), block)
	}
	return total
}

func padded(n, block int64) int64 { return (n + block - 1) / block * block }

// foreign tells what another reader found from what is wrong with the file.
func foreign(err error) error {
	if sealed, is := errors.AsType[*SealError](err); is {
		return sealed
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("it ends in the middle")
	}
	if errors.Is(err, tar.ErrHeader) {
		return damaged("it is not an archive, or was changed")
	}
	return damaged("%v", err)
}

// checkHeader looks at an entry before any of it is read. Only plain files with
// names that the manifest has are taken, each once: no path leads anywhere.
func checkHeader(h *tar.Header, manifest *Manifest, entries map[string][]byte) error {
	switch {
	case h.Typeflag != tar.TypeReg:
		return damaged("its entry %q is not a plain file", h.Name)
	case len(entries) >= maxEntries:
		return damaged("it has more than %d entries", maxEntries)
	case manifest == nil:
		if h.Name != manifestName {
			return damaged("it begins with %q, not with %s", h.Name, manifestName)
		}
	case entries[h.Name] != nil:
		return damaged("its entry %q comes twice", h.Name)
	case manifest.Files[h.Name] == File{}:
		return damaged("its entry %q is not in its list", h.Name)
	case manifest.Files[h.Name].Size != h.Size:
		return damaged("its entry %q was changed", h.Name)
	}
	if most := limitOf(h.Name); h.Size > most {
		return damaged("its entry %q has %d bytes, more than %d", h.Name, h.Size, most)
	}
	return nil
}

// limitOf is the most bytes of an entry; 0 for a name that no archive has.
func limitOf(name string) int64 {
	switch {
	case name == manifestName:
		return maxManifest
	case name == stateName:
		return maxState
	case name == hostsName:
		return maxHosts
	case name == keyName, secretName.MatchString(name):
		return maxSecret
	}
	return 0
}

var secretName = regexp.MustCompile(`^secrets/[a-z0-9][a-z0-9_.-]{0,63}$`)

func parseManifest(content []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(content, &m); err != nil {
		return nil, damaged("its list can't be read: %v", err)
	}
	if m.Format > Format { // whatever else is in it
		return nil, &NewerError{Format: m.Format, Tool: m.Tool}
	}
	strict := json.NewDecoder(bytes.NewReader(content))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&Manifest{}); err != nil {
		return nil, damaged("its list can't be read: %v", err)
	}
	if m.Format < 1 {
		return nil, damaged("its format is %d, which no ecluster ever wrote", m.Format)
	}
	m.size = int64(len(content))
	for name := range m.Files {
		if name == manifestName || limitOf(name) == 0 {
			return nil, damaged("its list has %q, which is no part of an archive", name)
		}
		if secret := name == keyName || strings.HasPrefix(name, secretPrefix); secret && !m.Keys {
			return nil, damaged("its list has %q, but says that there are no keys", name)
		}
	}
	return &m, nil
}

// fill checks the entries against the manifest, and takes them.
func (a *Archive) fill(entries map[string][]byte) error {
	m := &a.Manifest
	for name, want := range m.Files {
		content, there := entries[name]
		if !there {
			return damaged("its entry %q is missing", name)
		}
		if fileOf(content) != want {
			return damaged("its entry %q was changed", name)
		}
	}
	st, err := state.DecodeFrom(stateName, entries[stateName])
	if newer, is := errors.AsType[*state.NewerError](err); is {
		newer.Name = m.Cluster
		return newer
	}
	if err != nil {
		return damaged("its record can't be used: %v", err)
	}
	if st.Name != m.Cluster || st.ID != m.ID {
		return damaged("its record is of the cluster %q, and its list of %q", st.Name, m.Cluster)
	}
	if err := checkRecord(st); err != nil {
		return damaged("its record can't be used: %v", err)
	}
	a.Files = state.Files{State: st, KnownHosts: entries[hostsName]}
	if !m.Keys {
		return nil
	}
	return a.takeKeys(entries)
}

func (a *Archive) takeKeys(entries map[string][]byte) error {
	if _, err := remote.ParseKey(cluster.Secret(entries[keyName])); err != nil {
		return damaged("its key can't be read")
	}
	a.Files.Key, a.Files.Secrets = entries[keyName], map[string][]byte{}
	for name, content := range entries {
		if secret, is := strings.CutPrefix(name, secretPrefix); is {
			a.Files.Secrets[secret] = content
		}
	}
	return nil
}
