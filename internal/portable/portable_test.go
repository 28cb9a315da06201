package portable

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/state"
)

const passphrase cluster.Secret = "correct horse battery"

// secret stands in a file of the cluster, and must show nowhere else.
const secret = "hunter2-hunter2"

// home is a store with the cluster "lab" in it.
func home(tb testing.TB) *state.Store {
	tb.Helper()
	store := state.OpenStore(tb.TempDir())
	spec := cluster.Spec{
		Name: "lab", Provider: cluster.ProviderSpec{Kind: "fake", Alias: "fake"}, Frontend: "frontend",
		Groups: []cluster.Group{{Name: "frontend", Count: 1}},
	}
	st := state.New("lab", spec, state.Origin{Tool: "test", Now: time.Now().UTC(), Rand: rand.Reader})
	st.Nodes["frontend001"] = &cluster.Node{Name: "frontend001", Group: "frontend", Phase: cluster.Ready, Instance: "i-1"}
	lock, err := store.Lock(tb.Context(), "lab", state.Holder{})
	if err != nil {
		tb.Fatal(err)
	}
	session, err := store.OpenSession(lock, st)
	if err != nil {
		tb.Fatal(err)
	}
	session.Update(func(*state.State) {})
	_, err = store.SSHKey("lab", func() ([]byte, error) {
		pair, err := remote.GenerateKey()
		return []byte(pair.PrivatePEM.Reveal()), err
	})
	if err == nil {
		_, err = store.SecretFrom("lab", "munge", func() ([]byte, error) { return []byte(secret), nil })
	}
	err = errors.Join(err, store.PutKnownHosts("lab", []byte("frontend001 ssh-ed25519 AAAA\n")), session.Close(), lock.Release())
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

func gather(tb testing.TB, store *state.Store, keys bool) *Archive {
	tb.Helper()
	a, err := Gather(tb.Context(), store, "lab", keys, "ecluster test", time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func written(tb testing.TB, a *Archive) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := a.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// sealedBy encrypts quickly.
func sealedBy(tb testing.TB, content []byte, p cluster.Secret, factor int) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := seal(&b, p, factor)
	if err == nil {
		_, err = w.Write(content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// open decrypts and reads.
func open(file []byte, p cluster.Secret) (*Archive, error) {
	r, err := Open(bytes.NewReader(file), func() (cluster.Secret, error) { return p, nil })
	if err != nil {
		return nil, err
	}
	return Read(r)
}

// tree is every path below a folder, with its mode.
func tree(tb testing.TB, dir string) map[string]fs.FileMode {
	tb.Helper()
	out := map[string]fs.FileMode{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err == nil && path != dir {
			out[strings.TrimPrefix(path, dir+"/")] = info.Mode()
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		tb.Fatal(err)
	}
	return out
}

func TestThereAndBack(t *testing.T) {
	for _, keys := range []bool{true, false} {
		from := home(t)
		plain := written(t, gather(t, from, keys))
		if !keys && bytes.Contains(plain, []byte(secret)) {
			t.Error("a secret is in the archive without keys")
		}
		file := plain
		if keys {
			if file = sealedBy(t, plain, passphrase, 10); bytes.Contains(file, []byte("frontend001")) {
				t.Error("the encrypted archive can be read")
			}
		}
		a, err := open(file, passphrase)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		to := state.OpenStore(dir)
		got, err := a.Place(t.Context(), to, "")
		if err != nil {
			t.Fatal(err)
		}
		want, err := from.Load("lab")
		if err != nil {
			t.Fatal(err)
		}
		if got.NoKeys == keys || got.ID != want.ID || got.Lineage != want.Lineage || got.Serial <= want.Serial {
			t.Errorf("with keys=%v it is recorded as %+v", keys, got)
		}
		if diff := cmp.Diff(want.Nodes, got.Nodes); diff != "" {
			t.Error(diff)
		}
		files := map[string]fs.FileMode{
			"clusters": fs.ModeDir | 0o700, "clusters/lab": fs.ModeDir | 0o700,
			"clusters/lab/state.json": 0o600, "clusters/lab/known_hosts": 0o644,
		}
		if keys {
			files["clusters/lab/id_ed25519"], files["clusters/lab/secrets"], files["clusters/lab/secrets/munge"] = 0o600, fs.ModeDir|0o700, 0o600
		}
		if diff := cmp.Diff(files, tree(t, dir)); diff != "" {
			t.Errorf("the files (-want +got)\n%s", diff)
		}
	}
}

func TestNameTaken(t *testing.T) {
	store := home(t)
	a := gather(t, store, true)
	before := tree(t, store.Dir("lab"))
	for _, rename := range []cluster.Name{"", "other"} {
		var taken *state.TakenError
		if _, err := a.Place(t.Context(), store, rename); !errors.As(err, &taken) || !taken.Same {
			t.Errorf("the same cluster again, as %q: %v", rename, err)
		}
	}
	other := home(t)
	var taken *state.TakenError
	if _, err := a.Place(t.Context(), other, ""); !errors.As(err, &taken) || !strings.Contains(err.Error(), "--rename") {
		t.Errorf("another cluster of that name: %v", err)
	}
	st, err := a.Place(t.Context(), other, "theirs")
	if err != nil {
		t.Fatal(err)
	}
	if st.Name != "theirs" || st.Spec.Name != "theirs" || st.OwnName() != "lab" {
		t.Errorf("it is called %s, %s in its spec, and calls itself %s", st.Name, st.Spec.Name, st.OwnName())
	}
	again, err := Gather(t.Context(), other, "theirs", true, "test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if back, err := again.Place(t.Context(), state.OpenStore(t.TempDir()), "lab"); err != nil || back.BornAs != "" || back.OwnName() != "lab" {
		t.Errorf("renamed back it is %+v, %v", back, err)
	}
	if diff := cmp.Diff(before, tree(t, store.Dir("lab"))); diff != "" {
		t.Errorf("the record that was there changed\n%s", diff)
	}
}

// A record without keys makes way for one that has them, and for no other.
func TestKeysComeLater(t *testing.T) {
	from, to := home(t), state.OpenStore(t.TempDir())
	with, without := gather(t, from, true), gather(t, from, false)
	if _, err := without.Place(t.Context(), to, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := Gather(t.Context(), to, "lab", true, "test", time.Now()); err == nil {
		t.Error("keys were exported that are not there")
	}
	if _, err := without.Place(t.Context(), to, ""); err == nil {
		t.Error("a record without keys replaced another")
	}
	if _, err := gather(t, home(t), true).Place(t.Context(), to, ""); err == nil {
		t.Error("another cluster replaced it")
	}
	st, err := with.Place(t.Context(), to, "")
	if err != nil || st.NoKeys {
		t.Fatalf("the keys did not come: %v", err)
	}
	if _, err := os.Stat(to.SSHKeyPath("lab")); err != nil {
		t.Error(err)
	}
}

// change makes a change to the recorded cluster "lab".
func change(t *testing.T, store *state.Store, do func(*state.State)) {
	t.Helper()
	lock, err := store.Lock(t.Context(), "lab", state.Holder{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Load("lab")
	if err != nil {
		t.Fatal(err)
	}
	session, err := store.OpenSession(lock, st)
	if err != nil {
		t.Fatal(err)
	}
	session.Update(do)
	if err := errors.Join(session.Close(), lock.Release()); err != nil {
		t.Fatal(err)
	}
}

// Keys complete a record; they don't bring back what it was.
func TestKeysForANewerRecord(t *testing.T) {
	failed := func(st *state.State) { st.Nodes["frontend001"].Phase = cluster.Failed }
	stopping := func(st *state.State) { st.Status = state.Stopping }
	for name, test := range map[string]struct {
		here, there func(*state.State) // what happens after the import without keys
		phase       cluster.Phase
		status      state.Status
	}{
		"changed here":          {here: failed, phase: cluster.Failed, status: state.Active},
		"changed there":         {there: failed, phase: cluster.Failed, status: state.Active},
		"stopped here, changed": {here: stopping, there: failed, phase: cluster.Ready, status: state.Stopping},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := home(t), state.OpenStore(t.TempDir())
			if _, err := gather(t, from, false).Place(t.Context(), to, ""); err != nil {
				t.Fatal(err)
			}
			log := filepath.Join(to.Dir("lab"), "logs")
			if err := os.Mkdir(log, 0o700); err != nil {
				t.Fatal(err)
			}
			if test.here != nil {
				change(t, to, test.here)
			}
			for n := 0; test.there != nil && n < 3; n++ {
				change(t, from, test.there)
			}
			st, err := gather(t, from, true).Place(t.Context(), to, "")
			if err != nil {
				t.Fatal(err)
			}
			if p := st.Nodes["frontend001"].Phase; st.NoKeys || p != test.phase || st.Status != test.status {
				t.Errorf("no keys: %v; the node is %s, the cluster %s", st.NoKeys, p, st.Status)
			}
			if got, err := os.ReadFile(filepath.Join(to.SecretsDir("lab"), "munge")); err != nil || string(got) != secret {
				t.Errorf("the secrets did not come: %v", err)
			}
			if _, err := os.Stat(log); err != nil {
				t.Errorf("the logs of here are gone: %v", err)
			}
		})
	}
}

func TestProviderWithFilesOfItsOwn(t *testing.T) {
	store := home(t)
	if err := os.Mkdir(filepath.Join(store.Dir("lab"), "fake"), 0o700); err != nil {
		t.Fatal(err)
	}
	var bound *BoundError
	if _, err := Gather(t.Context(), store, "lab", false, "test", time.Now()); !errors.As(err, &bound) {
		t.Errorf("it ended with %v", err)
	}
}

// entry is one entry of an archive that somebody else made.
type entry struct {
	tar.Header
	content string
}

// packed makes an archive of entries; a manifest, given as a function, lists
// those after it as they are.
func packed(tb testing.TB, entries []entry) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if e.Typeflag == 0 {
			e.Typeflag = tar.TypeReg
		}
		if e.Typeflag == tar.TypeReg {
			e.Size = int64(len(e.content))
		}
		err := w.WriteHeader(&e.Header)
		if err == nil && e.Typeflag == tar.TypeReg {
			_, err = io.WriteString(w, e.content)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// refused is an archive that must be refused, with a part of the reason.
type refused struct {
	file   []byte
	reason string
}

func hostile(tb testing.TB) map[string]refused {
	tb.Helper()
	a := gather(tb, home(tb), false)
	whole := written(tb, a)
	stateText, err := state.Encode(a.Files.State)
	if err != nil {
		tb.Fatal(err)
	}
	manifest := func(change func(*Manifest)) entry {
		m := a.Manifest
		m.Files = map[string]File{stateName: fileOf(stateText), hostsName: fileOf(a.Files.KnownHosts)}
		change(&m)
		text, err := json.Marshal(m)
		if err != nil {
			tb.Fatal(err)
		}
		return entry{tar.Header{Name: manifestName}, string(text)}
	}
	plain := manifest(func(*Manifest) {})
	record := entry{tar.Header{Name: stateName}, string(stateText)}
	hosts := entry{tar.Header{Name: hostsName}, string(a.Files.KnownHosts)}
	with := func(name string, more ...entry) []byte { // also in the list
		return packed(tb, append([]entry{manifest(func(m *Manifest) {
			m.Keys = true
			m.Files[name] = fileOf([]byte("x"))
		}), hosts, record}, more...))
	}
	newer := bytes.Replace(stateText, []byte(`{"version":1,`), []byte(`{"version":9,`), 1)
	out := map[string]refused{
		"empty":            {nil, "it is empty"},
		"no archive":       {[]byte("#!/bin/sh\nrm -rf /\n"), "ends in the middle"},
		"no tar":           {bytes.Repeat([]byte("x"), 4096), "not an archive"},
		"zeros":            {make([]byte, 4096), "it is empty"},
		"trailing":         {append(bytes.Clone(whole), "more"...), "follows its end"},
		"trailing archive": {append(bytes.Clone(whole), whole...), "follows its end"},
		"no manifest":      {packed(tb, []entry{record, hosts}), "begins with"},
		"manifest twice":   {packed(tb, []entry{plain, plain, record, hosts}), "not in its list"},
		"twice":            {packed(tb, []entry{plain, record, record, hosts}), "comes twice"},
		"missing":          {packed(tb, []entry{plain, record}), "is missing"},
		"unlisted":         {packed(tb, []entry{plain, record, hosts, {tar.Header{Name: "id_ed25519"}, "x"}}), "not in its list"},
		"changed":          {packed(tb, []entry{plain, record, {tar.Header{Name: hostsName}, strings.Replace(hosts.content, "A", "B", 1)}}), "was changed"},
		"longer":           {packed(tb, []entry{plain, record, {tar.Header{Name: hostsName}, hosts.content + "x"}}), "was changed"},
		"absolute path":    {with("/etc/cron.d/x", entry{tar.Header{Name: "/etc/cron.d/x"}, "x"}), "no part of an archive"},
		"parent":           {with("../../x", entry{tar.Header{Name: "../../x"}, "x"}), "no part of an archive"},
		"parent in secret": {with("secrets/../../x", entry{tar.Header{Name: "secrets/../../x"}, "x"}), "no part of an archive"},
		"hidden secret":    {with("secrets/.x", entry{tar.Header{Name: "secrets/.x"}, "x"}), "no part of an archive"},
		"unknown name":     {with("events.jsonl", entry{tar.Header{Name: "events.jsonl"}, "x"}), "no part of an archive"},
		"symlink":          {packed(tb, []entry{plain, record, {tar.Header{Name: hostsName, Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, ""}}), "not a plain file"},
		"hard link":        {packed(tb, []entry{plain, record, {tar.Header{Name: hostsName, Typeflag: tar.TypeLink, Linkname: "state.json"}, ""}}), "not a plain file"},
		"device":           {packed(tb, []entry{plain, record, {tar.Header{Name: hostsName, Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 5}, ""}}), "not a plain file"},
		"pipe":             {packed(tb, []entry{plain, record, {tar.Header{Name: hostsName, Typeflag: tar.TypeFifo}, ""}}), "not a plain file"},
		"folder":           {packed(tb, []entry{plain, record, {tar.Header{Name: "secrets/", Typeflag: tar.TypeDir}, ""}}), "not a plain file"},
		"no key":           {packed(tb, []entry{manifest(func(m *Manifest) { m.Keys = true }), record, hosts}), "key can't be read"},
		"bad key":          {with(keyName, entry{tar.Header{Name: keyName}, "x"}), "key can't be read"},
		"secret, no keys": {
			packed(tb, []entry{manifest(func(m *Manifest) { m.Files["secrets/x"] = fileOf([]byte("x")) }), record, hosts, {tar.Header{Name: "secrets/x"}, "x"}}),
			"says that there are no keys",
		},
		"other cluster": {packed(tb, []entry{manifest(func(m *Manifest) { m.Cluster = "x" }), record, hosts}), "its record is of the cluster"},
		"no record":     {packed(tb, []entry{manifest(func(m *Manifest) { delete(m.Files, stateName) }), hosts}), "can't be used"},
		"newer archive": {packed(tb, []entry{manifest(func(m *Manifest) { m.Format, m.Tool = 7, "ecluster 9.0" }), record, hosts}), "written by ecluster 9.0 in format 7"},
		"newer record": {
			packed(tb, []entry{manifest(func(m *Manifest) { m.Files[stateName] = fileOf(newer) }), {tar.Header{Name: stateName}, string(newer)}, hosts}),
			"version 9",
		},
		"no format":       {packed(tb, []entry{manifest(func(m *Manifest) { m.Format = 0 }), record, hosts}), "which no ecluster ever wrote"},
		"list is no JSON": {packed(tb, []entry{{tar.Header{Name: manifestName}, "{"}, record, hosts}), "list can't be read"},
		"huge list":       {packed(tb, []entry{{tar.Header{Name: manifestName}, strings.Repeat(" ", maxManifest+1)}}), "more than"},
		"huge secret": {packed(tb, []entry{manifest(func(m *Manifest) {
			m.Keys, m.Files["secrets/x"] = true, fileOf(make([]byte, maxSecret+1))
		}), record, hosts, {tar.Header{Name: "secrets/x"}, string(make([]byte, maxSecret+1))}}), "more than"},
	}
	for _, n := range []int{1, 100, 512, 600, len(whole) / 2, len(whole) - 1024, len(whole) - 512, len(whole) - 1} {
		out["cut at "+string(rune('a'+len(out)))] = refused{whole[:n], ""}
	}
	return out
}

func TestHostileArchives(t *testing.T) {
	for name, test := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			for how, file := range map[string][]byte{"plain": test.file, "encrypted": sealedBy(t, test.file, passphrase, 10)} {
				_, err := open(file, passphrase)
				if err == nil || !strings.Contains(err.Error(), test.reason) {
					t.Errorf("%s: it ended with %v", how, err)
				}
			}
		})
	}
}

// What stands in a record becomes paths, and lines of an ssh_config.
func TestHostileRecords(t *testing.T) {
	for what, spoil := range map[string]func(*state.State, *cluster.Node){
		"ID":         func(st *state.State, _ *cluster.Node) { st.ID = "../../.." },
		"user":       func(st *state.State, _ *cluster.Node) { st.Spec.Login.User = "x\n  ProxyCommand sh" },
		"first name": func(st *state.State, _ *cluster.Node) { st.BornAs = "../lab" },
		"provider":   func(st *state.State, _ *cluster.Node) { st.Spec.Provider.Kind = "../x" },
		"group":      func(st *state.State, _ *cluster.Node) { st.Spec.Groups[0].Name = "a/b" },
		"node": func(st *state.State, n *cluster.Node) {
			n.Name = "../x001"
			st.Nodes["../x001"] = n
			delete(st.Nodes, "frontend001")
		},
		"machine":        func(_ *state.State, n *cluster.Node) { n.Instance = "a/../../b" },
		"machine option": func(_ *state.State, n *cluster.Node) { n.Instance = "--help" },
		"long machine":   func(_ *state.State, n *cluster.Node) { n.Instance = cluster.InstanceID(strings.Repeat("é", 513)) },
		"long address":   func(_ *state.State, n *cluster.Node) { n.PrivateIP = strings.Repeat("1", 256) },
		"address":        func(_ *state.State, n *cluster.Node) { n.PrivateIP = "10.0.0.1\n  ProxyCommand sh" },
		"endpoint": func(_ *state.State, n *cluster.Node) {
			n.Endpoints = []cluster.Endpoint{{Host: "-oProxyCommand=sh", Port: 22}}
		},
		"intent": func(st *state.State, _ *cluster.Node) {
			st.Intents = []state.Intent{{Token: "x", Kind: state.IntentLaunch, Nodes: []cluster.NodeName{"../x001"}}}
		},
	} {
		a := gather(t, home(t), false)
		spoil(a.Files.State, a.Files.State.Nodes["frontend001"])
		a.Manifest.ID = a.Files.State.ID
		_, err := Read(bytes.NewReader(written(t, a)))
		if bad := (*DamagedError)(nil); !errors.As(err, &bad) || !strings.Contains(err.Error(), "record can't be used") {
			t.Errorf("%s: it ended with %v", what, err)
		}
	}
}

// What a record would do with what is the user's is for the user to decide.
func TestClaims(t *testing.T) {
	settings := schema.Schema{Attrs: []schema.Attr{
		{Name: "endpoint", Type: cty.String, Trusted: true, Check: func(v any) error {
			if v == "bad" {
				return errors.New("is no URL")
			}
			return nil
		}},
		{Name: "zone", Type: cty.String},
		{Name: "token", Type: cty.String, Sensitive: true},
		{Name: "tags", Type: cty.Map(cty.String)},
	}}
	a := gather(t, home(t), false)
	spec := &a.Files.State.Spec
	if claims, err := a.Claims(settings); err != nil || len(claims) > 0 {
		t.Errorf("a plain record claims %v, %v", claims, err)
	}
	spec.Provider.Settings = map[string]any{
		"zone": "a", "endpoint": "https://evil.example/\x1b[2K",
		"token": map[string]any{"$expr": `env("TOKEN")`},
		"tags":  map[string]any{"$expr": `file("/home/ada/.ssh/id_rsa")`},
	}
	spec.Groups[0].Roles = []cluster.RoleUse{{Name: "users", Params: map[string]any{
		"users": []any{map[string]any{"password": map[string]any{"$expr": `env("AWS_SECRET_ACCESS_KEY")`}}},
	}}}
	got, err := a.Claims(settings)
	want := []Claim{
		{`provider "fake": endpoint`, `"https://evil.example/\x1b[2K"`},
		{`provider "fake": tags`, `file("/home/ada/.ssh/id_rsa")`},
		{`provider "fake": token`, `env("TOKEN")`},
		{`node_group "frontend", role "users": users`, `env("AWS_SECRET_ACCESS_KEY")`},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	for name, value := range map[string]any{"endpoint": "bad", "other": "x", "zone": map[string]any{"$expr": `env("TOKEN")`}} {
		spec.Provider.Settings = map[string]any{name: value}
		if _, err := a.Claims(settings); !errors.As(err, new(*DamagedError)) {
			t.Errorf("%s: it ended with %v", name, err)
		}
	}
}

func TestModesOfTheArchiveMeanNothing(t *testing.T) {
	a := gather(t, home(t), true)
	whole := written(t, a)
	in := tar.NewReader(bytes.NewReader(whole))
	var entries []entry
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		content, _ := io.ReadAll(in)
		entries = append(entries, entry{tar.Header{Name: h.Name, Mode: 0o4777, Uid: 0, Uname: "root"}, string(content)})
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := Read(bytes.NewReader(packed(t, entries)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := b.Place(t.Context(), state.OpenStore(dir), ""); err != nil {
		t.Fatal(err)
	}
	if mode := tree(t, dir)["clusters/lab/id_ed25519"]; mode != 0o600 {
		t.Errorf("the key has the mode %v", mode)
	}
}

func TestPassphrase(t *testing.T) {
	file := sealedBy(t, written(t, gather(t, home(t), true)), passphrase, 10)
	var sealErr *SealError
	if _, err := open(file, "another one"); !errors.As(err, &sealErr) || !sealErr.Wrong {
		t.Errorf("a wrong passphrase: %v", err)
	}
	for _, n := range []int{30, 200, len(file) / 2, len(file) - 1} {
		if _, err := open(file[:n], passphrase); !errors.As(err, &sealErr) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	for i := 0; i < len(file); i += 97 { // every change is noticed
		bad := bytes.Clone(file)
		bad[i] ^= 1
		if _, err := open(bad, passphrase); err == nil {
			t.Errorf("byte %d can be changed", i)
		}
	}
	costly := sealedBy(t, nil, passphrase, workFactor)
	costly = bytes.Replace(costly, []byte(" 18\n"), []byte(" 22\n"), 1)
	if _, err := open(costly, passphrase); err == nil || !strings.Contains(err.Error(), "work factor") {
		t.Errorf("it lets a file ask for gigabytes: %v", err)
	}
}

// An import that can't be finished leaves nothing.
func TestNothingIsLeft(t *testing.T) {
	a := gather(t, home(t), true)
	a.Files.Secrets["../x"] = []byte("x")
	dir := t.TempDir()
	if _, err := a.Place(t.Context(), state.OpenStore(dir), ""); err == nil {
		t.Fatal("it went well")
	}
	if left := tree(t, dir); len(left) > 1 {
		t.Errorf("it left %v", left)
	}
}

func FuzzRead(f *testing.F) {
	a := gather(f, home(f), true)
	f.Add(written(f, a))
	for _, test := range hostile(f) {
		if len(test.file) < 1<<16 {
			f.Add(test.file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		a, err := Read(bytes.NewReader(file))
		if err != nil {
			return
		}
		if again := written(t, a); len(again) == 0 {
			t.Error("what was read can't be written")
		}
		for name := range a.Files.Secrets {
			if !secretName.MatchString(secretPrefix + name) {
				t.Errorf("it took a secret called %q", name)
			}
		}
	})
}
