# ecluster as a container: one static binary and CA certificates, no shell.
# `make image` lays out the context (scripts/image.sh); nothing is downloaded.
#
#   docker run --rm -it -v ~/.ecluster:/root/.ecluster \
#     -v /var/run/docker.sock:/var/run/docker.sock ecluster:VERSION list
FROM scratch
COPY rootfs /
ENV HOME=/root PATH=/bin
WORKDIR /root
VOLUME /root/.ecluster
ENTRYPOINT ["/bin/ecluster"]
