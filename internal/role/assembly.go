package role

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// assembly is a bundle in the making: the node's own part of it.
type assembly struct {
	node    Node
	parts   []part
	pack    *packer
	secrets SecretSource
	agent   string // digest of the runner's step side

	plan   planWriter
	common []byte // environment of all steps but those of the install phase
	keys   []byte
}

// rendered is what a part's steps depend on.
type rendered struct {
	files   []renderedFile
	install string // hash of what its install steps see
	all     string // hash of what its other steps see
}

type renderedFile struct {
	File
	name string // in the bundle
	hash string // SHA-256 of the content
}

func (a *assembly) build() error {
	var err error
	if a.common, err = a.commonEnv(); err != nil {
		return err
	}
	a.pack.add("env/common", a.common)
	a.keys = keysFile(a.node.AuthorizedKeys)
	a.pack.add("keys", a.keys)
	parts := make([]rendered, len(a.parts))
	for i, p := range a.parts {
		if parts[i], err = a.part(p); err != nil {
			return err
		}
	}
	a.plan.write(a.parts, parts)
	a.pack.add("plan.sh", a.plan.bytes())
	return nil
}

// commonEnv is what every step but those of the install phase knows.
func (a *assembly) commonEnv() ([]byte, error) {
	n := a.node
	var e env
	e.set("EC_CLUSTER", string(n.Cluster))
	e.set("EC_CLUSTER_ID", string(n.ID))
	e.set("EC_NODE", string(n.Name))
	e.set("EC_GROUP", string(n.Group))
	e.set("EC_FRONTEND", string(n.Frontend))
	e.set("EC_IS_FRONTEND", strconv.FormatBool(n.IsFrontend))
	e.set("EC_LOGIN_USER", n.Login.User)
	e.set("EC_LOGIN_UID", strconv.Itoa(n.Login.UID))
	e.set("EC_LOGIN_SUDO", strconv.FormatBool(n.Login.Sudo))
	e.set("EC_CPUS", strconv.Itoa(n.Shape.CPUs))
	e.set("EC_MEMORY_MB", strconv.FormatInt(n.Shape.Memory.MiB(), 10))
	e.set("EC_GPUS", strconv.Itoa(n.Shape.GPUs))
	return []byte(e.b.String()), e.err
}

// part renders and packs one use.
func (a *assembly) part(p part) (rendered, error) {
	var installEnv, ownEnv env
	installEnv.setParams(p.params, p.role.InstallParams)
	ownEnv.setParams(p.params, slices.Sorted(maps.Keys(p.params)))
	for _, e := range []env{installEnv, ownEnv} {
		if e.err != nil {
			return rendered{}, fmt.Errorf("use role %s: %w", p.use.Key(), e.err)
		}
	}
	a.pack.add("env/"+p.file+".install", []byte(installEnv.b.String()))
	a.pack.add("env/"+p.file+".all", []byte(ownEnv.b.String()))

	install, all := newHash(), newHash()
	for _, h := range []*hash{install, all} {
		h.add("agent", []byte(a.agent))
		h.addAll("files/", p.role.raw)
	}
	install.add("env", []byte(installEnv.b.String()))
	all.add("common", a.common)
	all.add("keys", a.keys)
	all.add("env", []byte(ownEnv.b.String()))

	secrets := map[string][]byte{}
	for _, s := range p.role.Secrets {
		data, err := a.secrets(s.Name, s.Bytes)
		if err != nil {
			return rendered{}, fmt.Errorf("get secret %s of role %s: %w", s.Name, p.use.Key(), err)
		}
		if s.SSH {
			data = sshKey(data, s.Name+"@"+string(a.node.Cluster))
		}
		secrets[s.Name] = data
		a.pack.add("secrets/"+p.file+"/"+s.Name, data)
		all.add("secret "+s.Name, data)
	}
	var out rendered
	data := newFacts(a.node, p.params)
	for i, f := range p.files() {
		content, err := p.role.render(f, data, secrets)
		if err != nil {
			return rendered{}, err
		}
		sum := sha256.Sum256(content)
		rf := renderedFile{File: f, name: "out/" + p.file + "/" + strconv.Itoa(i), hash: hex.EncodeToString(sum[:])}
		a.pack.add(rf.name, content)
		all.add(strings.Join([]string{"file", f.Path, f.Mode, f.Owner}, " "), content)
		out.files = append(out.files, rf)
	}
	out.install, out.all = install.sum(), all.sum()
	return out, nil
}
