# Mounts the folder. It looks each time: a mount that is gone comes back, and a
# server that was replaced has another host key.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"

[ -c /dev/fuse ] ||
    die "$EC_NODE has no /dev/fuse, which SSHFS needs: load the kernel module fuse on its host, or choose type = \"nfs\" or \"volume\" for $EC_PARAM_PATH"

keys=/etc/ecluster/sshfs-$EC_LABEL
install -d -m 0700 "$keys"
file_put "$keys/key" 0600 root:root <"$EC_SECRETS/sshfs_key"
file_put "$keys/known_hosts" 0600 root:root <<END
$EC_PARAM_SERVER $(fact get "sshfs.server.$EC_LABEL")
END

# SFTP knows one user, root: what anybody made here would belong to root. So
# root alone sees this mount, and users see it through bindfs, which gives new
# files to who made them.
raw=/srv/sshfs/$EC_LABEL
install -d -m 0700 /srv/sshfs

options=_netdev,nofail,reconnect,ServerAliveInterval=15,ServerAliveCountMax=3
options=$options,IdentityFile=$keys/key,UserKnownHostsFile=$keys/known_hosts,StrictHostKeyChecking=yes
for option in $EC_PARAM_MOUNT_OPTIONS; do options=$options,$option; done
server=root@$EC_PARAM_SERVER:$EC_PARAM_PATH

# bindfs holds what it lies over, and shows nothing when that is gone.
# shellcheck disable=SC2154 # mounted sets it
if mounted "$EC_PARAM_PATH" && [ "$mount_type" = fuse.bindfs ]; then
    if ! mounted "$raw"; then
        umount "$EC_PARAM_PATH" || umount -l "$EC_PARAM_PATH"
    elif ! grep -qxF "$server $raw fuse.sshfs $options 0 0" /etc/fstab; then
        umount "$EC_PARAM_PATH" || : # in use: mount_now says so
    fi
fi
mount_now "$server" "$raw" fuse.sshfs "$options"

# What version 2 of FUSE has to be told, and version 3 does by itself and no
# longer understands: writes of 128 KB and not 4, which are eight times as
# fast, and folders that are not empty.
options=_netdev,nofail,nosuid,nodev,subtype=bindfs,create-as-user,multithreaded
case $(ldd "$(command -v bindfs)") in *libfuse.so.2*) options=$options,big_writes,nonempty ;; esac
mount_now "$raw" "$EC_PARAM_PATH" fuse.bindfs "$options,x-systemd.requires-mounts-for=$raw"
[ -n "$CHANGED" ] || unchanged
