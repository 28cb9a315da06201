#!/bin/sh
# release.sh VERSION [OS/ARCH...]: puts a binary for each platform, ecluster.sh
# of that version and SHA256SUMS into dist/; `make release` calls it. The same
# commit and the same Go make the same bytes, wherever and whenever. It needs
# GNU tar.
set -eu
cd "$(dirname "$0")/.."
version=$1
shift
[ $# -gt 0 ] || set -- linux/amd64 linux/arm64 darwin/amd64 darwin/arm64

# The date in the archives is the commit's.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
mkdir -p dist
rm -f dist/ecluster_* dist/ecluster.sh dist/SHA256SUMS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for platform; do
	os=${platform%/*}
	arch=${platform#*/}
	name=ecluster_${version}_${os}_$arch
	echo "release: $platform" >&2
	mkdir "$work/$name"
	CGO_ENABLED=0 GOOS=$os GOARCH=$arch scripts/build.sh "$version" "$work/$name/ecluster"
	cp LICENSE README.md "$work/$name/"
	chmod 0755 "$work/$name" "$work/$name/ecluster"
	chmod 0644 "$work/$name/LICENSE" "$work/$name/README.md"
	tar -C "$work" --sort=name --format=ustar --owner=0 --group=0 --numeric-owner \
		--mtime="@$epoch" -cf - "$name" | gzip -9n >"dist/$name.tar.gz"
	rm -rf "${work:?}/$name"
done
sed "s/^version=.*/version=$version/" ecluster.sh >dist/ecluster.sh
chmod 0755 dist/ecluster.sh
(cd dist && sha256sum ecluster_* ecluster.sh >SHA256SUMS && cat SHA256SUMS)
