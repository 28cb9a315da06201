package remote

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/ecluster/ecluster/internal/cluster"
)

// KeyPair is an SSH key, of a user or of a host.
type KeyPair struct {
	// PrivatePEM is the private half in OpenSSH's own format, as ssh -i and
	// sshd's HostKey read it.
	PrivatePEM cluster.Secret
	// Authorized is the public half as one authorized_keys line, without a
	// comment and without a line end.
	Authorized string
}

// GenerateKey makes a new ed25519 key from the system's randomness.
func GenerateKey() (KeyPair, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return KeyPair{}, fmt.Errorf("make SSH key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return KeyPair{}, fmt.Errorf("make SSH key: %w", err)
	}
	return ParseKey(cluster.Secret(pem.EncodeToMemory(block)))
}

// ParseKey reads a private key without a passphrase, in any PEM format that
// OpenSSH knows, and derives its public half.
func ParseKey(privatePEM cluster.Secret) (KeyPair, error) {
	signer, err := parsePrivate(privatePEM)
	if err != nil {
		return KeyPair{}, err
	}
	return KeyPair{PrivatePEM: privatePEM, Authorized: authorizedLine(signer.PublicKey())}, nil
}

// Fingerprint returns the SHA256 fingerprint of a public key in
// authorized_keys form, as ssh-keygen -l prints it.
func Fingerprint(authorized string) (string, error) {
	key, err := parsePublic(authorized)
	if err != nil {
		return "", err
	}
	return ssh.FingerprintSHA256(key), nil
}

// WriteKnownHosts writes one known_hosts line for each key: every name and
// endpoint of the node, then the key. Names are host names or addresses that
// answer on port 22.
func WriteKnownHosts(w io.Writer, names []string, endpoints []cluster.Endpoint, hostKeys []string) error {
	hosts := append([]string(nil), names...)
	for _, e := range endpoints {
		hosts = append(hosts, address(e))
	}
	if len(hosts) == 0 {
		return errors.New("write known_hosts: no name and no endpoint for the key")
	}
	for _, line := range hostKeys {
		key, err := parsePublic(line)
		if err != nil {
			return fmt.Errorf("write known_hosts: %w", err)
		}
		if _, err := fmt.Fprintln(w, knownhosts.Line(hosts, key)); err != nil {
			return fmt.Errorf("write known_hosts: %w", err)
		}
	}
	return nil
}

func parsePrivate(private cluster.Secret) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKey([]byte(private.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("read private SSH key: %w", err)
	}
	return signer, nil
}

func parsePublic(line string) (ssh.PublicKey, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return nil, fmt.Errorf("read public SSH key %q: %w", line, err)
	}
	return key, nil
}

func authorizedLine(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func address(e cluster.Endpoint) string {
	return net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
}
