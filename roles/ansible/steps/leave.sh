# The node leaves the inventory.

# shellcheck source=/dev/null
. "$EC_FILES/ask.sh"
[ "$EC_IS_FRONTEND" = true ] || ask leave
