# A container that runs: made of one program that needs nothing else, so that
# no registry is asked.

init=/usr/libexec/podman/catatonit
[ -x "$init" ] || init=$(command -v catatonit)
work=$(mktemp -d /var/tmp/ecluster-podman.XXXXXX)
trap 'rm -rf "$work"' EXIT
chmod 0755 "$work"
cp "$init" "$work/init"
tar -C "$work" -cf "$work/image.tar" init

# proof COMMAND…: runs podman through it and throws all away again.
proof() (
    cd "$work" || exit
    "$@" podman import --quiet image.tar localhost/ecluster-proof &&
        "$@" podman run --rm --entrypoint '["/init","-V"]' localhost/ecluster-proof
    ended=$?
    "$@" podman rmi --force --ignore localhost/ecluster-proof
    return "$ended"
)

if ! proof runuser -u "$EC_LOGIN_USER" -- env HOME="/home/$EC_LOGIN_USER"; then
    proof env || die "no container can run on $EC_NODE: see the log of this step for what Podman says"
    notice warning "containers run on $EC_NODE as root only (sudo podman): its kernel lets no ordinary user have namespaces of their own"
fi
