#!/bin/sh
# Sees to it that QEMU runs on this machine and that images for it can be made,
# for the tests with virtual machines: nothing to do where they do; on Debian and
# Ubuntu, as root, it is installed. Safe to run again.
set -eu

fail() {
	printf 'qemu: %s\n' "$*" >&2
	exit 1
}

PATH=$PATH:/usr/sbin # where mkfs.ext4 is, which users may run as well
missing=
for program in qemu-system-x86_64 qemu-img mmdebstrap mkfs.ext4; do
	command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null 2>&1 || fail "install what is missing:$missing"
[ "$(id -u)" -eq 0 ] || fail "not installed:$missing; run 'sudo $0'"

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 install \
	qemu-system-x86 qemu-utils mmdebstrap debian-archive-keyring e2fsprogs >/dev/null ||
	fail "apt-get could not install them:$missing; see above"
echo "qemu: installed $(qemu-system-x86_64 --version | head -n 1)"
