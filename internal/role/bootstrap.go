package role

import "fmt"

// bootstrap is the command that a session begins with: it unpacks what comes
// in on standard input into a fresh folder that only root can read and starts
// the runner there, with standard input still open. Nothing on it is secret,
// and it has no single quote, so that any login shell passes it on unharmed.
//
// The environment is the runner's alone: what sshd, sudo or the user's
// profile may have put there changes no step. EC_ROOT is set by tests only.
//
// name is of the folder; it is random, so that there is none of that name.
func bootstrap(name string, bundleSize int, sudo bool) string {
	script := fmt.Sprintf(
		`umask 077; r=${EC_ROOT-}; d=$r/run/ecluster/%s; mkdir -p "$d" || exit 90; `+
			`head -c %d | tar -xzf - -C "$d" || { rm -rf "$d"; exit 90; }; `+
			`exec env -i EC_ROOT="$r" HOME=/root `+
			`PATH="${r:+$r/bin:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" `+
			`sh "$d/run.sh" "$d"`, name, bundleSize)
	shell := "exec "
	if sudo {
		shell = "exec sudo -n "
	}
	return shell + "sh -c " + shellQuote(script)
}
