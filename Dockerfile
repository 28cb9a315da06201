# ecluster as a container image: one static binary and CA certificates, no
# shell, and no root unless you ask. docs/install.md says how to use it.
#
#   docker build -t ecluster .     compiles within the engine, from this source
#   make image                     takes the binary of make build; downloads nothing
#
# make image takes only the first stage from here, see scripts/image.sh: an engine
# without BuildKit would build the second as well.
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

FROM ${GOLANG} AS build
WORKDIR /src
COPY . .
ARG VERSION=devel
RUN scripts/build.sh "$VERSION" /tmp/ecluster && scripts/rootfs.sh /tmp/ecluster /rootfs

FROM base AS ecluster
COPY --from=build /rootfs /
