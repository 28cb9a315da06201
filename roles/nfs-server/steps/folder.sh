# The folder, on disks of its own where the spec names some.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"
# shellcheck source=/dev/null
. "$EC_DIR/disks.sh"

if [ -n "$EC_PARAM_DISKS" ]; then
    options=noatime,nofail,x-systemd.before=nfs-server.service
    [ -z "$EC_PARAM_QUOTA" ] || options=$options,usrquota
    # shellcheck disable=SC2086 # a list of words
    disk_mount "nfs-$EC_LABEL" "$EC_PARAM_PATH" "$EC_PARAM_FILESYSTEM" true "$options" $EC_PARAM_DISKS ||
        die "$EC_NODE has no unused disk for $EC_PARAM_PATH; name disks that it has, or leave disks out to use the root disk"
fi
new_share "$EC_PARAM_PATH" "$EC_PARAM_PATH"
[ -n "$CHANGED" ] || unchanged
