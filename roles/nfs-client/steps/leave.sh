# A node that goes unmounts, so that the server need not remember it.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"
unmount "$EC_PARAM_PATH"
