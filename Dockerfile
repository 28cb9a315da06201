# ecluster as a container image: one static binary and CA certificates, no
# shell, and no root unless you ask. docs/install.md says how to use it.
#
#   docker build -t ecluster .     compiles within the engine, from this source
#   make image                     takes the binary of make build; downloads nothing
#
# The stage that make image ends with comes first: an engine without BuildKit
# builds all stages up to the one that is asked for.
ARG GOLANG=golang:1.26-bookworm

FROM scratch AS base
ARG VERSION=devel
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ecluster" \
	org.opencontainers.image.description="Makes, uses and throws away personal compute clusters" \
	org.opencontainers.image.version="$VERSION" \
	org.opencontainers.image.revision="$REVISION" \
	org.opencontainers.image.licenses="Apache-2.0" \
	org.opencontainers.image.source="https://github.com/ecluster/ecluster"
ENV HOME=/home USER=ecluster PATH=/bin
USER 65532:65532
ENTRYPOINT ["/bin/ecluster"]

FROM base AS offline
COPY rootfs /

FROM ${GOLANG} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=devel
RUN scripts/build.sh "$VERSION" /tmp/ecluster && scripts/rootfs.sh /tmp/ecluster /rootfs

FROM base AS ecluster
COPY --from=build /rootfs /
