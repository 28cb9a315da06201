package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
)

func TestLoadWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := OpenStore(t.TempDir())
	for _, name := range []cluster.Name{"local", "../up", "", "UPPER"} {
		_, err := s.Load(name)
		var missing *NotFoundError
		if !errors.Is(err, ErrNotFound) || !errors.As(err, &missing) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// Every kind of damage is named, with the way back to the state before it.
func TestLoadDamaged(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		damage Damage
		do     func(path string) error
	}{
		{"truncated", Truncated, func(path string) error { return os.Truncate(path, 300) }},
		{"emptied", Truncated, func(path string) error { return os.Truncate(path, 0) }},
		{"edited", Edited, func(path string) error {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, []byte(strings.Replace(string(data), `"count":1`, `"count":9`, 1)), 0o600)
		}},
		{"deleted", Missing, os.Remove},
		{"replaced by garbage", Malformed, func(path string) error { return os.WriteFile(path, []byte("\x00\x01"), 0o600) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := save(t, testState(1), 3)
			if err := tt.do(s.StatePath("local")); err != nil {
				t.Fatal(err)
			}
			_, err := s.Load("local")
			var damaged *DamagedError
			if !errors.As(err, &damaged) || damaged.Damage != tt.damage || damaged.Serial != 2 {
				t.Fatalf("got %+v", err)
			}
			if text := err.Error(); !strings.Contains(text, "cp "+damaged.Backup+" "+damaged.Path) {
				t.Errorf("it doesn't say how to go back: %s", text)
			}
			// The advice works.
			if err := copyFile(damaged.Backup, damaged.Path); err != nil {
				t.Fatal(err)
			}
			if st, err := s.Load("local"); err != nil || st.Serial != 2 {
				t.Errorf("after going back: %v, %v", st, err)
			}
		})
	}
}

func TestLoadDamagedWithoutBackup(t *testing.T) {
	t.Parallel()
	s := save(t, testState(1), 1)
	if err := os.Truncate(s.StatePath("local"), 10); err != nil {
		t.Fatal(err)
	}
	_, err := s.Load("local")
	var damaged *DamagedError
	if !errors.As(err, &damaged) || damaged.Backup != "" || !strings.Contains(err.Error(), "ecluster-name=local") {
		t.Errorf("got %v", err)
	}
}

func TestLoadOther(t *testing.T) {
	t.Parallel()
	s := save(t, testState(1), 1)
	newer := filepath.Join(s.clusters(), "newer")
	other := filepath.Join(s.clusters(), "other")
	folder := filepath.Join(s.clusters(), "folder")
	for _, dir := range []string{newer, other, filepath.Join(folder, stateFile)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(newer, stateFile), []byte(`{"version":2,"state":{"tool":"ecluster 9"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := copyFile(s.StatePath("local"), filepath.Join(other, stateFile)); err != nil {
		t.Fatal(err)
	}

	_, err := s.Load("newer")
	var tooNew *NewerError
	if !errors.As(err, &tooNew) || tooNew.Version != 2 || !strings.Contains(err.Error(), "by ecluster 9 in version 2") {
		t.Errorf("newer: %v", err)
	}
	_, err = s.Load("other")
	var damaged *DamagedError
	if !errors.As(err, &damaged) || damaged.Reason != "it is the state of cluster local" {
		t.Errorf("other: %v", err)
	}
	_, err = s.Load("folder")
	if _, ok := errors.AsType[*AccessError](err); !ok {
		t.Errorf("folder: %v", err)
	}

	list, err := s.List()
	if err != nil || len(list) != 4 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, sum := range list {
		if (sum.Name == "local") != (sum.Err == nil) {
			t.Errorf("%s: %v", sum.Name, sum.Err)
		}
		if sum.Name == "local" && (sum.Nodes != 1 || sum.Ready != 1 || sum.Provider != "fake" || sum.ID == "") {
			t.Errorf("%+v", sum)
		}
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	s := save(t, testState(1), 2)
	if _, err := s.Secret("local", "munge_key", 32); err != nil {
		t.Fatal(err)
	}
	if err := s.PutKnownHosts("local", []byte("a\n")); err != nil {
		t.Fatal(err)
	}
	o := open(t, s, mustLoad(t, s))
	defer o.close(t)
	for path, want := range map[string]fs.FileMode{
		s.Dir("local"): 0o700, s.StatePath("local"): 0o600, s.SecretsDir("local"): 0o700,
		filepath.Join(s.SecretsDir("local"), "munge_key"): 0o600, s.KnownHostsPath("local"): 0o644,
		filepath.Join(s.Dir("local"), backupFile): 0o600, filepath.Join(s.Dir("local"), lockFile): 0o600,
		filepath.Join(s.Dir("local"), holderFile): 0o600,
	} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

func mustLoad(t *testing.T, s *Store) *State {
	t.Helper()
	st, err := s.Load("local")
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// A folder that became readable for others is closed again by the next command.
func TestLockClosesTheFolder(t *testing.T) {
	t.Parallel()
	s := save(t, testState(0), 1)
	if err := os.Chmod(s.Dir("local"), 0o755); err != nil {
		t.Fatal(err)
	}
	open(t, s, mustLoad(t, s)).close(t)
	if info, err := os.Stat(s.Dir("local")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestSecretIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := OpenStore(t.TempDir())
	var wg sync.WaitGroup
	got := make([][]byte, 20)
	for i := range got {
		wg.Go(func() {
			data, err := s.Secret("local", "munge_key", 128)
			if err != nil {
				t.Error(err)
			}
			got[i] = data
		})
	}
	wg.Wait()
	for _, data := range got {
		if len(data) != 128 || string(data) != string(got[0]) {
			t.Fatal("two callers got different secrets")
		}
	}
	if _, err := s.Secret("local", "munge_key", 64); err == nil {
		t.Error("a secret of another length is accepted")
	}
	for _, name := range []string{"", "../x", "A", "a/b"} {
		if _, err := s.Secret("local", name, 8); err == nil {
			t.Errorf("the name %q is accepted", name)
		}
	}
	entries, err := os.ReadDir(s.SecretsDir("local"))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}

func TestSSHKey(t *testing.T) {
	t.Parallel()
	s := OpenStore(t.TempDir())
	_, err := s.SSHKey("local", func() ([]byte, error) { return nil, errors.New("no entropy") })
	if err == nil || !strings.Contains(err.Error(), "make id_ed25519: no entropy") {
		t.Errorf("got %v", err)
	}
	for _, made := range []string{"first", "second"} {
		key, err := s.SSHKey("local", func() ([]byte, error) { return []byte(made), nil })
		if err != nil || string(key) != "first" {
			t.Errorf("%q, %v", key, err)
		}
	}
	if info, err := os.Stat(s.SSHKeyPath("local")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	s := save(t, testState(1), 1)
	if _, err := s.Secret("local", "munge_key", 32); err != nil {
		t.Fatal(err)
	}
	// What a kill left of an earlier removal goes as well.
	if err := os.MkdirAll(filepath.Join(s.clusters(), removedMark+"old-1", "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	o := open(t, s, mustLoad(t, s))
	work, cancel := o.lock.Context(t.Context())
	defer cancel()
	if err := o.session.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(o.lock); err != nil {
		t.Fatal(err)
	}
	if err := o.lock.Release(); err != nil {
		t.Errorf("a release after the removal: %v", err)
	}
	if work.Err() != nil {
		t.Errorf("the removal cancelled the work: %v", work.Err())
	}
	if entries, err := os.ReadDir(s.clusters()); err != nil || len(entries) != 0 {
		t.Errorf("left are %v, %v", entries, err)
	}
	if _, err := s.Load("local"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	save2 := open(t, s, testState(0)) // the name is free again
	save2.close(t)
}

func BenchmarkLoad1000(b *testing.B) {
	s := OpenStore(b.TempDir())
	if err := os.MkdirAll(s.Dir("local"), 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(s.StatePath("local"), encode(b, testState(1000)), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Load("local"); err != nil {
			b.Fatal(err)
		}
	}
}
