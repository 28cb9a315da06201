package aws

import (
	"crypto/ed25519"
	"crypto/md5" //nolint:gosec // EC2's own fingerprint
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
)

// keyPair is an SSH key that EC2 can place on instances.
type keyPair struct {
	thing
	name, kind, fingerprint, public string
}

func (r *region) keyPairNamed(name string) *keyPair {
	for _, k := range r.keyPairs.existing() {
		if k.name == name && r.known(&k.thing) {
			return k
		}
	}
	return nil
}

func (r *region) newKeyPair(c *call, kind, fingerprint, public string) (*keyPair, *failure) {
	if f := checkSpecifications(c, "key-pair"); f != nil {
		return nil, f
	}
	name := c.in.str("KeyName")
	if len(name) > 255 || strings.TrimSpace(name) != name {
		return nil, violates("InvalidParameterValue", "Value (%s) for parameter KeyName is invalid. It has up to 255 ASCII characters and no leading or trailing spaces.", name)
	}
	for _, k := range r.keyPairs.existing() {
		if k.name == name {
			return nil, refuse("InvalidKeyPair.Duplicate", "The keypair already exists")
		}
	}
	k := &keyPair{thing: r.newThing(c, "key", "key-pair"), name: name, kind: kind, fingerprint: fingerprint, public: public}
	r.keyPairs.add(k)
	return k, nil
}

// createKeyPair makes an ed25519 key, whatever type is asked for; the private
// half is PKCS #8.
func (r *region) createKeyPair(c *call) (object, *failure) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, refuse("InternalError", "An internal error has occurred")
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, refuse("InternalError", "An internal error has occurred")
	}
	sum := sha256.Sum256(public)
	k, f := r.newKeyPair(c, "ed25519", base64.StdEncoding.EncodeToString(sum[:]), "")
	if f != nil {
		return nil, f
	}
	return object{
		"KeyPairId": k.id, "KeyName": k.name, "KeyFingerprint": k.fingerprint, "Tags": tagList(k.tags),
		"KeyMaterial": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}, nil
}

func (r *region) importKeyPair(c *call) (object, *failure) {
	material, err := base64.StdEncoding.DecodeString(c.in.str("PublicKeyMaterial"))
	fields := strings.Fields(string(material))
	if err != nil || len(fields) < 2 {
		return nil, violates("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
	}
	raw, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		return nil, violates("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
	}
	kind, fingerprint := "", ""
	switch fields[0] {
	case "ssh-ed25519":
		sum := sha256.Sum256(raw)
		kind, fingerprint = "ed25519", base64.StdEncoding.EncodeToString(sum[:])
	case "ssh-rsa":
		kind, fingerprint = "rsa", strings.ReplaceAll(fmt.Sprintf("% x", md5.Sum(raw)), " ", ":") //nolint:gosec // EC2's own fingerprint
	default:
		return nil, violates("InvalidKey.Format", "Key type %s is not supported; use ed25519 or RSA", fields[0])
	}
	k, f := r.newKeyPair(c, kind, fingerprint, strings.TrimSpace(string(material)))
	if f != nil {
		return nil, f
	}
	return object{"KeyPairId": k.id, "KeyName": k.name, "KeyFingerprint": k.fingerprint, "Tags": tagList(k.tags)}, nil
}

func (r *region) describeKeyPairs(c *call) (object, *failure) {
	names := c.in.strs("KeyNames")
	for _, name := range names {
		if r.keyPairNamed(name) == nil {
			return nil, refuse("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name)
		}
	}
	page, _, f := describe(r, c, r.keyPairs, listing[*keyPair]{
		ids: "KeyPairIds", prefix: "key", notFound: "InvalidKeyPair.NotFound", malform: "InvalidKeyPairId.Malformed",
		whole: true, keep: func(k *keyPair) bool { return len(names) == 0 || contains(names, k.name) },
		attrs: attributes[*keyPair]{
			"key-name": func(k *keyPair) []string { return one(k.name) }, "key-pair-id": func(k *keyPair) []string { return one(k.id) },
			"fingerprint": func(k *keyPair) []string { return one(k.fingerprint) },
		},
	})
	return object{"KeyPairs": listOf(page, func(k *keyPair) any {
		o := object{
			"KeyPairId": k.id, "KeyName": k.name, "KeyFingerprint": k.fingerprint, "KeyType": k.kind, "CreateTime": k.born, "Tags": tagList(k.tags),
		}
		if c.in.flag("IncludePublicKey", false) {
			o["PublicKey"] = orNil(k.public)
		}
		return o
	})}, f
}

// deleteKeyPair succeeds when there is none, as EC2 does.
func (r *region) deleteKeyPair(c *call) (object, *failure) {
	name, id := c.in.str("KeyName"), c.in.str("KeyPairId")
	if name == "" && id == "" {
		return nil, violates("MissingParameter", "The request must contain the parameter keyName or keyPairId")
	}
	for _, k := range r.keyPairs.existing() {
		if k.id == id || name != "" && k.name == name {
			remove(r, r.keyPairs, k)
		}
	}
	return nil, nil
}
