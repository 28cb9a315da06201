package spec

import (
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/schema"
)

// CheckSSHFrom checks networks and addresses.
func CheckSSHFrom(v any) error {
	list, _ := v.([]any)
	for _, e := range list {
		s := fmt.Sprint(e)
		if s == "auto" {
			continue
		}
		if _, err := netip.ParsePrefix(s); err == nil {
			continue
		}
		if _, err := netip.ParseAddr(s); err != nil {
			return fmt.Errorf("%q is neither \"auto\" nor an address (192.0.2.7) nor a network (192.0.2.0/24)", s)
		}
	}
	return nil
}

// checkTTL checks the life of a cluster.
func checkTTL(v any) error {
	if v == "none" {
		return nil
	}
	return schema.Duration(v)
}

// checkUser checks the name of an ordinary user.
func checkUser(v any) error {
	s := fmt.Sprint(v)
	switch {
	case !regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`).MatchString(s):
		return fmt.Errorf("%q is no user name: lower-case letters, digits, _ and -, at most 32", s)
	case slices.Contains([]string{"root", "daemon", "bin", "sys", "sync", "mail", "www-data", "nobody", "sshd", "slurm", "munge", "mysql"}, s):
		return fmt.Errorf("%q is a user of the system; choose another name", s)
	}
	return nil
}

// checkSharePath refuses paths on which nothing may be mounted, because the
// node's own system would disappear.
func checkSharePath(p string) error {
	if !path.IsAbs(p) || path.Clean(p) != p {
		return fmt.Errorf("%q is not a plain absolute path; write for example \"/home\"", p)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9._/-]+$`).MatchString(p) {
		return fmt.Errorf("%q has characters that a mount point can't have; use letters, digits and . _ -", p)
	}
	taken := []string{"/", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/share", "/var", "/var/lib", "/var/log", "/var/run", "/var/cache", "/tmp", "/srv"}
	below := []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/boot", "/dev", "/etc", "/proc", "/run", "/sys", "/root", "/srv/glusterfs"}
	for _, b := range below {
		if p == b || strings.HasPrefix(p, b+"/") {
			taken = append(taken, p)
		}
	}
	if slices.Contains(taken, p) {
		return fmt.Errorf("a share on %s would hide the node's own system; choose a folder of your own, such as /home or /data", p)
	}
	return nil
}
