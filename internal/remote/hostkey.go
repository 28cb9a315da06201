package remote

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// hostKeys are the keys that one node may answer with.
type hostKeys struct {
	keys []ssh.PublicKey
}

func parseHostKeys(lines []string) (hostKeys, error) {
	var h hostKeys
	for _, line := range lines {
		key, err := parsePublic(line)
		if err != nil {
			return hostKeys{}, err
		}
		h.keys = append(h.keys, key)
	}
	return h, nil
}

// algorithms are what is offered to the server: only those for which a key is
// known, else a server with several keys would answer with a strange one.
func (h hostKeys) algorithms() []string {
	var names []string
	for _, key := range h.keys {
		offer := []string{key.Type()}
		if key.Type() == ssh.KeyAlgoRSA {
			offer = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
		}
		for _, name := range offer {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func (h hostKeys) fingerprints() []string {
	out := make([]string, len(h.keys))
	for i, key := range h.keys {
		out[i] = describe(key)
	}
	return out
}

// check is an ssh.HostKeyCallback.
func (h hostKeys) check(_ string, _ net.Addr, key ssh.PublicKey) error {
	wire := key.Marshal()
	for _, known := range h.keys {
		if bytes.Equal(known.Marshal(), wire) {
			return nil
		}
	}
	return &unknownKeyError{got: describe(key)}
}

// unknownKeyError travels through the handshake; Dial makes a HostKeyError of it.
type unknownKeyError struct{ got string }

func (e *unknownKeyError) Error() string { return "unknown host key " + e.got }

// foreign reports whether a handshake failed because the server has not the
// node's key, and what it has instead.
func foreign(err error) (got string, ok bool) {
	if unknown, ok := errors.AsType[*unknownKeyError](err); ok {
		return unknown.got, true
	}
	var none *ssh.AlgorithmNegotiationError
	if errors.As(err, &none) && none.What == "host key" {
		return "of type " + strings.Join(none.RequestedAlgorithms, ", "), true
	}
	return "", false
}

func describe(key ssh.PublicKey) string {
	return ssh.FingerprintSHA256(key) + " (" + key.Type() + ")"
}
