# Mounts the local disks, or makes a folder where there are none.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"
# shellcheck source=/dev/null
. "$EC_DIR/disks.sh"

options=nofail
for option in $EC_PARAM_MOUNT_OPTIONS; do options=$options,$option; done

# shellcheck disable=SC2086 # a list of words
if ! disk_mount "$EC_LABEL" "$EC_PARAM_PATH" "$EC_PARAM_FILESYSTEM" "$EC_PARAM_STRIPE" "$options" $EC_PARAM_DISKS; then
    [ -d "$EC_PARAM_PATH" ] ||
        notice info "$EC_NODE has no unused local disk: $EC_PARAM_PATH is a folder on its root disk"
fi
if [ ! -d "$EC_PARAM_PATH" ] || [ "$(stat -c %a "$EC_PARAM_PATH")" != "${EC_PARAM_MODE#0}" ]; then
    install -d -m "$EC_PARAM_MODE" "$EC_PARAM_PATH" || die "can't make $EC_PARAM_PATH with mode $EC_PARAM_MODE on $EC_NODE"
    CHANGED=1
fi
[ -n "$CHANGED" ] || unchanged
