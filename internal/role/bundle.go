package role

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Node is what the roles of one node may know about it and its cluster.
type Node struct {
	Cluster        cluster.Name
	ID             cluster.ID
	Name           cluster.NodeName
	Group          cluster.GroupName
	Frontend       cluster.NodeName
	IsFrontend     bool
	Login          cluster.Login
	AuthorizedKeys []string // of the login user
	Shape          cluster.Shape
}

// SecretSource returns a secret of the cluster, the same bytes each time.
type SecretSource func(name string, bytes int) ([]byte, error)

// StepRef names a step of a node.
type StepRef struct {
	Role  string // cluster.RoleUse.Key, or OS
	Step  string
	Phase Phase
}

// Bundle is all that one node needs for one run. It holds secrets.
type Bundle struct {
	Data        []byte    // tar.gz
	Fingerprint string    // as Fingerprint returns it
	Steps       []StepRef // of every phase, in the order of execution; notified ones are left out
}

// Assemble renders and packs the roles of a node; uses are what Resolve
// returned. The same input gives the same bytes.
func Assemble(lib *Library, node Node, uses []cluster.RoleUse, secrets SecretSource) (*Bundle, error) {
	parts, err := lib.prepare(uses)
	if err != nil {
		return nil, fmt.Errorf("assemble %s: %w", node.Name, err)
	}
	a := assembly{node: node, parts: parts, pack: newPacker(&lib.compressors), secrets: secrets, agent: lib.agentDigest}
	if err := a.build(); err != nil {
		return nil, fmt.Errorf("assemble %s: %w", node.Name, err)
	}
	own, err := a.pack.last()
	if err != nil {
		return nil, fmt.Errorf("assemble %s: %w", node.Name, err)
	}
	shared, err := lib.sharedArchive(parts)
	if err != nil {
		return nil, fmt.Errorf("assemble %s: %w", node.Name, err)
	}
	return &Bundle{
		Data: slices.Concat(shared, own), Fingerprint: lib.fingerprint(node, parts), Steps: a.plan.steps,
	}, nil
}

// Fingerprint is a hash of all that decides what a run does on a node, except
// the secrets, which never change. It renders nothing and asks nobody.
func Fingerprint(lib *Library, node Node, uses []cluster.RoleUse) (string, error) {
	parts, err := lib.prepare(uses)
	if err != nil {
		return "", fmt.Errorf("fingerprint %s: %w", node.Name, err)
	}
	return lib.fingerprint(node, parts), nil
}

// part is one use with its role and all its parameters.
type part struct {
	role   *Role
	use    cluster.RoleUse
	file   string // the use's key as a file name, unique within a node
	params params
}

func (l *Library) prepare(uses []cluster.RoleUse) ([]part, error) {
	parts := make([]part, 0, len(uses))
	keys, paths := map[string]bool{}, map[string]string{}
	for _, u := range uses {
		role, err := l.find(u.Name)
		if err != nil {
			return nil, err
		}
		p := part{role: role, use: u, file: fileKey(u)}
		if p.params, err = role.params(u); err != nil {
			return nil, err
		}
		if keys[u.Key()] {
			return nil, fmt.Errorf("use role %s: it is there twice", u.Key())
		}
		keys[u.Key()] = true
		for _, f := range p.files() {
			if other, ok := paths[f.Path]; ok {
				return nil, fmt.Errorf("write %s: both role %s and role %s want to", f.Path, other, u.Key())
			}
			paths[f.Path] = u.Key()
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// files are the files that the use writes.
func (p part) files() []File {
	return slices.DeleteFunc(slices.Clone(p.role.Files), func(f File) bool {
		return f.When != "" && p.params[f.When] != true
	})
}

// fileKey is a use's key as a file name. A label with odd characters gets a
// hash, so that two of them stay apart.
func fileKey(u cluster.RoleUse) string {
	key := u.Key()
	safe := keyUnsafe.ReplaceAllString(key, "_")
	if safe == key && len(key) <= 100 {
		return key
	}
	h := newHash()
	h.add("key", []byte(key))
	return safe[:min(len(safe), 80)] + "." + h.sum()[:8]
}

func (l *Library) fingerprint(node Node, parts []part) string {
	h := newHash()
	h.add("agent", []byte(l.agentDigest))
	data, _ := json.Marshal(node) // plain fields: it can't fail
	h.add("node", data)
	for _, p := range parts {
		data, _ := json.Marshal(p.params)
		h.add(p.use.Key()+" "+p.role.digest, data)
	}
	return h.sum()
}

// sharedArchive packs what all nodes with these roles have in common.
func (l *Library) sharedArchive(parts []part) (archive, error) {
	roles := map[string]*Role{}
	for _, p := range parts {
		roles[p.role.Name] = p.role
	}
	names := sortedKeys(roles)
	key := strings.Join(names, " ")
	l.mu.Lock()
	defer l.mu.Unlock()
	if a, ok := l.shared[key]; ok {
		return a, nil
	}
	pack := newPacker(&l.compressors)
	for _, name := range runFolders {
		pack.folder(name)
	}
	agent := agentFiles()
	for _, name := range sortedKeys(agent) {
		pack.add(name, agent[name])
	}
	for _, name := range names {
		r := roles[name]
		for _, script := range sortedKeys(r.script) {
			pack.add("roles/"+name+"/steps/"+script, r.script[script])
		}
		for _, file := range sortedKeys(r.raw) {
			pack.add("roles/"+name+"/files/"+file, r.raw[file])
		}
	}
	a, err := pack.part()
	if err == nil {
		l.shared[key] = a
	}
	return a, err
}

// agentDigest hashes the runner's files that steps depend on.
func agentDigest() string {
	h := newHash()
	files := agentFiles()
	for _, name := range stepSide {
		h.add(name, files[name])
	}
	return h.sum()
}

// keysFile is the content of EC_KEYS.
func keysFile(keys []string) []byte {
	var b bytes.Buffer
	for _, k := range keys {
		b.WriteString(strings.TrimSpace(k) + "\n")
	}
	return b.Bytes()
}
