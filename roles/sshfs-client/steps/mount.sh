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

options=_netdev,nofail,allow_other,default_permissions,reconnect
options=$options,ServerAliveInterval=15,ServerAliveCountMax=3
options=$options,IdentityFile=$keys/key,UserKnownHostsFile=$keys/known_hosts,StrictHostKeyChecking=yes
for option in $EC_PARAM_MOUNT_OPTIONS; do options=$options,$option; done

mount_now "root@$EC_PARAM_SERVER:$EC_PARAM_PATH" "$EC_PARAM_PATH" fuse.sshfs "$options"
[ -n "$CHANGED" ] || unchanged
