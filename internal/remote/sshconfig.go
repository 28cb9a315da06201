package remote

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// SSHConfig is what OpenSSH's own programs need to know of some nodes.
type SSHConfig struct {
	Key        string // path of the private key
	KnownHosts string // path of the file that WriteKnownHosts filled
	User       string
	Hosts      []SSHHost
}

// SSHHost is one node.
type SSHHost struct {
	Names []string         // by which the user calls it
	Alias string           // its name in the file of host keys
	At    cluster.Endpoint // where its sshd is
	Jump  string           // a name of the node that the way leads through; "": none
}

// WriteSSHConfig writes an entry for each host, in the form of ssh_config(5).
func WriteSSHConfig(w io.Writer, c SSHConfig) error {
	var b bytes.Buffer
	var all []string
	for _, h := range c.Hosts {
		all = append(all, h.Names...)
		fmt.Fprintf(&b, "Host %s\n  HostName %s\n  Port %d\n  HostKeyAlias %s\n", strings.Join(h.Names, " "), h.At.Host, h.At.Port, h.Alias)
		if h.Jump != "" {
			fmt.Fprintf(&b, "  ProxyJump %s\n", h.Jump)
		}
		b.WriteString("\n")
	}
	if len(all) > 0 {
		fmt.Fprintf(&b, "Host %s\n", strings.Join(all, " "))
		for _, line := range []string{
			"User " + c.User,
			"IdentityFile " + sshPath(c.Key),
			"IdentitiesOnly yes",
			"UserKnownHostsFile " + sshPath(c.KnownHosts),
			"StrictHostKeyChecking yes",
			"UpdateHostKeys no",
			"ServerAliveInterval 15",
		} {
			b.WriteString("  " + line + "\n")
		}
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write ssh_config: %w", err)
	}
	return nil
}

// sshPath makes one word of a path, in which ssh replaces nothing.
func sshPath(path string) string {
	return `"` + strings.NewReplacer("%", "%%", "\\", `\\`, `"`, `\"`).Replace(path) + `"`
}
