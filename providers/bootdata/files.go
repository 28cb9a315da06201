package bootdata

import (
	"fmt"
	"time"
)

// file is one entry of cloud-init's write_files.
type file struct {
	Path        string `yaml:"path"`
	Permissions string `yaml:"permissions"`
	Content     string `yaml:"content"`
}

const (
	metadataUnit = "ecluster-metadata.service"
	expiryUnit   = "ecluster-expiry.timer"
)

// The metadata service tells whoever asks the machine's credentials and its
// user data; only root may. It also is the cloud's name server on some clouds,
// so only HTTP is closed. A policy rule needs no packet filter, and goes into
// force before the first user can log in. The leading "-" lets machines boot
// whose kernel lacks one of the address families.
const metadataService = `[Unit]
Description=Keep jobs from reading this machine's metadata (ecluster)
After=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStartPre=-/bin/sh -c 'ip rule del pref 100; ip -6 rule del pref 100'
ExecStart=/bin/sh -c 'ip rule add pref 100 to 169.254.169.254/32 ipproto tcp dport 80 uidrange 1-4294967294 prohibit'
ExecStart=-/bin/sh -c 'ip -6 rule add pref 100 to fd00:ec2::254/128 ipproto tcp dport 80 uidrange 1-4294967294 prohibit'

[Install]
WantedBy=multi-user.target
`

// A caller that vanished is noticed within minutes, or its half-done set-up
// would hold the node for hours.
const sshdConfig = `# Written by ecluster.
ClientAliveInterval 15
ClientAliveCountMax 8
MaxStartups 100:30:300
`

const expiryScript = "/usr/local/sbin/ecluster-expire"

// expiryService halts the machine whatever becomes of the script before it.
func expiryService(script bool) string {
	before := ""
	if script {
		before = "ExecStartPre=-/bin/sh " + expiryScript + "\n"
	}
	return `[Unit]
Description=End of the time that this machine was asked for (ecluster)

[Service]
Type=oneshot
` + before + `ExecStart=/bin/systemctl poweroff
`
}

func expiryTimer(at time.Time) string {
	return fmt.Sprintf(`[Unit]
Description=End of the time that this machine was asked for (ecluster)

[Timer]
OnCalendar=%s UTC
Persistent=true
AccuracySec=10s

[Install]
WantedBy=timers.target
`, at.UTC().Format("2006-01-02 15:04:05"))
}

func files(c Config) []file {
	out := []file{
		{"/etc/ssh/sshd_config.d/15-ecluster-boot.conf", "0644", sshdConfig},
		{"/etc/systemd/system/" + metadataUnit, "0644", metadataService},
	}
	if c.Expires.IsZero() {
		return out
	}
	if c.AtExpiry != "" {
		out = append(out, file{expiryScript, "0700", c.AtExpiry})
	}
	return append(out,
		file{"/etc/systemd/system/ecluster-expiry.service", "0644", expiryService(c.AtExpiry != "")},
		file{"/etc/systemd/system/" + expiryUnit, "0644", expiryTimer(c.Expires)})
}

func commands(expires time.Time) [][]string {
	out := [][]string{
		{"systemctl", "daemon-reload"},
		{"systemctl", "enable", "--now", metadataUnit},
	}
	if !expires.IsZero() {
		out = append(out, []string{"systemctl", "enable", "--now", expiryUnit})
	}
	return out
}
