#!/bin/sh
# build.sh VERSION FILE: compiles ecluster as it is released, for the platform
# in GOOS and GOARCH. Nothing of this machine or of this moment goes into it.
set -eu
cd "$(dirname "$0")/.."
CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$1" -o "$2" ./cmd/ecluster
