package role_test

import (
	"os/exec"
	"strings"
	"testing"
)

// firewallNode stands in for lib.sh and for a node whose address is in
// 10.77.0.0/24, behind the router 10.77.0.2.
const firewallNode = `set -eu
die() { echo "die: $*"; exit 1; }
file_put() { cat; CHANGED=1; }
unit() { :; }
unchanged() { :; }
systemctl() { :; }
nft() { :; }
sshd() { echo 'port 22'; echo 'port 2222'; }
getent() { echo '10.77.0.10 STREAM frontend001'; }
ip() {
  case $* in
    *'route get'*) echo '10.77.0.10 dev eth0 src 10.77.0.11 uid 0' ;;
    *'address show'*) echo "2: eth0 inet 10.77.0.11/$bits scope global eth0" ;;
    *'route show'*) echo 'default via 10.77.0.2 dev eth0' ;;
  esac
}
EC_NODE=compute001 EC_FRONTEND=frontend001 EC_IS_FRONTEND=false bits=24 EC_PARAM_PORTS='' EC_PARAM_NETWORKS=''
`

// TestFirewallRules runs the step of the role that writes the rules.
func TestFirewallRules(t *testing.T) {
	const table = `# Written by ecluster.
table inet ecluster
delete table inet ecluster
table inet ecluster {
chain input {
type filter hook input priority filter; policy drop;
ct state established,related accept
iifname "lo" accept
ct state invalid drop
meta l4proto { icmp, ipv6-icmp } accept
udp dport 546 ip6 saddr fe80::/10 accept
`
	for name, c := range map[string]struct{ given, want string }{
		"nothing given": {"", table + `tcp dport { 22,2222 } accept
ip saddr { 10.77.0.2 } drop
ip saddr { 10.77.0.11/24 } accept
}
}
`},
		"ports": {"EC_PARAM_PORTS='443\n53/udp\n8000-8080/tcp\n60000-61000/udp'", table + `tcp dport { 22,2222, 443, 8000-8080 } accept
udp dport { 53, 60000-61000 } accept
ip saddr { 10.77.0.2 } drop
ip saddr { 10.77.0.11/24 } accept
}
}
`},
		"networks": {"EC_PARAM_NETWORKS='10.128.0.0/20\n192.0.2.7'", table + `tcp dport { 22,2222 } accept
ip saddr { 10.128.0.0/20,192.0.2.7 } accept
}
}
`},
		"an address that tells no network": {"bits=32", "die: the address of compute001, 10.77.0.11, does not tell which network the nodes are in: set networks of the role firewall, as [\"10.128.0.0/20\"]\n"},
		"no port":                          {"EC_PARAM_PORTS=http", "die: \"http\" in ports of the role firewall is no port: write \"443\", \"53/udp\" or \"60000-61000/udp\"\n"},
		"another protocol":                 {"EC_PARAM_PORTS=53/sctp", "die: \"53/sctp\" in ports of the role firewall is no port: what follows the slash is tcp or udp\n"},
		"no network":                       {"EC_PARAM_NETWORKS=campus", "die: \"campus\" in networks of the role firewall is no IPv4 network: write \"10.128.0.0/20\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("sh", "-c", firewallNode+c.given+"\n. ../../roles/firewall/steps/close.sh\n")
			out, _ := cmd.CombinedOutput() // its end is in the text
			var got strings.Builder
			for line := range strings.Lines(string(out)) {
				if line = strings.TrimSpace(line); line != "" {
					got.WriteString(line + "\n")
				}
			}
			if got.String() != c.want {
				t.Errorf("it says:\n%s\nwant:\n%s", got.String(), c.want)
			}
		})
	}
}
