# Mounts the volume. It looks each time: a mount that is gone comes back.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"

[ -c /dev/fuse ] ||
    die "$EC_NODE has no /dev/fuse, which GlusterFS needs: load the kernel module fuse on its host, or choose type = \"nfs\" or \"volume\" for $EC_PARAM_PATH"

# shellcheck disable=SC2086 # a list of words
set -- $EC_PARAM_SERVERS
# A server asks itself: it is there when the others are not.
case " $* " in *" $EC_NODE "*) set -- "$EC_NODE" "$@" ;; esac
first=$1
shift

options=_netdev,nofail,log-level=WARNING
backups=''
for server in "$@"; do
    [ "$server" = "$first" ] || backups="$backups:$server"
done
[ -z "$backups" ] || options=$options,backup-volfile-servers=${backups#:}
for option in $EC_PARAM_MOUNT_OPTIONS; do options=$options,$option; done

mount_now "$first:/$EC_LABEL" "$EC_PARAM_PATH" glusterfs "$options"
[ -n "$CHANGED" ] || unchanged
