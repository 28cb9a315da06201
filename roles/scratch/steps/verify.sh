# It is there and may be written; a disk of ours that is not mounted would fill
# the root disk instead.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"

if grep -q " $EC_PARAM_PATH " /etc/fstab; then
    mounted "$EC_PARAM_PATH" || die "the local disk is not mounted on $EC_PARAM_PATH of $EC_NODE: run ecluster setup again"
fi
writable "$EC_PARAM_PATH" || die "$EC_PARAM_PATH can't be written on $EC_NODE: it is full or read-only"
