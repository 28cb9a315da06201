# The folder is mounted, answers, and may be written.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"

# shellcheck disable=SC2154 # mounted sets it
{ mounted "$EC_PARAM_PATH" && [ "$mount_type" = fuse.bindfs ] && mounted "/srv/sshfs/$EC_LABEL"; } ||
    die "$EC_PARAM_PATH of $EC_PARAM_SERVER is not mounted on $EC_NODE any more: run ecluster setup again"
writable "$EC_PARAM_PATH" ||
    die "$EC_PARAM_PATH can't be written on $EC_NODE: $EC_PARAM_SERVER does not answer, or its disk is full"
