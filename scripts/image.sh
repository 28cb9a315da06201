#!/bin/sh
# image.sh BINARY TAG: puts the static binary and this machine's CA
# certificates into an image; `make image` calls it. Nothing is downloaded.
set -eu
cd "$(dirname "$0")/.."
binary=$1
tag=$2

certificates=/etc/ssl/certs/ca-certificates.crt
if [ ! -s "$certificates" ]; then
	echo "image: $certificates is missing: install ca-certificates" >&2
	exit 1
fi

root=dist/image/rootfs
rm -rf dist/image
mkdir -p "$root/bin" "$root/etc/ssl/certs" "$root/root" "$root/tmp"
chmod 0700 "$root/root"
chmod 1777 "$root/tmp"
cp "$binary" "$root/bin/ecluster"
cp "$certificates" "$root/etc/ssl/certs/"

docker build --quiet --network none --tag "$tag" --file Dockerfile dist/image
echo "image: $tag"
