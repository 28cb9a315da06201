// Package report puts together what helps to find a bug: the version, the
// record of a cluster, its events and logs, in one archive, without its keys
// and secrets. What it does not know it does not send: files are named one by
// one, never "all of the folder".
package report

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// Limits keep a report small enough for a mail.
const (
	maxFile = 1 << 20 // of each log and of the events: the last bytes
	maxAll  = 32 << 20
)

// Options say what a report is about.
type Options struct {
	Version string
	Now     time.Time
}

// Write writes the archive of a cluster, and returns the names of the files in
// it. A record that can't be read is told of, and hinders nothing else.
func Write(w io.Writer, store *state.Store, name cluster.Name, o Options) ([]string, error) {
	hide, err := newRedactor(store.SecretsDir(name), store.SSHKeyPath(name))
	if err != nil {
		return nil, err
	}
	zip := gzip.NewWriter(w)
	a := &archive{tar: tar.NewWriter(zip), top: "ecluster-report-" + string(name), hide: hide, now: o.Now}
	a.add("about.txt", fmt.Appendf(nil, "ecluster %s\n%s %s/%s\n%s\n", o.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, o.Now.UTC().Format(time.RFC3339)))
	a.add("state.json", record(store, name))
	a.file("events.jsonl", store.EventsPath(name))
	logs := store.LogDir(name)
	_ = filepath.WalkDir(logs, func(file string, d fs.DirEntry, err error) error { // what can't be read is left out
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(file, ".log") {
			rel, _ := filepath.Rel(logs, file)
			a.file(path.Join("logs", filepath.ToSlash(rel)), file)
		}
		return nil
	})
	if err := errors.Join(a.err, a.tar.Close(), zip.Close()); err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	return a.names, nil
}

// record is the state, or why there is none.
func record(store *state.Store, name cluster.Name) []byte {
	st, err := store.Load(name)
	if err != nil {
		return []byte(err.Error() + "\n")
	}
	text, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return []byte(err.Error() + "\n")
	}
	return text
}

// archive writes files until one fails.
type archive struct {
	tar   *tar.Writer
	top   string
	hide  *redactor
	now   time.Time
	names []string
	sum   int
	err   error
}

// file adds the end of a file, if it is there.
func (a *archive) file(name, from string) {
	f, err := os.Open(from)
	if err != nil {
		return
	}
	defer f.Close()
	cut := false
	if info, err := f.Stat(); err == nil && info.Size() > maxFile {
		_, err = f.Seek(-maxFile, io.SeekEnd)
		cut = err == nil
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return
	}
	if cut { // half a line could hide a secret from us
		_, data, _ = bytes.Cut(data, []byte("\n"))
		data = append([]byte("[what was before is left out]\n"), data...)
	}
	a.add(name, data)
}

func (a *archive) add(name string, data []byte) {
	data = a.hide.redact(data)
	if a.err != nil || a.sum+len(data) > maxAll {
		return
	}
	a.sum += len(data)
	a.names = append(a.names, name)
	a.err = a.tar.WriteHeader(&tar.Header{
		Name: path.Join(a.top, name), Mode: 0o600, Size: int64(len(data)), ModTime: a.now, Typeflag: tar.TypeReg,
	})
	if a.err == nil {
		_, a.err = a.tar.Write(data)
	}
}
