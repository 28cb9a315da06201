package state

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/google/renameio/v2"

	"github.com/ecluster/ecluster/internal/cluster"
)

// Secret returns the cluster's secret of that name: n bytes of crypto/rand,
// made once. Whoever asks at the same time gets the same bytes.
func (s *Store) Secret(name cluster.Name, secret string, n int) ([]byte, error) {
	data, err := s.SecretFrom(name, secret, func() ([]byte, error) {
		b := make([]byte, n)
		_, err := rand.Read(b)
		return b, err
	})
	if err == nil && len(data) != n {
		return nil, fmt.Errorf("read secret %s of cluster %s: it has %d bytes, not %d; it was changed by hand, or the role that uses it was: put the file back, or stop the cluster and start it anew",
			secret, name, len(data), n)
	}
	return data, err
}

// SecretFrom is Secret for what is not just random bytes, such as a key: the
// first caller's generate decides, and is called only when there is none yet.
func (s *Store) SecretFrom(name cluster.Name, secret string, generate func() ([]byte, error)) ([]byte, error) {
	if !secretName(secret) {
		return nil, fmt.Errorf("secret %q of cluster %s: a name is made of lower-case letters, digits, _, . and -", secret, name)
	}
	dir := s.SecretsDir(name)
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return nil, accessError("write", dir, err)
	}
	return madeOnce(filepath.Join(dir, secret), generate)
}

func secretName(s string) bool {
	return regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,63}$`).MatchString(s)
}

// SSHKey returns the private key of the cluster (OpenSSH PEM), made once by
// the first caller's generate.
func (s *Store) SSHKey(name cluster.Name, generate func() ([]byte, error)) ([]byte, error) {
	if err := os.MkdirAll(s.Dir(name), folderMode); err != nil {
		return nil, accessError("write", s.Dir(name), err)
	}
	return madeOnce(s.SSHKeyPath(name), generate)
}

// SSHKeyPath is the file of SSHKey.
func (s *Store) SSHKeyPath(name cluster.Name) string { return filepath.Join(s.Dir(name), keyFile) }

// KnownHostsPath is the file of PutKnownHosts, for ssh programs.
func (s *Store) KnownHostsPath(name cluster.Name) string {
	return filepath.Join(s.Dir(name), hostsFile)
}

// PutKnownHosts replaces the host keys of the cluster, in known_hosts form.
func (s *Store) PutKnownHosts(name cluster.Name, data []byte) error {
	path := s.KnownHostsPath(name)
	if err := s.write(path, data, hostsMode); err != nil {
		return accessError("write", path, err)
	}
	return nil
}

// SSHConfigPath is the file of PutSSHConfig, to be included by ssh_config(5).
func (s *Store) SSHConfigPath(name cluster.Name) string {
	return filepath.Join(s.Dir(name), configFile)
}

// PutSSHConfig replaces the entries of the cluster for ssh programs.
func (s *Store) PutSSHConfig(name cluster.Name, data []byte) error {
	path := s.SSHConfigPath(name)
	if err := s.write(path, data, 0o600); err != nil {
		return accessError("write", path, err)
	}
	return nil
}

// madeOnce returns the content of path, which is made when there is none. The
// name appears with the whole content or not at all, and never changes.
func madeOnce(path string, generate func() ([]byte, error)) ([]byte, error) {
	data, err := readRegular(path)
	if err == nil {
		return data, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, accessError("read", path, err)
	}
	if data, err = generate(); err != nil {
		return nil, fmt.Errorf("make %s: %w", filepath.Base(path), err)
	}
	err = createFile(path, data)
	if errors.Is(err, fs.ErrExist) { // another was first: theirs holds
		data, err = readRegular(path)
	}
	if err != nil {
		return nil, accessError("write", path, err)
	}
	return data, nil
}

// createFile writes a new 0600 file atomically and durably, and fails with
// fs.ErrExist where there is one.
func createFile(path string, data []byte) error {
	dir := filepath.Dir(path)
	tmp, err := renameio.NewPendingFile(path, renameio.WithTempDir(dir), renameio.WithStaticPermissions(fileMode))
	if err != nil {
		return err
	}
	defer tmp.Cleanup() //nolint:errcheck // what stays is swept by a later lock
	if _, err := tmp.Write(data); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}
