#!/bin/sh
# Turns a bare Debian root file system into the disk of a virtual machine: a
# hook of mmdebstrap, as root inside it.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

cat >/etc/apt/apt.conf.d/90ecluster <<-'END'
	Acquire::Languages "none";
	Acquire::Retries "3";
	APT::Periodic::Enable "0";
END
# Their folder tells the age of the lists, so that a node can refresh old ones.
touch /var/lib/apt/lists

echo '/dev/vda / ext4 rw,relatime,x-systemd.growfs 0 1' >/etc/fstab
echo 'LANG=C.UTF-8' >/etc/default/locale

mkdir -p /etc/ssh/sshd_config.d
cat >/etc/ssh/sshd_config.d/10-ecluster.conf <<-'END'
	UseDNS no
	MaxSessions 100
	PasswordAuthentication no
	PermitRootLogin prohibit-password
	PrintLastLog no
END
rm -f /etc/ssh/ssh_host_*
if [ -d /etc/update-motd.d ]; then chmod -x /etc/update-motd.d/* 2>/dev/null || true; fi

# What the packages of the user's list bring starts when a role starts it: a
# slurmd without a configuration would hold the boot up.
for unit in $(systemctl list-unit-files --no-legend --state=enabled | awk '{ print $1 }'); do
	case $unit in
		ssh.service | systemd-* | cloud-* | getty@.service | remote-fs.target) ;;
		*) systemctl disable "$unit" >/dev/null 2>&1 ;;
	esac
done

# eth1 has the address that the kernel's command line gives. (Not by ip=, for
# which the initrd would wait.) What goes out by eth0 has it too: there is no
# other.
cat >/usr/local/sbin/ecluster-address <<-'END'
	#!/bin/sh
	mkdir -p /run/systemd/network
	address=$(sed -n 's/.*ecluster[.]address=\([^ ]*\).*/\1/p' /proc/cmdline)
	printf '[Match]\nName=eth1\n\n[Network]\nLinkLocalAddressing=no\nAddress=%s\n' "$address" \
		>/run/systemd/network/10-inside.network
END
chmod 0755 /usr/local/sbin/ecluster-address
cat >/etc/systemd/system/ecluster-address.service <<-'END'
	[Unit]
	Description=Address of this machine
	DefaultDependencies=no
	Wants=network-pre.target
	After=local-fs.target
	Before=network-pre.target systemd-networkd.service

	[Service]
	Type=oneshot
	RemainAfterExit=yes
	ExecStart=/usr/local/sbin/ecluster-address

	[Install]
	WantedBy=sysinit.target
END
cat >/etc/systemd/network/10-outside.network <<-'END'
	[Match]
	Name=eth0

	[Network]
	LinkLocalAddressing=no
	DNS=10.77.255.3

	[Route]
	Destination=10.77.255.0/24
	Scope=link

	[Route]
	Gateway=10.77.255.2
	GatewayOnLink=yes
END
systemctl enable ssh.service systemd-networkd.service ecluster-address.service systemd-resolved.service >/dev/null 2>&1
ln -snf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
	e2scrub_all.timer e2scrub_reap.service man-db.timer \
	systemd-networkd-wait-online.service; do
	ln -sf /dev/null "/etc/systemd/system/$unit"
done

# Each machine makes its own identity when it boots first.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /var/lib/systemd/random-seed
rm -rf /var/log/apt /var/log/dpkg.log /var/log/bootstrap.log /var/log/alternatives.log
ldconfig
journalctl --update-catalog >/dev/null 2>&1 || true
touch /etc/.updated /var/.updated # or the first boot would do these two again
