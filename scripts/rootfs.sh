#!/bin/sh
# rootfs.sh BINARY FOLDER: lays out the files of the container image: the
# static binary, this machine's CA certificates, and two empty folders that
# any user may write.
set -eu
binary=$1
root=$2

certificates=/etc/ssl/certs/ca-certificates.crt
if [ ! -s "$certificates" ]; then
	echo "rootfs: $certificates is missing: install ca-certificates" >&2
	exit 1
fi
rm -rf "$root"
mkdir -p "$root/bin" "$root/etc/ssl/certs" "$root/home" "$root/tmp"
chmod 0755 "$root" "$root/bin" "$root/etc" "$root/etc/ssl" "$root/etc/ssl/certs"
chmod 1777 "$root/home" "$root/tmp"
cp "$binary" "$root/bin/ecluster"
cp "$certificates" "$root/etc/ssl/certs/"
chmod 0755 "$root/bin/ecluster"
chmod 0644 "$root/etc/ssl/certs/ca-certificates.crt"
