package role

import (
	"errors"

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
	AuthorizedKeys []string
	Shape          cluster.Shape
}

// SecretSource returns a secret of the cluster, the same bytes each time.
type SecretSource func(name string, bytes int) ([]byte, error)

// StepRef names a step of a node.
type StepRef struct {
	Role  string // cluster.RoleUse.Key
	Step  string
	Phase Phase
}

// Bundle is all that one node needs for one run.
type Bundle struct {
	Data        []byte // tar.gz
	Fingerprint string // as of Fingerprint
	Steps       []StepRef
}

// Assemble renders and packs the roles of a node; uses are what Resolve
// returned. The same input gives the same bytes.
func Assemble(lib *Library, node Node, uses []cluster.RoleUse, secrets SecretSource) (*Bundle, error) {
	return nil, errors.ErrUnsupported
}

// Fingerprint is a hash of all that decides what a run does on a node, except
// the secrets, which never change. It asks nobody and renders nothing.
func Fingerprint(lib *Library, node Node, uses []cluster.RoleUse) (string, error) {
	return "", errors.ErrUnsupported
}
