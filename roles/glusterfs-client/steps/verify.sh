# The volume is mounted, answers, and may be written.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"

# shellcheck disable=SC2154 # mounted sets it
{ mounted "$EC_PARAM_PATH" && [ "$mount_type" = fuse.glusterfs ]; } ||
    die "the GlusterFS volume is not mounted on $EC_PARAM_PATH of $EC_NODE any more: run ecluster setup again"
writable "$EC_PARAM_PATH" ||
    die "$EC_PARAM_PATH can't be written on $EC_NODE: too few of its servers ($(echo "$EC_PARAM_SERVERS" | paste -sd ' ')) answer, or it is full"
