#!/bin/sh
# Turns a bare Debian root file system into a node: runs inside it, as root,
# either as a step of a Dockerfile or as a hook of mmdebstrap.
# MIRROR and SUITE may name another Debian mirror.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

if [ -n "${MIRROR:-}" ]; then
	rm -f /etc/apt/sources.list.d/debian.sources
	cat >/etc/apt/sources.list <<-END
		deb $MIRROR $SUITE main
		deb $MIRROR $SUITE-updates main
		deb http://security.debian.org/debian-security $SUITE-security main
	END
fi

# Translations and a second package cache cost every node a second and 80 MB.
# Container images throw the first cache away; nodes install packages and need it.
rm -f /etc/apt/apt.conf.d/docker-clean /etc/apt/apt.conf.d/docker-gzip-indexes
cat >/etc/apt/apt.conf.d/90ecluster <<-'END'
	Acquire::Languages "none";
	Acquire::Retries "3";
	Dir::Cache::srcpkgcache "";
END

# No daemon may start while packages are unpacked.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
apt-get update -q
if [ -r /provision/packages ]; then
	xargs apt-get install -q -y --no-install-recommends </provision/packages
fi
apt-get clean
rm -f /usr/sbin/policy-rc.d

# The lists stay: a fresh image saves each node an apt-get update. Their folder
# tells their age, so that a node can refresh old ones.
apt-get check -q
rm -f /var/cache/apt/srcpkgcache.bin
touch /var/lib/apt/lists

# sshd: no name look-ups, no refused logins when many nodes or users come at
# once, keys only.
mkdir -p /etc/ssh/sshd_config.d
cat >/etc/ssh/sshd_config.d/10-ecluster.conf <<-'END'
	UseDNS no
	MaxStartups 100:30:200
	MaxSessions 100
	ClientAliveInterval 5
	ClientAliveCountMax 3
	PasswordAuthentication no
	PermitRootLogin prohibit-password
	PrintLastLog no
END
rm -f /etc/ssh/ssh_host_*
if [ -d /etc/update-motd.d ]; then chmod -x /etc/update-motd.d/* 2>/dev/null || true; fi
install -d -m 0700 /root/.ssh

# A node's log must survive a pause but not fill the disk of the host.
mkdir -p /etc/systemd/journald.conf.d
cat >/etc/systemd/journald.conf.d/10-ecluster.conf <<-'END'
	[Journal]
	SystemMaxUse=64M
	RuntimeMaxUse=16M
END

# What makes no sense in a container or would meddle with set-up: consoles,
# kernel file systems, timers that hold the lock of dpkg. /tmp stays on disk:
# a tmpfs would hide what is already there and count as memory of the node.
for unit in tmp.mount dev-hugepages.mount sys-fs-fuse-connections.mount \
	sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
	systemd-remount-fs.service systemd-firstboot.service \
	systemd-udev-trigger.service systemd-udevd.service \
	systemd-udevd-control.socket systemd-udevd-kernel.socket \
	systemd-modules-load.service systemd-networkd.service systemd-networkd.socket \
	systemd-networkd-wait-online.service systemd-pcrphase.service \
	getty.target getty-static.service getty@.service console-getty.service \
	sshd-keygen.service \
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
	e2scrub_all.timer e2scrub_reap.service; do
	ln -sf /dev/null "/etc/systemd/system/$unit"
done
systemctl set-default multi-user.target >/dev/null 2>&1 || true
systemctl enable ssh.service >/dev/null 2>&1 || true

echo 'LANG=C.UTF-8' >/etc/default/locale
# Each node makes its own identity when it boots first.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /var/lib/systemd/random-seed
# What mmdebstrap has in /tmp it still needs, and removes itself.
find /tmp /var/tmp -mindepth 1 -maxdepth 1 ! -name 'mmdebstrap.*' -exec rm -rf {} +
rm -rf /var/log/apt /var/log/dpkg.log /var/log/bootstrap.log /var/log/alternatives.log

# Done now, so that the first boot does not rebuild what is up to date.
ldconfig
journalctl --update-catalog 2>/dev/null || true
touch /etc/.updated /var/.updated # what systemd-update-done.service would do
