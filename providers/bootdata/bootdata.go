// Package bootdata writes what a cloud hands to a new machine before anybody
// can log in: the admin user with the cluster's key, the bootstrap host key,
// an end to the machine's life, and a wall around the cloud's metadata. It
// knows cloud-init and plain shell, and no cloud in particular.
package bootdata

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/ecluster/ecluster/providers"
)

// AdminUser is who ecluster logs in as on every cloud machine, whatever the
// image calls its own user. It is not the login user, who is "ecluster" unless
// the spec says otherwise.
const AdminUser = "ecluster-admin"

// Config is what one machine, or a batch of equal ones, is told.
type Config struct {
	Access  providers.Access
	Expires time.Time // when the machine halts by itself; zero is never
	// UserData is the user's own, in any form that cloud-init reads; it runs
	// after ours.
	UserData string
	// AtExpiry is a shell script that runs as root when the time has come, just
	// before the machine halts: for clouds that bill machines that only halt.
	AtExpiry string
}

// keep brings the keys of a new machine to its disk: one that loses power
// within its first half minute would come back with empty files, and let
// nobody in. In a container that would be the disk of its host.
const keep = "systemd-detect-virt --quiet --container || sync -f /"

// CloudInit returns user data for images with cloud-init. The bootstrap host
// key is the only one that the machine's sshd will have.
func CloudInit(c Config) ([]byte, error) {
	doc := yaml.MapSlice{
		{Key: "users", Value: []yaml.MapSlice{{
			{Key: "name", Value: AdminUser},
			{Key: "gecos", Value: "ecluster sets this node up"},
			{Key: "shell", Value: "/bin/bash"},
			{Key: "lock_passwd", Value: true},
			{Key: "sudo", Value: "ALL=(ALL) NOPASSWD:ALL"},
			{Key: "ssh_authorized_keys", Value: []string{strings.TrimSpace(c.Access.AuthorizedKey)}},
		}}},
		{Key: "disable_root", Value: true},
		{Key: "ssh_pwauth", Value: false},
		{Key: "ssh_deletekeys", Value: true},
		{Key: "ssh_keys", Value: yaml.MapSlice{
			{Key: "ed25519_private", Value: c.Access.HostKey.Reveal()},
			// The line end keeps the key apart from what follows it on the console.
			{Key: "ed25519_public", Value: strings.TrimSpace(c.Access.HostKeyPublic) + "\n"},
		}},
		{Key: "write_files", Value: files(c)},
		{Key: "runcmd", Value: append(commands(c.Expires), []string{"sh", "-c", keep})},
	}
	body, err := yaml.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write user data: %w", err)
	}
	ours := append([]byte("#cloud-config\n"), body...)
	if strings.TrimSpace(c.UserData) == "" {
		return ours, nil
	}
	return join(ours, []byte(c.UserData))
}

// Script returns a shell script that does the same, but for the user and the
// host key, on images without cloud-init. It may run at every boot.
func Script(c Config) string {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# Written by ecluster.\nset -eu\n")
	for _, f := range files(c) {
		fmt.Fprintf(&b, "cat >%s <<'ECLUSTER_END'\n%sECLUSTER_END\nchmod %s %s\n", f.Path, f.Content, f.Permissions, f.Path)
	}
	for _, words := range commands(c.Expires) {
		b.WriteString(strings.Join(words, " ") + "\n")
	}
	// There sshd was up before this script.
	b.WriteString("systemctl try-reload-or-restart ssh.service || systemctl try-reload-or-restart sshd.service\n" + keep + "\n")
	return b.String()
}

// join makes one MIME message of our part and the user's.
func join(ours, theirs []byte) ([]byte, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary("==ecluster-user-data=="); err != nil { // fixed: equal data must be equal bytes
		return nil, fmt.Errorf("write user data: %w", err)
	}
	fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=%q\nMIME-Version: 1.0\n\n", w.Boundary())
	for _, part := range []struct {
		kind string
		body []byte
	}{{"text/cloud-config", ours}, {kindOf(theirs), theirs}} {
		p, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Type": {part.kind + `; charset="utf-8"`}, "Mime-Version": {"1.0"},
			// The user's cloud-config is added to ours and never replaces it.
			"X-Merge-Type": {"list(append)+dict(no_replace,recurse_list)+str()"},
		})
		if err == nil {
			_, err = p.Write(part.body)
		}
		if err != nil {
			return nil, fmt.Errorf("write user data: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write user data: %w", err)
	}
	return b.Bytes(), nil
}

// kindOf tells what the user's data are by their first line, as cloud-init does.
func kindOf(data []byte) string {
	switch first, _, _ := bytes.Cut(data, []byte("\n")); {
	case bytes.HasPrefix(first, []byte("#!")):
		return "text/x-shellscript"
	case bytes.HasPrefix(first, []byte("#include")):
		return "text/x-include-url"
	case bytes.HasPrefix(first, []byte("#cloud-boothook")):
		return "text/cloud-boothook"
	}
	return "text/cloud-config"
}
