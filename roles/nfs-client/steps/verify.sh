# It is mounted and answers; a hard mount of a dead server would only hang.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"

# shellcheck disable=SC2154 # mounted sets it
{ mounted "$EC_PARAM_PATH" && [ "${mount_type%4}" = nfs ]; } ||
    die "$EC_PARAM_PATH is not mounted on $EC_NODE any more: run ecluster setup again"
# shellcheck disable=SC2154 # so it does
answers "$EC_PARAM_PATH" ||
    die "the NFS server ${mount_source%%:/*} does not answer $EC_NODE: what uses $EC_PARAM_PATH waits until it is back"
