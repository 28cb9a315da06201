#!/bin/sh
# Sees to it that the shells are here in which ecluster.sh is tested: nothing
# to do where they are; on Debian and Ubuntu, as root, they are installed.
set -eu

missing=
for shell in dash bash busybox; do
	command -v "$shell" >/dev/null 2>&1 || missing="$missing $shell"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
	# The tests say which shells they left out.
	echo "shells: not installed, and only root can install them:$missing" >&2
	exit 0
fi
apt-get -qq update
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 install $missing >/dev/null
echo "shells: installed$missing"
