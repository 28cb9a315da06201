#!/bin/sh
# Sees to it that QEMU runs on this machine, for the tests with virtual
# machines: nothing to do where it does; on Debian and Ubuntu, as root, it is
# installed. Safe to run again.
set -eu

fail() {
	printf 'qemu: %s\n' "$*" >&2
	exit 1
}

if command -v qemu-system-x86_64 >/dev/null 2>&1 && command -v qemu-img >/dev/null 2>&1; then
	exit 0
fi
command -v apt-get >/dev/null 2>&1 || fail "QEMU is not installed: install qemu-system-x86_64 and qemu-img"
[ "$(id -u)" -eq 0 ] || fail "QEMU is not installed: run 'sudo $0'"

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 install \
	qemu-system-x86 qemu-utils mmdebstrap debian-archive-keyring e2fsprogs >/dev/null ||
	fail "apt-get could not install QEMU; see above"
echo "qemu: installed $(qemu-system-x86_64 --version | head -n 1)"
