# Mounts the folder. It looks each time: a mount that is gone comes back.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"

if [ -n "$EC_PARAM_ADDRESS" ]; then
    source=$EC_PARAM_ADDRESS
    version='' # whatever the two agree on
else
    source=$EC_PARAM_SERVER:$EC_PARAM_PATH
    version=vers=4.2,
fi
case ",$(echo "$EC_PARAM_MOUNT_OPTIONS" | paste -sd ,)," in *,vers=* | *,nfsvers=*) version='' ;; esac

# A boot goes on without it, and mounts it when the server comes.
options=${version}hard,proto=tcp,_netdev,nofail,retry=10,x-systemd.mount-timeout=11min
for option in $EC_PARAM_MOUNT_OPTIONS; do options=$options,$option; done

# mount itself would try for minutes where nobody answers.
host=${source%%:/*}
host=${host#[}
mounted "$EC_PARAM_PATH" || wait_for 60 "the NFS server $host (port 2049)" reachable "${host%]}" 2049

# SELinux keeps sshd and others from homes on NFS unless it is told.
case $(getsebool use_nfs_home_dirs 2>/dev/null || :) in
    *"> off") setsebool -P use_nfs_home_dirs on ;;
esac

mount_now "$source" "$EC_PARAM_PATH" nfs "$options"
[ -n "$CHANGED" ] || unchanged
