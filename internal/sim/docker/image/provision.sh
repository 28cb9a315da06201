#!/bin/sh
# Makes an image as clouds offer it of a node image: runs inside it, as root.
# Who may log in and the host keys are unknown until a machine boots.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
here=/provision

# No daemon may start while packages are unpacked.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
apt-get update -q
apt-get install -q -y --no-install-recommends cloud-init
apt-get clean
rm -f /usr/sbin/policy-rc.d
rm -f /var/cache/apt/srcpkgcache.bin
touch /var/lib/apt/lists

install -m 0644 "$here/cloud.cfg" /etc/cloud/cloud.cfg
rm -f /etc/cloud/cloud.cfg.d/90_dpkg.cfg # its list of datasources
install -d -m 0755 /var/lib/cloud/seed/nocloud

# What local nodes need of sshd is no part of a cloud's image.
rm -f /etc/ssh/sshd_config.d/10-ecluster.conf /etc/ssh/ssh_host_*
rm -rf /root/.ssh

# Machines that a guest agent sets up instead of cloud-init.
install -m 0755 "$here/guest-agent" /usr/sbin/guest-agent
install -m 0644 "$here/guest-agent.service" "$here/guest-startup-script.service" /etc/systemd/system/
systemctl enable guest-agent.service guest-startup-script.service

# Every machine makes its own identity.
: >/etc/machine-id
rm -rf /var/lib/dbus/machine-id /var/lib/systemd/random-seed /var/log/cloud-init* /var/lib/cloud/instance*
rm -rf /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
ldconfig
journalctl --update-catalog 2>/dev/null || true
touch /etc/.updated /var/.updated
