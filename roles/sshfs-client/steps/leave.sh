# A node that goes unmounts, so that the server has one connection less.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"
unmount "$EC_PARAM_PATH"
unmount "/srv/sshfs/$EC_LABEL"
