package local

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/sim"
)

// access is who gets into a machine, and how it proves itself.
type access struct {
	user string // authorized_keys line of the admin user
	host remote.KeyPair
}

// accessOf reads what the cloud told the machine.
func accessOf(b sim.Boot) (access, error) {
	if b.Agent != nil {
		return agentAccess(*b.Agent)
	}
	parts, err := configs(b.UserData)
	if err != nil {
		return access{}, fmt.Errorf("read user data: %w", err)
	}
	var a access
	for _, part := range parts {
		if err := a.take(part); err != nil {
			return access{}, fmt.Errorf("read user data: %w", err)
		}
	}
	switch {
	case a.user == "":
		return access{}, errors.New("the user data have no user with an authorized key: nobody could log in")
	case a.host.PrivatePEM == "":
		return access{}, errors.New("the user data have no ed25519 host key: the machine could not prove itself")
	}
	return a, nil
}

func agentAccess(agent sim.Agent) (access, error) {
	if len(agent.Users) == 0 || agent.Users[0].AuthorizedKey == "" {
		return access{}, errors.New("the metadata have no user with a key: nobody could log in")
	}
	host, err := remote.GenerateKey()
	return access{user: agent.Users[0].AuthorizedKey, host: host}, err
}

// take takes from a cloud-config what earlier ones have not given.
func (a *access) take(config []byte) error {
	var doc struct {
		Users []any `yaml:"users"` // of which a string is a default user
		Keys  struct {
			Private string `yaml:"ed25519_private"`
			Public  string `yaml:"ed25519_public"`
		} `yaml:"ssh_keys"`
	}
	if err := yaml.Unmarshal(config, &doc); err != nil {
		return err
	}
	for _, u := range doc.Users {
		fields, _ := u.(map[string]any)
		keys, _ := fields["ssh_authorized_keys"].([]any)
		for _, key := range keys {
			if line, ok := key.(string); ok && a.user == "" {
				a.user = strings.TrimSpace(line)
			}
		}
	}
	if doc.Keys.Private == "" || a.host.PrivatePEM != "" {
		return nil
	}
	host, err := remote.ParseKey(cluster.Secret(doc.Keys.Private))
	if err != nil {
		return fmt.Errorf("ssh_keys: %w", err)
	}
	if strings.TrimSpace(doc.Keys.Public) != host.Authorized {
		return errors.New("ssh_keys: ed25519_public is not the other half of ed25519_private")
	}
	a.host = host
	return nil
}

// configs returns the cloud-configs among the parts of user data, which may be
// compressed.
func configs(data []byte) ([][]byte, error) {
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		if data, err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
	if bytes.HasPrefix(data, []byte("#cloud-config")) {
		return [][]byte{data}, nil
	}
	msg, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("they are neither a cloud-config nor a MIME message")
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return nil, fmt.Errorf("a message of type %q, not multipart", kind)
	}
	var out [][]byte
	for parts := multipart.NewReader(msg.Body, params["boundary"]); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		body := io.Reader(part)
		if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "base64") {
			body = base64.NewDecoder(base64.StdEncoding, part)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		if kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind == "text/cloud-config" {
			out = append(out, text)
		}
	}
}
