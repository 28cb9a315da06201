package role

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/pem"
)

// sshKey makes the private key of an SSH key pair (ed25519, in OpenSSH's own
// form) of a secret: the same one each time, so that the secret is all that has
// to be kept.
func sshKey(secret []byte, comment string) []byte {
	seed := sha256.Sum256(secret)
	private := ed25519.NewKeyFromSeed(seed[:])
	public := private[ed25519.SeedSize:]
	const kind = "ssh-ed25519"
	blob := sshString(sshString(nil, []byte(kind)), public)

	// Two equal numbers show a reader that the section was decrypted well.
	check := seed[:4]
	section := append(append([]byte{}, check...), check...)
	for _, field := range [][]byte{[]byte(kind), public, private, []byte(comment)} {
		section = sshString(section, field)
	}
	for pad := byte(1); len(section)%8 != 0; pad++ {
		section = append(section, pad)
	}

	out := []byte("openssh-key-v1\x00")
	for _, field := range []string{"none", "none", ""} { // no cipher, no derivation
		out = sshString(out, []byte(field))
	}
	out = binary.BigEndian.AppendUint32(out, 1) // keys
	out = sshString(sshString(out, blob), section)
	return pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: out})
}

// sshString appends a field with its length.
func sshString(to, field []byte) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(field))), field...)
}
