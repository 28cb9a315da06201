# A node that goes unmounts, so that the servers need not miss it.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"
unmount "$EC_PARAM_PATH"
