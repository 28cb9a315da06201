#!/bin/sh
# image.sh BINARY VERSION TAG...: puts the static binary and this machine's CA
# certificates into an image; `make image` calls it. Nothing is downloaded.
#
#   ECLUSTER_ENGINE   docker (the default) or podman
set -eu
cd "$(dirname "$0")/.."
binary=$1
version=$2
shift 2

scripts/rootfs.sh "$binary" dist/image/rootfs
# What the image is called and who runs it stands in the Dockerfile alone.
{
	sed '/ AS build$/,$d' Dockerfile
	echo 'COPY rootfs /'
} >dist/image/Dockerfile
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
for tag; do
	set -- "$@" --tag "$tag"
	shift
done
"${ECLUSTER_ENGINE:-docker}" build --quiet --network none \
	--build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
	"$@" dist/image
echo "image: $version"
