# Where images lie, and how containers run: as well as this node's kernel lets
# ordinary users.

as_user() { runuser -u "$EC_LOGIN_USER" -- "$@"; }

# overlays: may a user mount layers over each other here?
overlays() {
    probe=$(mktemp -d "$EC_PARAM_STORAGE/.probe.XXXXXX")
    chown "$EC_LOGIN_UID:$EC_LOGIN_UID" "$probe"
    can=0
    # shellcheck disable=SC2016 # for the inner shell
    as_user unshare --user --map-root-user --mount sh -c '
        cd "$1" && mkdir low up work all &&
            mount -t overlay -o lowerdir=low,upperdir=up,workdir=work,userxattr overlay all' sh "$probe" || can=1
    rm -rf "$probe"
    return "$can"
}

# The layers of an image: by the kernel, else by FUSE, else by copying.
if overlays; then
    driver='driver = "overlay"'
elif as_user sh -c ': <>/dev/fuse'; then # some hosts keep it for root
    driver='driver = "overlay"
[storage.options.overlay]
mount_program = "/usr/bin/fuse-overlayfs"'
else
    driver='driver = "vfs"'
fi
file_put /etc/containers/storage.conf 0644 root:root <<END
# Written by ecluster.
[storage]
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
rootless_storage_path = "${EC_PARAM_STORAGE%/}/\$UID"
$driver
END

# A node that is a container itself may keep its users from a process table, a
# network or settings of their own: they then get those of the node.
shared=
if ! as_user unshare --user --map-root-user --pid --fork --mount-proc true; then
    shared='pidns = "host"
'
fi
if ! [ -c /dev/net/tun ]; then
    shared="${shared}netns = \"host\"
"
fi
if ! [ -w /proc/sys/net/ipv4/ping_group_range ]; then
    shared="${shared}default_sysctls = []
"
fi
file_put /etc/containers/containers.conf.d/50-ecluster.conf 0644 root:root <<END
# Written by ecluster. A job has no systemd session of the user's own, which
# the other manager and the journal would need.
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"

[containers]
$shared
END
[ -z "$shared" ] ||
    notice info "containers on $EC_NODE are not wholly apart from it, because it is a container itself: $(printf %s "$shared" | tr '\n' ';' | tr -d '"')"
