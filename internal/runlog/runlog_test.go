package runlog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/runlog"
)

const (
	first  = "20261123T013508Z-start"
	second = "20261123T013640Z-setup"
)

func write(t *testing.T, dir, run, node, text string) {
	t.Helper()
	path := filepath.Join(dir, run, node+".log")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// logs are two runs of a cluster with three nodes.
func logs(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a [strange] folder", "logs")
	write(t, dir, first, "compute001", "sudo: a word before\n--- 2026-11-23T01:35:18Z os.packages\nReading\r\nDone\n--- 2026-11-23T01:36:02Z share-volume.home.check\nmounted\n")
	write(t, dir, first, "compute010", "--- 2026-11-23T01:36:02Z base.reload:ssh.service\nreloaded\n")
	write(t, dir, second, "compute002", "--- 2026-11-23T01:36:40Z munge.verify\n--- not a head\n--- 2026-99-23T01:36:40Z a.b\nUNMUNGE: ok\n\nthe last one")
	write(t, dir, second, "compute010", "--- 2026-11-23T01:36:40Z munge.verify\nten\n")
	return dir
}

func read(t *testing.T, dir string, o runlog.Options) []string {
	t.Helper()
	var got []string
	if err := runlog.Open(dir, o).Read(true, func(l runlog.Line) error {
		run, _, _ := strings.Cut(l.Run, "Z-")
		got = append(got, fmt.Sprintf("%s %s %s/%s %s: %s", run[9:], l.Node, l.Role, l.Step, l.Began.Format("15:04:05"), l.Text))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRead(t *testing.T) {
	t.Parallel()
	dir := logs(t)
	all := []string{
		"013508 compute001 / 00:00:00: sudo: a word before",
		"013508 compute001 os/packages 01:35:18: Reading",
		"013508 compute001 os/packages 01:35:18: Done",
		"013508 compute001 share-volume.home/check 01:36:02: mounted",
		"013508 compute010 base/reload:ssh.service 01:36:02: reloaded",
		"013640 compute002 munge/verify 01:36:40: --- not a head",
		"013640 compute002 munge/verify 01:36:40: --- 2026-99-23T01:36:40Z a.b",
		"013640 compute002 munge/verify 01:36:40: UNMUNGE: ok",
		"013640 compute002 munge/verify 01:36:40: ",
		"013640 compute002 munge/verify 01:36:40: the last one",
		"013640 compute010 munge/verify 01:36:40: ten",
	}
	for name, c := range map[string]struct {
		o    runlog.Options
		want []string
	}{
		"newest run":         {runlog.Options{}, all[5:]},
		"all":                {runlog.Options{All: true}, all},
		"newest of a node":   {runlog.Options{Node: "compute001"}, all[:4]},
		"all of a node":      {runlog.Options{Node: "compute010", All: true}, []string{all[4], all[10]}},
		"role":               {runlog.Options{Role: "share-volume", All: true}, all[3:4]},
		"role with label":    {runlog.Options{Role: "share-volume.home", All: true}, all[3:4]},
		"half a role":        {runlog.Options{Role: "share", All: true}, nil},
		"last of each node":  {runlog.Options{Last: 1}, all[9:]},
		"last of a role":     {runlog.Options{Last: 1, Role: "os", All: true}, all[2:3]},
		"more than there is": {runlog.Options{Last: 99}, all[5:]},
		"nobody":             {runlog.Options{Node: "gpu001"}, nil},
	} {
		if diff := cmp.Diff(c.want, read(t, dir, c.o)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff([]cluster.NodeName{"compute001", "compute002", "compute010"}, runlog.Nodes(dir)); diff != "" {
		t.Error(diff)
	}
	if runs, err := runlog.Runs(dir, "compute010"); err != nil || len(runs) != 2 {
		t.Error(runs, err)
	}
	if got := read(t, filepath.Join(dir, "nothing"), runlog.Options{}); got != nil {
		t.Error(got)
	}
}

// What comes in pieces is handed out in lines, each once; a new run and a new
// node are taken up; the end of the cluster is the end.
func TestFollow(t *testing.T) {
	t.Parallel()
	dir := logs(t)
	tick := make(chan time.Time)
	got := make(chan string)
	end := make(chan error)
	go func() {
		end <- runlog.Open(dir, runlog.Options{Last: 1}).Follow(nil, tick, func(l runlog.Line) error {
			got <- string(l.Node) + " " + l.Step + ": " + l.Text
			return nil
		})
	}()
	expect := func(want ...string) {
		t.Helper()
		for len(want) > 0 {
			select {
			case g := <-got:
				if g != want[0] {
					t.Fatalf("%q, want %q", g, want[0])
				}
				want = want[1:]
			case tick <- time.Time{}:
			}
		}
	}
	expect("compute002 verify: ", "compute010 verify: ten")
	write(t, dir, second, "compute002", ", now whole\n--- 2026-11-23T01:37:00Z mpi.run\nhal")
	expect("compute002 verify: the last one, now whole")
	write(t, dir, second, "compute002", "f\n")
	write(t, dir, "20261123T020000Z-resize", "compute003", "--- 2026-11-23T02:00:00Z base.login\nnew\n")
	expect("compute002 run: half", "compute003 login: new")
	if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case tick <- time.Time{}:
			continue
		case err := <-end:
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
}

// A line that never ends comes in pieces, in bounded memory.
func TestLongLine(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "logs")
	write(t, dir, first, "compute001", strings.Repeat("x", 200_000)+"\n")
	total := 0
	for _, l := range read(t, dir, runlog.Options{}) {
		_, text, _ := strings.Cut(l, ": ")
		total += len(text)
	}
	if total != 200_000 {
		t.Error(total)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("--- 2026-11-23T01:36:02Z share-volume.home.check\nx\n--- \n---  .:\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := filepath.Join(t.TempDir(), "logs")
		write(t, dir, first, "compute001", string(data))
		for _, l := range read(t, dir, runlog.Options{}) {
			if strings.Contains(l, "\n") {
				t.Errorf("%q", l)
			}
		}
	})
}
